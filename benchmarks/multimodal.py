"""What joining modalities brings, and what is written of it: paired differences, the oracle, and answers read by length of the report.

    .venv/bin/snakemake --cores all --configfile config/multimodal.yaml
    .venv/bin/python -m benchmarks.multimodal

``--cohort tcga_blca`` does the same for a cohort without an oracle, after a run with the same families.
"""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.report import write_facts
from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.evaluate import REPLICATES
from workflow_scripts.lib.contracts.predictions import PREDICTIONS
from workflow_scripts.lib.contracts.reports import CLEANED_REPORTS
from workflow_scripts.lib.evaluate.comparing import series_of
from workflow_scripts.lib.survival.metrics.bootstrap import interval

JOINED, SINGLE = ("late", "early"), ("reports", "covariates", "expression")
OUTPUTS = ("combined", "hidden", "verbal")
METRICS = ("harrell_c", "c_td", "ibs")

Values = dict[tuple[str, str], np.ndarray]


def replicates(results: Path, family: str) -> Values:
    """By output and metric, the values on the sample and on each resample of its patients."""
    return series_of(read_table(results / "evaluate" / family / "replicates.parquet", REPLICATES))


def said(values: np.ndarray) -> list[float]:
    """Value, and 95 % interval over resampled patients."""
    return [round(float(one), 4) for one in (values[0], *interval(values[1:]))]


def differences(one: Values, output: str, other: Values, theirs: str) -> dict[str, list[float]]:
    """By metric, paired on the same resamples."""
    return {metric: said(one[output, metric] - other[theirs, metric]) for metric in METRICS}


def read_by_length(results: Path, families: Iterable[str]) -> dict[str, list[float]]:
    """By family, the share of test answers whose line could be read, in tenths of the reports by length."""
    reports = read_table(results / "reports" / "cleaned_reports.parquet", CLEANED_REPORTS).set_index("patient_id")["text"].str.len()
    tenth = pd.qcut(reports.rank(method="first"), 10, labels=False)
    found = {}
    for family in families:
        folds = sorted((results / "student" / family).glob("*/predictions.parquet"))
        rows = pd.concat(read_table(path, PREDICTIONS, {"output": "verbal", "role": "test"}) for path in folds)
        read = rows["parsed"].groupby(rows["patient_id"].map(tenth)).mean()
        found[family] = [round(float(share), 4) for share in read]
    return found


def facts(results: Path) -> dict[str, Any]:
    """All that is to be known of one cohort."""
    there = [family for family in (*JOINED, *SINGLE) if (results / "evaluate" / family).is_dir()]
    values = {family: replicates(results, family) for family in there}
    values |= {name: replicates(results, name) for name in ("cox", "cox_multimodal", "oracle") if (results / "evaluate" / name).is_dir()}
    first = {"cox": "risk", "cox_multimodal": "risk", "oracle": "truth"}
    joined = [family for family in JOINED if family in there]
    return {
        "results": {
            family: {output: {metric: said(found[output, metric]) for metric in METRICS} for output in dict.fromkeys(o for o, _ in found)}
            for family, found in values.items()
        },
        "minus_single": {
            f"{one} - {other}": differences(values[one], "combined", values[other], "combined")
            for one in joined
            for other in there
            if other in SINGLE
        },
        "minus_others": {
            f"{one} - {other}": differences(values[one], "combined", values[other], first[other])
            for one in joined
            for other in first
            if other in values
        },
        "verbal_minus_hidden": {family: differences(values[family], "verbal", values[family], "hidden") for family in there},
        "answers_read_by_tenth_of_report_length": read_by_length(results, joined),
    }


def main() -> None:
    """Gather and write benchmarks/results/multimodal_<cohort>.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cohort", default="simulated_reports")
    cohort = parser.parse_args().cohort
    found = facts(Path("results") / cohort)
    print(json.dumps(found, indent=1))
    print(write_facts(f"multimodal_{cohort}", ("torch", "transformers"), **found))


if __name__ == "__main__":
    main()
