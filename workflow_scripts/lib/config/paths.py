"""Which files a cohort has, from its sources and modalities, and a run, from its families; and what a reader must know of either."""

from collections.abc import Mapping
from pathlib import Path

from workflow_scripts.lib.config.cases import LanguageTeacherConfig
from workflow_scripts.lib.config.cohort import CohortConfig
from workflow_scripts.lib.config.language import files_of
from workflow_scripts.lib.config.student import Family
from workflow_scripts.lib.config.workflow import WorkflowConfig

INGEST = "results/{}/ingest"


def fetched(name: str, cohort: CohortConfig, *prefixes: str) -> list[str]:
    """Raw copies of the sources whose name begins with one of ``prefixes``, by name."""
    return [f"{INGEST.format(name)}/sources/{source}" for source in sorted(cohort.sources) if source.startswith(prefixes)]


def raw_source(name: str, cohort: CohortConfig, source: str) -> dict[str, str]:
    """What a source is fetched from: a file or folder as ``raw``, or the simulated ``world``; nothing where a package has it."""
    found = cohort.sources[source]
    if found.kind in ("simulated", "part"):
        return {"world": f"{INGEST.format(name)}/world/MANIFEST.json"}
    return {} if found.kind == "builtin" else {"raw": found.path}


def image_tables(name: str, cohort: CohortConfig) -> dict[str, str]:
    """The listing and the masks of a cohort's images, where it has them."""
    given = [part for part in ("listing", "masks") if f"images.{part}" in cohort.sources]
    return {part: f"{INGEST.format(name)}/sources/images.{part}" for part in given}


def published_folds(name: str, cohort: CohortConfig) -> dict[str, str]:
    """The files of a published split, where the cohort has one."""
    return {"published": f"{INGEST.format(name)}/sources/split"} if "split" in cohort.sources else {}


def modalities(name: str, cohort: CohortConfig) -> dict[str, str]:
    """The table of each modality and the refusals beside it, and the manifest of the images themselves."""
    tables = {modality: f"{INGEST.format(name)}/{modality}.parquet" for modality in cohort.modalities}
    tables |= {f"{modality}_refusals": f"{INGEST.format(name)}/{modality}_refusals.parquet" for modality in cohort.modalities}
    return tables | ({"pictures": f"{INGEST.format(name)}/images/MANIFEST.json"} if cohort.images else {})


def families_of(cohort: CohortConfig, families: Mapping[str, Family]) -> list[str]:
    """The names of those families whose modalities the cohort has: all it ``needs``, and ``any_of`` where it states some."""
    return [name for name, family in families.items() if _has_enough(set(cohort.modalities), family)]


def _has_enough(there: set[str], family: Family) -> bool:
    any_of = getattr(family, "any_of", ())
    return set(getattr(family, "needs", ())) <= there and (not any_of or not there.isdisjoint(any_of))


def tables_of(name: str, cohort: CohortConfig, family: Family, fold: str, shards: int) -> dict[str, str | list[str]]:
    """The tables that a family reads beside patients, folds and time grid: by name, the files of each.

    What a family reads ``any_of`` is left out where the cohort lacks it.
    """
    radiomics, ingest = f"results/{name}/radiomics", INGEST.format(name)
    known = {
        "prompts": f"results/{name}/prompts/{getattr(family, 'teacher', '')}/{fold}.parquet",
        "cases": cases_of(name, cohort, family, fold),
        "images": [f"{radiomics}/standardised.parquet", f"{radiomics}/images/MANIFEST.json"],
        "patch_features": [f"{radiomics}/patch_features/{shard}.parquet" for shard in range(1, shards + 1)],
        "reports": f"{ingest}/reports.parquet",
        "expression": f"{ingest}/expression.parquet",
    }
    lacking = set(getattr(family, "any_of", ())) - set(cohort.modalities)
    return {table: known[table] for table in family.tables if table not in lacking}


def known_of(cohort: CohortConfig, family: Family) -> str:
    """Those of the family's modalities that the cohort has, as a path names them: a family's teacher is told what the family is told."""
    return "-".join(sorted({"covariates", *cohort.modalities} & set(getattr(family, "modalities", ()))))


def cases_of(name: str, cohort: CohortConfig, family: Family, fold: str) -> str:
    """The cases that a family reads, and is judged by."""
    return f"results/{name}/prompts/cases/{known_of(cohort, family)}/{fold}.parquet"


