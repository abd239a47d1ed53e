"""Say who trains, validates and tests in each fold of each repeat: drawn, or as published."""

import pandas as pd

from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.cohort import PublishedSplit
from workflow_scripts.lib.config.splits import SplitsConfig
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.ingest import read_cohort
from workflow_scripts.lib.contracts.registry import read_registry
from workflow_scripts.lib.contracts.splits import PROPOSED_FOLDS
from workflow_scripts.lib.ingest.patients.published import published_roles
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.survival.splitting import repeated_folds


def main(patients, registry, folds, cfg: SplitsConfig, seed: int, split=None, published=None) -> str:
    """Write ``folds``, which depend on ids, outcomes and ``seed``, and where asked on sites or ``split``; not on the order of rows."""
    cohort = read_cohort(patients)
    cohort = cohort.take(sorted(cohort.rows.index))
    known = read_registry(registry).reset_index().set_index("patient_id").loc[cohort.rows.index].reset_index().set_index("source_id")
    site = pd.factorize(known["site"], use_na_sentinel=False)[0] if cfg.grouped_by_site else None  # unknown hospitals count as one
    drawing = {"valid_fraction": cfg.valid_fraction, "time_bins": cfg.time_bins, "seed": seed, "site": site}
    if split is None:
        roles, doubled, words = repeated_folds(cohort.outcome, folds=cfg.folds, repeats=cfg.repeats, **drawing), [], "drawn"
    else:
        found = published_roles(parse(PublishedSplit, split, "split"), known, published, folds=cfg.folds, repeats=cfg.repeats)
        roles, doubled, words = found.with_valid(cohort.outcome, **drawing), [found.doubled], found.words
    tables = [pd.DataFrame({"fold": fold, "patient_id": cohort.rows.index, "role": role}) for fold, role in roles.items()]
    rows = pd.concat([*tables, *doubled])
    write_table(rows[rows["role"] != ""].sort_values(["fold", "patient_id"], kind="stable"), folds, PROPOSED_FOLDS)
    return f"{len(cohort)} patients in {len(roles)} folds, {words}"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
