"""Make the index images alike: squares of 8-bit grey on one grid of patches, masks with them; say who has none and why."""

from workflow_scripts.lib.config.modalities.standardise import StandardiseConfig
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.files import bundle_folder, check_bundle
from workflow_scripts.lib.contracts.ingest import REFUSALS
from workflow_scripts.lib.contracts.modalities import IMAGES, index_images
from workflow_scripts.lib.contracts.radiomics import STANDARDISED
from workflow_scripts.lib.ingest.images.workers import in_workers
from workflow_scripts.lib.ingest.members import refuse_if_strict
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.radiomics.standardise import Standardiser
from workflow_scripts.lib.radiomics.table import build, tasks_of


def main(images, pictures, bundle, standardised, refusals, cfg: StandardiseConfig, threads: int, strict: bool) -> str:
    """Write the ``bundle`` of PNGs, their table and ``refusals``; ``threads`` are processes, each with one image in memory."""
    rows = index_images(read_table(images, IMAGES)).reset_index()
    source = check_bundle(pictures)
    with bundle_folder(bundle) as place:
        done = list(in_workers(Standardiser(source, place, cfg), tasks_of(rows), threads))
        made, refused = build(rows, done, cfg)
        refuse_if_strict(refused, strict)
    write_table(made, standardised, STANDARDISED)
    write_table(refused, refusals, REFUSALS)
    said = f"{len(made)} images of {cfg.side} x {cfg.side} pixels, {cfg.patches} x {cfg.patches} patches"
    return f"{said}, {made['mask_path'].notna().sum()} masks; {len(refused)} refusals"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
