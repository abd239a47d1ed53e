"""Turn images into grey, upright PNGs with their masks, one standing for each patient; say who has none and why."""

import pandas as pd

from workflow_scripts.lib.config.modalities.images import ImagesConfig
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.files import bundle_folder
from workflow_scripts.lib.contracts.ingest import REFUSALS
from workflow_scripts.lib.contracts.modalities import IMAGES
from workflow_scripts.lib.ingest.images.listing import list_images
from workflow_scripts.lib.ingest.images.standardise import Standardiser
from workflow_scripts.lib.ingest.images.table import build, prune, tasks_of
from workflow_scripts.lib.ingest.images.workers import in_workers
from workflow_scripts.lib.ingest.members import read_members, refuse_if_strict
from workflow_scripts.lib.ingest.raw.folder import read_inventory
from workflow_scripts.lib.ingest.raw.reading import read_source
from workflow_scripts.lib.provenance.job import run_job


def main(source, registry, images, bundle, refusals, cfg: ImagesConfig, threads: int, strict: bool, listing=None, masks=None) -> str:
    """Write ``images``, the ``bundle`` of PNGs and ``refusals``; ``threads`` are processes, each with one image in memory."""
    folder, members = read_inventory(source), read_members(registry)
    listed = list_images(folder, read_source(listing, cfg.listing) if listing else None, members, cfg)
    work = Standardiser(folder, read_inventory(masks) if masks else None, cfg)
    with bundle_folder(bundle) as place:
        tasks = tasks_of(listed.rows, place, work.masks, cfg)
        done = list(in_workers(work, tasks, threads))
        rows, left_out = build(listed.rows, tasks, done, cfg)
        prune(place, rows)
        refused = pd.DataFrame(sorted(left_out | listed.refused), columns=["patient_id", "reason"], dtype=object)
        refuse_if_strict(refused, strict)
    write_table(rows, images, IMAGES)
    write_table(pd.concat([refused, members.refusals()]), refusals, REFUSALS)
    said = f"{len(rows)} images of {rows['patient_id'].nunique()} patients, {rows['mask_path'].notna().sum()} masks"
    return f"{said}; {len(refused)} refusals; {listed.unclaimed} files are nobody's"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
