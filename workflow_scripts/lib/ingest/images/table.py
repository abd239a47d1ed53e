"""The images table: what every image of the cohort is, which one stands for its patient, and who has none."""

from collections.abc import Sequence
from pathlib import Path, PurePath

import pandas as pd

from workflow_scripts.lib.config.modalities.images import ImagesConfig
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.images.listing import choose_index
from workflow_scripts.lib.ingest.images.standardise import Task
from workflow_scripts.lib.ingest.images.workers import Done
from workflow_scripts.lib.ingest.raw.folder import Folder

MADE = ["path", "mask_path", "format", "width", "height", "bits", "spacing_mm", "slice", "fingerprint", "sha256"]  # by a worker


def tasks_of(rows: pd.DataFrame, bundle: Path, masks: Folder | None, cfg: ImagesConfig) -> list[Task]:
    """A task per image; names in the bundle tell nothing, for a patient's id might."""
    tasks = []
    for place, path in enumerate(rows["path"], 1):
        mask = cfg.masks.name.format(stem=PurePath(path).stem) if cfg.masks else None
        there = masks is not None and mask in masks
        tasks.append(Task(path, bundle / f"{place:07}.png", mask if there else None, bundle / f"{place:07}_mask.png"))
    return tasks


def build(rows: pd.DataFrame, tasks: Sequence[Task], done: Sequence[Done], cfg: ImagesConfig) -> tuple[pd.DataFrame, set[tuple[str, str]]]:
    """Rows of the images contract, and pairs of patient and reason: of images, of masks, and of patients whose index image is undecided.

    A patient with a bad image beside good ones keeps these; a bad mask leaves its image. Raises StageRefusal when no image can be used.
    """
    faults = {(patient, one.fault) for patient, one in zip(rows["patient_id"], done, strict=True) if one.fault}
    masks = {(patient, one.mask_fault) for patient, one in zip(rows["patient_id"], done, strict=True) if one.mask_fault}
    good = [not one.fault for one in done]
    kept = rows[good].reset_index(drop=True)
    chosen, undecided = choose_index(kept, cfg.index)
    refused = {patient for patient, _ in undecided}
    facts = [{**one.facts, "path": task.final.name} for task, one in zip(tasks, done, strict=True) if not one.fault]
    table = pd.DataFrame(facts, index=kept.index, columns=MADE)
    number = kept.groupby("patient_id").cumcount() + 1
    table = table.assign(patient_id=kept["patient_id"], image_id=number.astype(str).str.zfill(3), index_image=chosen.to_numpy())
    table = table[~kept["patient_id"].isin(refused).to_numpy()]
    if table.empty:
        reasons = pd.Series([reason for _, reason in faults | undecided]).value_counts()
        said = "; ".join(f"{reason}: {count} patients" for reason, count in reasons.items())
        raise StageRefusal(f"images: not one of {len(rows)} can be used ({said}); correct the files, or the cohort's file")
    return table, faults | undecided | masks


def prune(bundle: Path, rows: pd.DataFrame) -> None:
    """Take what the images table does not name out of the bundle."""
    named = {*rows["path"], *rows["mask_path"].dropna()}
    for path in bundle.iterdir():
        if path.name not in named:
            path.unlink()
