"""Which figures a run shows: decided by what families and cohorts say of themselves."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from workflow_scripts.lib.config import paths
from workflow_scripts.lib.config.cases import LanguageTeacherConfig
from workflow_scripts.lib.config.families.radiomics_vit import Config
from workflow_scripts.lib.config.workflow import load_workflow
from workflow_scripts.lib.errors import ConfigError

ROOT = Path(__file__).parents[2]
HYBRID, PIXELS = {"family": "radiomics_vit"}, {"family": "radiomics_vit", "variant": "pixels", "objective": {"cox_sum": 1}}
SWEEP = {  # α, λ, τ of Table 7 (shi2026)
    *((0.0, 0.1, 0.07), (0.5, 0.1, 0.07), (0.9, 0.1, 0.07), (0.0, 0.9, 0.07), (0.5, 0.9, 0.07)),
    *((0.9, 0.9, 0.07), (0.5, 0.9, 0.05), (0.5, 0.9, 0.2), (0.0, 0.97, 0.07), (0.5, 0.97, 0.07)),
}


def shown(monkeypatch, families, cohorts=("gbsg2", "simulated"), examples=6, masks=True):
    """What is shown of images, without the folder of all results."""
    monkeypatch.chdir(ROOT)
    config, known = load_workflow(
        {"cohorts": list(cohorts), "student": {"families": {"cox": {}, **families}}, "report": {"examples": examples}}
    )
    if not masks:
        images = known["simulated"].images.model_copy(update={"masks": None})
        known["simulated"] = known["simulated"].model_copy(update={"images": images})
    words = ("attention", "importance", "token_pruning", "hybrids", "learning", "prose")
    return {path.removeprefix("results/") for path in paths.figures(config, known) if any(word in path for word in words)}


def figures_of(name, *figures):
    return {f"simulated/figures/{name}/{figure}" for figure in figures}


def test_a_family_that_explains_itself_has_figures_on_cohorts_with_images_alone(monkeypatch):
    found = shown(monkeypatch, {"both": HYBRID})
    assert found == figures_of("both", "attention.html", "importance.svg", "token_pruning.svg", "attention_agreement.svg")


def test_pixels_alone_have_no_groups_of_features(monkeypatch):
    assert shown(monkeypatch, {"seen": PIXELS}) == figures_of("seen", "attention.html", "token_pruning.svg", "attention_agreement.svg")


def test_patients_are_shown_only_where_asked_for_and_agreement_only_where_there_are_masks(monkeypatch):
    whole = ("importance.svg", "token_pruning.svg")
    assert shown(monkeypatch, {"both": HYBRID}, examples=0) == figures_of("both", *whole, "attention_agreement.svg")
    assert shown(monkeypatch, {"both": HYBRID}, masks=False) == figures_of("both", "attention.html", *whole)


@pytest.mark.parametrize(("other", "several"), [(HYBRID, True), (PIXELS, False)])
def test_two_hybrids_stand_beside_each_other(monkeypatch, other, several):
    found = shown(monkeypatch, {"both": HYBRID, "other": other})
    assert ("simulated/figures/hybrids.svg" in found) == several
    assert "simulated/figures/learning.svg" in found  # how fast they learn is compared whatever they look at


@pytest.mark.parametrize("examples", [0, 6])
def test_a_family_that_narrates_has_its_prose_checked_where_it_runs(monkeypatch, examples):
    """The page has the rates, too, so it is there without examples."""
    found = shown(monkeypatch, {"teller": {"family": "multimodal_llm"}}, examples=examples)
    assert found == figures_of("teller", "prose.html")


def test_a_family_set_to_false_is_left_out(monkeypatch):
    assert shown(monkeypatch, {"both": HYBRID, "other": False}) == shown(monkeypatch, {"both": HYBRID})


def test_settings_of_a_family_are_settings(monkeypatch):
    with pytest.raises(ConfigError, match=r"families.both: expected its settings, nothing for the defaults, or false to leave it out"):
        shown(monkeypatch, {"both": True})


@pytest.mark.parametrize("variant", [{}, {"variant": "radiomics", "objective": {"cox_sum": 1}}])
def test_patches_that_cannot_be_pooled_are_refused_before_any_job(monkeypatch, variant):
    family = {"odd": HYBRID | variant | {"tiny": {"pooling": 5}}}
    if variant:
        assert shown(monkeypatch, family)  # it sees no pixels
    else:
        with pytest.raises(ConfigError, match=r"odd\.tiny\.pooling: 5 does not divide the patches of simulated, which have 16 pixels"):
            shown(monkeypatch, family)


def test_what_became_of_images_is_told_where_a_family_reads_their_radiomics():
    families = {name: Config.model_validate(found) for name, found in (("both", HYBRID), ("seen", PIXELS))}
    assert paths.image_flow("lung", [], families, 2) == {}
    assert set(paths.image_flow("lung", ["seen"], families, 2)) == {"patients", "standardised", "refusals"}
    found = paths.image_flow("lung", ["seen", "both"], families, 2)
    assert found["not_computed"] == [f"results/lung/radiomics/patch_features/{shard}_refusals.parquet" for shard in (1, 2)]


READS = SimpleNamespace(tables=("reports", "expression"), any_of=("reports", "expression"))


def cohort_with(*modalities):
    return SimpleNamespace(modalities=modalities)


def test_what_a_family_reads_any_of_is_left_out_where_the_cohort_lacks_it():
    both = {table: f"results/lung/ingest/{table}.parquet" for table in READS.tables}
    assert paths.tables_of("lung", cohort_with("expression", "reports", "images"), READS, "r1f1", 2) == both
    assert paths.tables_of("lung", cohort_with("reports", "visits"), READS, "r1f1", 2) == {"reports": both["reports"]}


@pytest.mark.parametrize(
    ("there", "read", "known"),
    [
        (("reports", "expression", "images"), ["reports", "expression", "covariates"], "covariates-expression-reports"),
        (("reports",), ["expression", "covariates", "reports"], "covariates-reports"),
        (("reports", "expression"), ["reports"], "reports"),
        ((), ["covariates"], "covariates"),
    ],
)
def test_cases_tell_what_the_family_reads_and_the_cohort_has(there, read, known):
    family = SimpleNamespace(tables=("cases",), modalities=read)
    assert paths.tables_of("lung", cohort_with(*there), family, "r1f1", 2) == {"cases": f"results/lung/prompts/cases/{known}/r1f1.parquet"}
    made_of = {name for name, word in (("refined_reports", "reports"), ("expression", "expression")) if word in known}
    assert set(paths.case_tables("lung", known, "refined")) == made_of


@pytest.mark.parametrize(
    ("known", "told"),
    [
        ("covariates-expression-reports", "covariates-reports"),
        ("expression-reports", "reports"),
        ("covariates", "covariates"),
        ("expression", None),
    ],
)
def test_a_language_model_is_asked_where_one_is_named_and_there_are_words(known, told):
    asks = LanguageTeacherConfig(engine="openai", server={"model": "m"})
    answers = {"answers": f"results/lung/teacher/language/{told}.parquet"} if told else {}
    assert paths.language_answers("lung", known, asks) == answers
    assert paths.language_answers("lung", known, LanguageTeacherConfig()) == {}


def test_a_local_base_is_all_its_files(tmp_path):
    for name in ("config.json", "tokenizer.json", "model.safetensors", "notes.md"):
        (tmp_path / name).touch()
    assert [Path(path).name for path in paths.base_files(str(tmp_path))] == ["config.json", "model.safetensors", "tokenizer.json"]
    assert paths.base_files("Qwen/Qwen2.5-0.5B") == []


def test_a_cohort_with_none_of_what_a_family_reads_is_spared_it():
    families = {"many": READS, "plain": SimpleNamespace(), "seen": SimpleNamespace(needs=("images",))}
    assert paths.families_of(cohort_with(), families) == ["plain"]
    assert paths.families_of(cohort_with("reports"), families) == ["many", "plain"]
    assert paths.families_of(cohort_with("images", "expression"), families) == ["many", "plain", "seen"]


def test_the_sweep_has_the_ten_hybrids_of_the_literature_under_names_that_say_which(monkeypatch):
    monkeypatch.chdir(ROOT)
    overlay = yaml.safe_load((ROOT / "config/radiomics_sweep.yaml").read_text(encoding="utf-8"))
    overlay["student"]["families"]["cox"] = {}
    config, _ = load_workflow(overlay)
    hybrids = {name: family.mixture for name, family in config.student.families.items() if name != "cox"}
    found = {name: tuple(round(value, 12) for value in mixture.values()) for name, mixture in hybrids.items()}
    assert set(found.values()) == SWEEP
    for name, (mixing, contrast, temperature) in found.items():
        assert name == f"hybrid_a{100 * mixing:02.0f}_l{100 * contrast:02.0f}_t{100 * temperature:02.0f}"
