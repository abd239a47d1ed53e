"""What a fitted family says of its test patients from few patches of their images."""

from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.explanations import PRUNED_RISKS
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.survival.seeds import derive_seed
from workflow_scripts.lib.training.bundle import load_bundle
from workflow_scripts.lib.training.inputs import family_at, read_fold
from workflow_scripts.lib.training.pruning import pruned_risks


def main(patients, folds, time_grid, bundle, pruned, cfg, fold, module, seed, **tables) -> str:
    """Write the log-risks from all patches down to one."""
    family = family_at(module)
    cfg = parse(family.Config, cfg, "cfg")
    fitted = load_bundle(bundle, family, cfg)
    data = read_fold(patients, folds, time_grid, fold, tables).only("test")
    rows = pruned_risks(family, cfg, fitted.state, fitted.model, data, derive_seed(seed, "pruning", fold))
    write_table(rows, pruned, PRUNED_RISKS)
    return f"{rows['patient_id'].nunique()} patients, asked from {rows['kept'].nunique()} numbers of patches"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
