"""Fetch a cohort's source as it is: bytes copied from a file, or a data set of scikit-survival."""

from workflow_scripts.lib.config.cohort import SourceConfig
from workflow_scripts.lib.ingest.source import fetch_builtin, fetch_table
from workflow_scripts.lib.provenance.job import run_job


def main(source: str, cfg: SourceConfig, table: str | None = None) -> str:
    """Write the unaltered ``source``, from the file ``table`` where the cohort has one."""
    if cfg.source.kind == "builtin":
        return fetch_builtin(cfg.source, source)
    return fetch_table(table, cfg.source, source)


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
