"""Fit the statistical teachers on a training fold, and again without each part of it for out-of-fold curves."""

from workflow_scripts.lib.config.teacher import TeacherConfig
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.ingest import read_cohort
from workflow_scripts.lib.contracts.splits import read_grid, training_ids
from workflow_scripts.lib.contracts.teacher import PROPORTIONAL_HAZARDS
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.survival.seeds import derive_seed
from workflow_scripts.lib.teacher import model
from workflow_scripts.lib.teacher.proportional import proportional_hazards as check_hazards


def main(patients, folds, time_grid, teacher, proportional_hazards, cfg: TeacherConfig, fold, seed) -> str:
    """Write the teacher bundle and the proportional-hazards check of one fold."""
    ids = training_ids(folds, fold)
    train, grid, seed = read_cohort(patients).take(ids), read_grid(time_grid, fold), derive_seed(seed, fold)
    fitted = model.fit_teacher(train, grid, cfg, seed)
    model.save_teacher(teacher, fitted, ids, model.crossfit(train, grid, cfg, seed))
    checks = check_hazards(train, fitted.design).assign(fold=fold)
    write_table(checks, proportional_hazards, PROPORTIONAL_HAZARDS)
    penalty = fitted.members["cox"]["penalty"][0]
    return f"{len(train)} training patients, {len(fitted.design.columns)} columns, ridge {penalty:g}"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
