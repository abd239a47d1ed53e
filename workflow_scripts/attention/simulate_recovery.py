"""Simulation 2: whether the tokens whose attention grew are the ones that carry the hazard."""

from workflow_scripts.lib.attention.recovery import simulate_recovery
from workflow_scripts.lib.config.attention import AttentionConfig
from workflow_scripts.lib.contracts.attention import RECOVERY, ROC
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.provenance.job import run_job


def main(recovery, roc, cfg: AttentionConfig, seed) -> str:
    """Write ``recovery`` by threshold, and the curves of all thresholds, ``roc``."""
    rows, curves = simulate_recovery(cfg, seed)
    write_table(rows, recovery, RECOVERY)
    write_table(curves, roc, ROC)
    return f"{cfg.seeds} seeds; " + ", ".join(f"AUC {auc:.2f} {signal}" for signal, auc in rows.groupby("signal")["auc"].mean().items())


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
