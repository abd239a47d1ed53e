"""Where the language model puts every patient of its fold, after training and before."""

import pandas as pd

from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.student import HIDDEN_STATES
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.training.bundle import load_bundle
from workflow_scripts.lib.training.embedding import embed
from workflow_scripts.lib.training.inputs import family_at, read_fold


def main(patients, folds, time_grid, bundle, hidden_states, cfg, fold, module, **tables) -> str:
    """Write the hidden states: trained weights from the bundle, untrained ones from the family's model before its first step."""
    family = family_at(module)
    cfg = parse(family.Config, cfg, "cfg")
    fitted = load_bundle(bundle, family, cfg)
    data = read_fold(patients, folds, time_grid, fold, tables)
    models = {"trained": fitted.model, "untrained": family.model(cfg, fitted.state)}
    states = {weights: embed(family, cfg, fitted.state, model, data) for weights, model in models.items()}
    rows = pd.concat([data.roles.assign(weights=weights, state=list(found)) for weights, found in states.items()])
    write_table(rows, hidden_states, HIDDEN_STATES)
    return f"{len(data.roles)} patients, width {states['trained'].shape[1]}"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
