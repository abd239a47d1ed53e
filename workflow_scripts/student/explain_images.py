"""What a fitted family looks at in the images of its test patients, and which features its risk rests on."""

from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.explanations import ATTENTION, BRANCH_RISKS, FEATURE_IMPORTANCE, GROUP_IMPORTANCE
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.training.bundle import load_bundle
from workflow_scripts.lib.training.explaining import attention_rows, explain, importance_rows, risk_rows
from workflow_scripts.lib.training.inputs import family_at, read_fold


def main(
    patients, folds, time_grid, bundle, attention, branch_risks, group_importance, feature_importance, cfg, fold, module, **tables
) -> str:
    """Write the four tables: the first two of test patients, the others of the model."""
    family = family_at(module)
    cfg = parse(family.Config, cfg, "cfg")
    fitted = load_bundle(bundle, family, cfg)
    data = read_fold(patients, folds, time_grid, fold, tables).only("test")
    found, ids = explain(family, cfg, fitted.state, fitted.model, data), data.roles["patient_id"].to_numpy()
    groups, features = importance_rows(fitted.model.importance())
    write_table(attention_rows(ids, found), attention, ATTENTION)
    write_table(risk_rows(ids, found), branch_risks, BRANCH_RISKS)
    write_table(groups, group_importance, GROUP_IMPORTANCE)
    write_table(features, feature_importance, FEATURE_IMPORTANCE)
    return f"{len(found.rows)} of {len(ids)} test patients have an image, looked at in {len(found.attention)} ways"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
