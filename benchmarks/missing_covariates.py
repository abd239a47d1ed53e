"""What becomes of answers when a covariate that every training patient has is not told of a test patient.

    .venv/bin/snakemake --cores all
    .venv/bin/python -m benchmarks.missing_covariates --copies lacking

and ``--copies whole`` after a run with ``cases: {missing_probability: 0}``.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.report import write_facts
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.families import multimodal_llm as family
from workflow_scripts.lib.prompts.prognosis import CaseTemplate
from workflow_scripts.lib.prompts.wording import say_covariate
from workflow_scripts.lib.provenance.sidecar import read_sidecar
from workflow_scripts.lib.survival.design import fit_design
from workflow_scripts.lib.training.bundle import load_bundle
from workflow_scripts.lib.training.data import FoldData
from workflow_scripts.lib.training.inputs import read_fold

RARE = 0.01  # of training patients who lack it, at the most: what a model can hardly have learnt


def without(data: FoldData, covariates: list[str], subject: str) -> FoldData:
    """The test patients, each told about without these covariates."""
    values = data.cohort.values
    train = (data.roles["role"] == "train").to_numpy()
    design, told = fit_design(values[train]), values[~train].copy()
    told[covariates] = told[covariates].mask(np.ones((len(told), len(covariates)), dtype=bool))
    cases = data.own().tables["cases"].set_index("patient_id", drop=False).loc[told.index]
    template = CaseTemplate.model_validate_json(cases["wording"].iloc[0])
    phrases = pd.DataFrame({c.name: say_covariate(told[c.name], c, template) for c in data.cohort.covariates}, index=told.index)
    lines = [template.patient.format(subject=subject, covariates=template.separator.join(line)) for line in phrases.to_numpy(dtype=object)]
    changed = cases.assign(patient=lines, covariates=list(design.transform(told))).reset_index(drop=True)
    return replace(data, tables={"cases": changed}).only("test")


def settings_of(path: Path) -> dict[str, Any]:
    """Those of the job that made a file."""
    return read_sidecar(path)["predicate"]["buildDefinition"]["externalParameters"]["params"]


def measured(place: Path, name: str, known: str) -> Iterator[dict[str, object]]:
    """Of each fold, by what is not told: the share of answers read, and how the log-risks written go with those by the hidden state."""
    for manifest in sorted(place.glob(f"student/{name}/*/bundle/MANIFEST.json")):
        fold = manifest.parents[1].name
        cases = place / f"prompts/cases/{known}/{fold}.parquet"
        subject, cfg = settings_of(cases)["cohort"]["subject"], parse(family.Config, settings_of(manifest)["cfg"], "cfg")
        splits = [place / "ingest/patients.parquet", place / "splits/folds.parquet", place / "splits/time_grid.parquet"]
        data = read_fold(*splits, fold, {"cases": cases})
        bundle = load_bundle(manifest, family, cfg)
        lacking = data.cohort.values[(data.roles["role"] == "train").to_numpy()].isna().mean()
        rare = list(lacking.index[lacking <= RARE])
        for untold in ([], *([one] for one in rare), rare):
            said = bundle.answers(without(data, untold, subject))
            written, read = said["verbal"].log_risk, np.isfinite(said["verbal"].log_risk)
            together = np.corrcoef(written[read], said["hidden"].log_risk[read])[0, 1] if read.sum() > 2 else np.nan
            yield {"fold": fold, "untold": ", ".join(untold) or "nothing", "n": len(read), "read": int(read.sum()), "r": together}


def main() -> None:
    """Measure and write benchmarks/results/missing_covariates_<copies>.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", choices=("lacking", "whole"), required=True)
    parser.add_argument("--cohort", default="simulated")
    parser.add_argument("--family", default="multimodal_llm")
    parser.add_argument("--known", default="covariates-expression-reports")
    given = parser.parse_args()
    rows = pd.DataFrame(measured(Path("results") / given.cohort, given.family, given.known))
    found = {
        untold: {
            "patients": int(own["n"].sum()),
            "read": round(own["read"].sum() / own["n"].sum(), 4),
            "r": round(float(own["r"].mean()), 3),
        }
        for untold, own in rows.groupby("untold", sort=False)
    }
    print(rows.to_string())
    print(write_facts(f"missing_covariates_{given.copies}", ("torch", "transformers"), cohort=given.cohort, untold=found))


if __name__ == "__main__":
    main()
