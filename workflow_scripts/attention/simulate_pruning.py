"""Simulation 3: whether training again on the tokens whose attention grew most ranks new patients better."""

import numpy as np

from workflow_scripts.lib.attention.pruning import simulate_pruning
from workflow_scripts.lib.config.attention import AttentionConfig
from workflow_scripts.lib.contracts.attention import PRUNING, XRAY_PATCHES
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.provenance.job import run_job


def main(xray_patches, pruning, cfg: AttentionConfig, background, seed) -> str:
    """Write ``pruning`` in worlds with this ``background``."""
    patches = np.stack(read_table(xray_patches, XRAY_PATCHES)["values"])
    rows = simulate_pruning(cfg, background, patches, seed)
    write_table(rows, pruning, PRUNING)
    means = rows.groupby(["stop", "arm"])["c"].mean()
    return f"{cfg.seeds} seeds; " + ", ".join(f"{stop} {arm} {c:.3f}" for (stop, arm), c in means.items())


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
