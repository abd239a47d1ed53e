"""The teachers' curves for every patient of a fold, each by a teacher that never saw the patient."""

import pandas as pd

from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.ingest import read_cohort
from workflow_scripts.lib.contracts.predictions import prediction_rows
from workflow_scripts.lib.contracts.splits import read_roles
from workflow_scripts.lib.contracts.teacher import TEACHER_CURVES
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.teacher.model import load_crossfit, load_teacher


def main(patients, folds, teacher, teacher_curves, fold) -> str:
    """Write teacher_curves: training patients by cross-fitted teachers, test patients by the fold's own."""
    cohort, roles, spoken_by = read_cohort(patients), read_roles(folds, fold), load_teacher(teacher)
    test = roles[roles["role"] == "test"]
    train_ids, crossfitted = load_crossfit(teacher)
    train = roles.set_index("patient_id").loc[train_ids].reset_index()
    parts = [
        (train, crossfitted, "the other parts of the training fold"),
        (test, spoken_by.speak(cohort.take(test["patient_id"]).values), "the training fold"),
    ]
    rows = pd.concat(
        [
            prediction_rows(fold, who, name, said.log_risk, said.survival).assign(out_of_fold=True, fitted_on=fitted_on)
            for who, speakers, fitted_on in parts
            for name, said in speakers.items()
        ]
    )
    write_table(rows, teacher_curves, TEACHER_CURVES)
    unseen = spoken_by.design.unseen(cohort.take(test["patient_id"]).values)
    return f"{len(test)} test patients; categories no training patient had: {unseen or 'none'}"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
