"""Say who trains, validates and tests in each fold of each repeat."""

import pandas as pd

from workflow_scripts.lib.config.splits import SplitsConfig
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.ingest import read_cohort
from workflow_scripts.lib.contracts.splits import FOLDS
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.survival.splitting import repeated_folds


def main(patients: str, folds: str, cfg: SplitsConfig, seed: int) -> str:
    """Write ``folds``, which depend on the patients' ids and outcomes and on ``seed``, not on the order of rows."""
    cohort = read_cohort(patients)
    cohort = cohort.take(sorted(cohort.rows.index))
    roles = repeated_folds(
        cohort.outcome, folds=cfg.folds, repeats=cfg.repeats, valid_fraction=cfg.valid_fraction, time_bins=cfg.time_bins, seed=seed
    )
    rows = pd.concat([pd.DataFrame({"fold": fold, "patient_id": cohort.rows.index, "role": role}) for fold, role in roles.items()])
    write_table(rows, folds, FOLDS)
    return f"{len(cohort)} patients in {len(roles)} folds"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