def case_tables(name: str, known: str, text: str) -> dict[str, str]:
    """What cases are made of beside covariates: what reports state, their ``text`` where that is read, and expression, as ``known_of``."""
    reports, found = f"results/{name}/reports", {}
    if "reports" in known.split("-"):
        found["refined_reports"] = f"{reports}/refined_reports.parquet"
        found |= {"cleaned_reports": f"{reports}/cleaned_reports.parquet"} if text == "cleaned" else {}
        found |= {"reports": f"{INGEST.format(name)}/reports.parquet"} if text == "raw" else {}
    return found | ({"expression": f"{INGEST.format(name)}/expression.parquet"} if "expression" in known.split("-") else {})


def in_words(known: str) -> str:
    """What of ``known`` can be told to a language model that writes: not genes."""
    return "-".join(word for word in known.split("-") if word != "expression")


def language_answers(name: str, known: str, language: LanguageTeacherConfig) -> dict[str, str]:
    """What a language model says as the teacher of who is told what is ``known``, where one is asked, and can be told anything of it."""
    told = in_words(known)
    return {"answers": f"results/{name}/teacher/language/{told}.parquet"} if told and language.engine != "rules" else {}


def base_files(base: str) -> list[str]:
    """All files of a pretrained base in a local folder; none of a Hugging Face id."""
    return [str(path) for path in files_of(Path(base))]


def image_flow(name: str, fitted: list[str], families: Mapping[str, Family], shards: int) -> dict[str, str | list[str]]:
    """What tells how many patients' images were standardised, and have radiomics, where families that are ``fitted`` read these."""
    read = {table for family in fitted for table in families[family].tables}
    if not read & {"images", "patch_features"}:
        return {}
    radiomics = f"results/{name}/radiomics"
    found = {"patients": f"{INGEST.format(name)}/patients.parquet", "standardised": f"{radiomics}/standardised.parquet"}
    found |= {"refusals": f"{radiomics}/standardised_refusals.parquet"}
    computed = {"not_computed": [f"{radiomics}/patch_features/{shard}_refusals.parquet" for shard in range(1, shards + 1)]}
    return found | (computed if "patch_features" in read else {})


def figures(config: WorkflowConfig, cohorts: dict[str, CohortConfig]) -> list[str]:
    """What the report shows; patients in full only where the config says so."""
    shown = [f"results/{name}/figures/{figure}" for name, cohort in cohorts.items() for figure in _figures_of(cohort, config)]
    return ["results/report/overview.html", *shown]


def _figures_of(cohort: CohortConfig, config: WorkflowConfig) -> list[str]:
    families = {name: config.student.families[name] for name in sorted(families_of(cohort, config.student.families))}
    shown = ["flow.svg", "findings.html", "leaderboard.svg", "differences.svg", "thirds.svg", "thirds_of_all.svg"]
    shown += ["calibration.svg", "brier.svg", "hazards.html"]
    for name, family in families.items():
        taught, explains = hasattr(family, "teacher"), getattr(family, "explains", False)
        shown += [f"{name}/agreement.svg"] if taught else []
        shown += [f"{name}/prompts.html"] if taught and config.report.examples else []
        shown += [f"{name}/prose.html"] if getattr(family, "narrates", False) else []
        shown += [f"{name}/hidden_states.svg"] if getattr(family, "embeds", False) else []
        shown += [f"{name}/attention.html"] if explains and config.report.examples else []
        shown += [f"{name}/token_pruning.svg"] if explains else []
        shown += [f"{name}/importance.svg"] if explains and "patch_features" in family.tables else []
        shown += [f"{name}/attention_agreement.svg"] if explains and cohort.images and cohort.images.masks else []
    several = {
        "hybrids.svg": [family for family in families.values() if getattr(family, "mixture", {})],
        "learning.svg": [family for family in families.values() if getattr(family, "explains", False)],
    }
    return shown + [figure for figure, compared in several.items() if len(compared) > 1]


def analysis_notes(cohort: CohortConfig) -> list[str]:
    """Sentences on how a cohort was analysed that a reader of its results must not miss."""
    notes = []
    if cohort.control == "permuted_labels":
        notes.append("A negative control: outcomes were dealt out anew among the patients. C must be about .5; what is better is a fault.")
    if cohort.event and len(set(cohort.event.causes.values())) > 1:
        others = sorted(set(cohort.event.causes.values()) - {cohort.event.event_of_interest})
        notes.append(
            f"Competing events: {cohort.event.event_of_interest} is analysed cause-specifically; {', '.join(others)} censor. The curves "
            "speak of a world without the other events, and overstate how many will have this one."
        )
    if cohort.source.kind == "simulated":
        notes.append("Simulated patients: the oracle is the known hazard they were drawn from, which no model can beat but by chance.")
    return notes
