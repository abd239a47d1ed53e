"""Describe whole-slide feature bags, which stay where they are; say who has none and why."""

import pandas as pd

from workflow_scripts.lib.config.modalities.slides import SlidesConfig
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.ingest import REFUSALS
from workflow_scripts.lib.contracts.modalities import SLIDES
from workflow_scripts.lib.ingest.members import read_members, refuse_if_strict
from workflow_scripts.lib.ingest.raw.folder import read_inventory
from workflow_scripts.lib.ingest.slides import describe
from workflow_scripts.lib.provenance.job import run_job


def main(source, registry, slides, refusals, cfg: SlidesConfig, strict: bool) -> str:
    """Write ``slides`` and ``refusals`` from the folder's inventory ``source``."""
    members = read_members(registry)
    rows, refused = describe(read_inventory(source), members, cfg)
    refuse_if_strict(refused, strict)
    write_table(rows, slides, SLIDES)
    write_table(pd.concat([refused, members.refusals()]), refusals, REFUSALS)
    return f"{len(rows)} bags of {rows['patient_id'].nunique()} patients, {rows['patches'].sum()} patches, {len(refused)} patients refused"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
