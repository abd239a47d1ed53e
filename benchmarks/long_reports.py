"""What becomes of answers when a report states what those of several patients do: longer than any that a training patient has.

    .venv/bin/snakemake --cores all
    .venv/bin/python -m benchmarks.long_reports --copies joined

after a run with the default ``joined_probability`` in ``cases``, and ``--copies own`` after one with 0. Of multimodal_llm (one cohort): the
share of answers that could be read, and how the log-risks that it writes go with those by its hidden state. Patients without a report
are not counted.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.missing_covariates import fitted, folds_of, read
from benchmarks.report import write_facts
from workflow_scripts.lib.families import multimodal_llm
from workflow_scripts.lib.prompts.prognosis import CaseTemplate

OTHERS = (0, 1, 2, 4)  # patients whose statements are joined to a test patient's


def joined(cases: pd.DataFrame, others: int, rng: np.random.Generator) -> pd.DataFrame:
    """The cases, the report of each with the statements of ``others`` of them, in any order and each once."""
    if others == 0:
        return cases
    template = CaseTemplate.model_validate_json(cases["wording"].iloc[0])
    begins, ends = template.report.split("{report}")
    own = cases.loc[cases["has_report"], "report"].str.removeprefix(begins).str.removesuffix(ends)

    def longer(text: str) -> str:
        statements = dict.fromkeys(one for part in [text, *rng.choice(own, others)] for one in part.split("; "))
        return template.report.format(report="; ".join(rng.permutation(list(statements))))

    return cases.assign(report=own.map(longer).reindex(cases.index).fillna(cases["report"]))


def narrated(place: Path, name: str, known: str) -> Iterator[dict[str, Any]]:
    """By fold and how many others' statements are joined: answers read, and the correlation of what is written with the hidden state's."""
    for fold in folds_of(place, name):
        data = read(place, fold, cases=place / f"prompts/cases/{known}/{fold}.parquet").only("test").own()
        bundle, rng = fitted(place, fold, name, multimodal_llm), np.random.default_rng(1)
        for others in OTHERS:
            cases = joined(data.tables["cases"], others, rng)
            said = bundle.answers(replace(data, tables={"cases": cases}))
            own = cases.set_index("patient_id").loc[data.roles["patient_id"]]
            reported = own["has_report"].to_numpy()
            written, hidden = (said[output].log_risk[reported] for output in ("verbal", "hidden"))
            found, words = np.isfinite(written), own.loc[reported, "report"].str.split().str.len()
            together = np.corrcoef(written[found], hidden[found])[0, 1]
            yield {"others": others, "n": len(found), "read": int(found.sum()), "r": together, "words": words.mean()}


def main() -> None:
    """Measure and write benchmarks/results/long_reports_<copies>.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--copies", choices=("joined", "own"), required=True)
    parser.add_argument("--cohort", default="simulated")
    parser.add_argument("--family", default="multimodal_llm", help="its name in the run")
    parser.add_argument("--known", default="covariates-expression-reports")
    given = parser.parse_args()
    answers = {}
    for others, own in pd.DataFrame(narrated(Path("results") / given.cohort, given.family, given.known)).groupby("others"):
        n, found = int(own["n"].sum()), int(own["read"].sum())
        means = {"words of a report": round(float(own["words"].mean()), 1), "r": round(float(own["r"].mean()), 3)}
        answers[str(others)] = {"patients": n, "read": round(found / n, 4), **means}
    print(write_facts(f"long_reports_{given.copies}", ("torch", "transformers"), cohort=given.cohort, joined=answers))


if __name__ == "__main__":
    main()
