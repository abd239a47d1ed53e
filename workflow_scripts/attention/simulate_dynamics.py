"""Simulation 1: attention on each kind of token while a shallow vision transformer trains under a Cox loss."""

from workflow_scripts.lib.attention.dynamics import simulate_dynamics
from workflow_scripts.lib.config.attention import AttentionConfig
from workflow_scripts.lib.contracts.attention import ATTENTION_MASS
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.provenance.job import run_job


def main(attention_mass, cfg: AttentionConfig, seed) -> str:
    """Write ``attention_mass``."""
    rows = simulate_dynamics(cfg, seed)
    write_table(rows, attention_mass, ATTENTION_MASS)
    relevant = rows[(rows["kind"] == "relevant") & (rows["batch"] == "full")].groupby("iteration")["mass"].mean()
    return f"{cfg.seeds} seeds; mass on relevant tokens from {relevant.iloc[0]:.3f} to {relevant.iloc[-1]:.3f}"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
