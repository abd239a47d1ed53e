"""What is known of a simulated cohort, stated as if a family had predicted it: the true log-hazard and the true curves."""

from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.oracle import truth_of
from workflow_scripts.lib.contracts.predictions import PREDICTIONS, prediction_rows
from workflow_scripts.lib.contracts.registry import read_registry
from workflow_scripts.lib.contracts.splits import read_grid, read_roles
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.simulation.truth import curves


def main(world, registry, folds, time_grid, oracle_curves, fold) -> str:
    """Write predictions of the output ``truth`` for all patients of the fold; nothing is fitted, so all are out of fold."""
    source_id = read_registry(registry).reset_index().set_index("patient_id")["source_id"]
    roles, days = read_roles(folds, fold), read_grid(time_grid, fold).days
    truth = truth_of(world, source_id[roles["patient_id"]])
    survival = curves(truth["scale_days"].to_numpy(), days)
    rows = prediction_rows(fold, roles, "truth", truth["log_hazard"].to_numpy(), survival)
    write_table(rows, oracle_curves, PREDICTIONS)
    return f"{len(rows)} patients, standard deviation of the log-hazard {truth['log_hazard'].std():.2f}"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
