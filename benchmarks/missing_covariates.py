"""What becomes of answers when a covariate that every training patient has is not told of a test patient.

    .venv/bin/snakemake --cores all
    .venv/bin/python -m benchmarks.missing_covariates --copies lacking

after a run with ``missing_probability: 0.05`` in ``cases`` and in ``prompts``, and ``--copies whole`` after one with 0 in both. Of
multimodal_llm (one cohort): the share of answers that could be read, and how the log-risks that it writes go with those by its hidden
state. Of cox_distilled: the Spearman correlation with the Cox model, which takes the mean instead.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from benchmarks.report import write_facts
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.contracts.ingest import Cohort
from workflow_scripts.lib.families import cox, cox_distilled, multimodal_llm
from workflow_scripts.lib.prompts.prognosis import CaseTemplate
from workflow_scripts.lib.prompts.template import load_template
from workflow_scripts.lib.prompts.wording import say_patients
from workflow_scripts.lib.provenance.sidecar import read_sidecar
from workflow_scripts.lib.survival.design import fit_design
from workflow_scripts.lib.training.bundle import Bundle, load_bundle
from workflow_scripts.lib.training.data import FoldData
from workflow_scripts.lib.training.inputs import read_fold

RARE = 0.01  # of training patients who lack it, at the most: what a model can hardly have learnt
COHORTS = ("gbsg2", "actg320", "whas500", "simulated")


def settings_of(path: Path) -> dict[str, Any]:
    """Those of the job that made a file."""
    return read_sidecar(path)["predicate"]["buildDefinition"]["externalParameters"]["params"]


def read(place: Path, fold: str, **tables: Path) -> FoldData:
    """Everybody in a fold."""
    return read_fold(
        *(place / name for name in ("ingest/patients.parquet", "splits/folds.parquet", "splits/time_grid.parquet")), fold, tables
    )


def fitted(place: Path, fold: str, name: str, family: Any) -> Bundle:
    """A family as a run has fitted it."""
    manifest = place / f"student/{name}/{fold}/bundle/MANIFEST.json"
    return load_bundle(manifest, family, parse(family.Config, settings_of(manifest)["cfg"], "cfg"))


def folds_of(place: Path, name: str) -> list[str]:
    """Those in which a family was fitted."""
    return sorted(path.parents[1].name for path in place.glob(f"student/{name}/*/bundle/MANIFEST.json"))


def never_missing(data: FoldData) -> list[str]:
    """Covariates that training patients have, but for one in a hundred."""
    lacking = data.only("train").cohort.values.isna().mean()
    return list(lacking.index[lacking <= RARE])


def without(data: FoldData, untold: Sequence[str]) -> FoldData:
    """The test patients without these covariates; their texts still have them."""
    test = data.only("test").own()
    rows = test.cohort.rows.copy()
    rows[list(untold)] = rows[list(untold)].mask(np.ones((len(rows), len(untold)), dtype=bool))
    tables = {
        name: table.set_index("patient_id", drop=False).loc[list(test.roles["patient_id"])].reset_index(drop=True)
        for name, table in test.tables.items()
    }
    return replace(test, cohort=Cohort(rows, test.cohort.covariates), tables=tables)


def narrated(place: Path, known: str) -> Iterator[dict[str, Any]]:
    """By fold and what is not told: answers read, and the correlation of what is written with the hidden state's."""
    for fold in folds_of(place, "multimodal_llm"):
        path = place / f"prompts/cases/{known}/{fold}.parquet"
        data, bundle = read(place, fold, cases=path), fitted(place, fold, "multimodal_llm", multimodal_llm)
        design, rare = fit_design(data.only("train").cohort.values), never_missing(data)
        for untold in ([], *([one] for one in rare), rare):
            test = without(data, untold)
            cases, cohort = test.tables["cases"], test.cohort
            template = CaseTemplate.model_validate_json(cases["wording"].iloc[0])
            lines = say_patients(cohort.values, cohort.covariates, template, None)
            patient = [template.patient.format(subject=settings_of(path)["cohort"]["subject"], covariates=line) for line in lines]
            told = cases.assign(patient=patient, covariates=list(design.transform(cohort.values)))
            said = bundle.answers(replace(test, tables={"cases": told}))
            written, found = said["verbal"].log_risk, np.isfinite(said["verbal"].log_risk)
            together = np.corrcoef(written[found], said["hidden"].log_risk[found])[0, 1]
            yield {"untold": ", ".join(untold) or "nothing", "n": len(found), "read": int(found.sum()), "r": together}


def distilled(place: Path) -> Iterator[dict[str, Any]]:
    """By fold and what is not told: the student's Spearman correlation with the Cox model."""
    for fold in folds_of(place, "cox_distilled"):
        path = place / f"prompts/cox/{fold}.parquet"
        asked = settings_of(path)
        template = load_template(asked["cfg"]["template"])
        question = getattr(template.questions, asked["cfg"]["target"]).format(endpoint=asked["cohort"]["endpoint"])
        data = read(place, fold, prompts=path)
        student, peer = fitted(place, fold, "cox_distilled", cox_distilled), fitted(place, fold, "cox", cox)
        for untold in (None, *never_missing(data)):
            test = without(data, [untold] if untold else [])
            lines = say_patients(test.cohort.values, test.cohort.covariates, template, None)
            prompts = [template.prompt.format(subject=asked["cohort"]["subject"], covariates=line, question=question) for line in lines]
            ours = student.answers(replace(test, tables={"prompts": test.tables["prompts"].assign(prompt=prompts)}))
            (theirs,) = peer.answers(test).values()
            yield {"untold": untold, "spearman": spearmanr(ours["expectation"].log_risk, theirs.log_risk)[0]}


def main() -> None:
    """Measure and write benchmarks/results/missing_covariates_<copies>.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--copies", choices=("lacking", "whole"), required=True)
    parser.add_argument("--cohort", default="simulated", help="of multimodal_llm")
    parser.add_argument("--known", default="covariates-expression-reports")
    given = parser.parse_args()
    answers, ranks = {}, {}
    for untold, own in pd.DataFrame(narrated(Path("results") / given.cohort, given.known)).groupby("untold", sort=False):
        n, found = int(own["n"].sum()), int(own["read"].sum())
        answers[untold] = {"patients": n, "read": round(found / n, 4), "r": round(float(own["r"].mean()), 3)}
    for cohort in COHORTS:
        found = pd.DataFrame(distilled(Path("results") / cohort))
        one = found.loc[found["untold"].notna(), "spearman"]
        told = found.loc[found["untold"].isna(), "spearman"].mean()
        ranks[cohort] = {"all told": told, "one untold, mean": one.mean(), "one untold, lowest": one.min()}
    ranks = {cohort: {name: round(float(value), 3) for name, value in found.items()} for cohort, found in ranks.items()}
    packages = ("torch", "transformers")
    print(write_facts(f"missing_covariates_{given.copies}", packages, cohort=given.cohort, multimodal_llm=answers, cox_distilled=ranks))


if __name__ == "__main__":
    main()
