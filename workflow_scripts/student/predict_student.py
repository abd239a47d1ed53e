"""What a fitted family says of every patient of its fold."""

import pandas as pd

from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.predictions import PREDICTIONS, prediction_rows
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.training.bundle import load_bundle
from workflow_scripts.lib.training.inputs import family_at, read_fold


def main(patients, folds, time_grid, bundle, predictions, cfg, fold, module, **tables) -> str:
    """Write the predictions contract: each output of the family for each patient of the fold."""
    family = family_at(module)
    fitted = load_bundle(bundle, family, parse(family.Config, cfg, "cfg"))
    data = read_fold(patients, folds, time_grid, fold, tables)
    said = fitted.answers(data)
    rows = pd.concat(
        [prediction_rows(fold, data.roles, output, answer.log_risk, answer.survival, answer.text) for output, answer in said.items()]
    )
    write_table(rows, predictions, PREDICTIONS)
    return f"{len(data.roles)} patients, {len(said)} outputs, {int((~rows['parsed']).sum())} answers that could not be read"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
