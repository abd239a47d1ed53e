"""Fetch one source of a cohort as it is: a file's bytes, what a folder holds, a part of the simulated world, or a package's data set."""

from workflow_scripts.lib.config.sources import FetchConfig
from workflow_scripts.lib.ingest.raw.folder import write_inventory
from workflow_scripts.lib.ingest.raw.reading import WORLD_TABLE
from workflow_scripts.lib.ingest.raw.source import fetch_builtin, fetch_file, fetch_part
from workflow_scripts.lib.provenance.job import run_job


def main(source: str, cfg: FetchConfig, raw: str | None = None, world: str | None = None) -> str:
    """Write ``source`` from the file or folder ``raw``, from the simulated ``world``, or from scikit-survival.

    A table is copied unaltered; of a folder, names and digests are written down, and its files stay where they are.
    """
    asked = cfg.source
    match asked.kind:
        case "builtin":
            return fetch_builtin(asked, source)
        case "folder":
            return write_inventory(raw, asked.pattern, source)
        case "table":
            return fetch_file(raw, asked.path, asked.sha256, source)
        case "part":
            return fetch_part(world, asked.path, source)
        case "simulated":
            return fetch_part(world, WORLD_TABLE, source)


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
