"""The table of standardised images, and who has none."""

from collections.abc import Sequence

import pandas as pd

from workflow_scripts.lib.config.modalities.standardise import StandardiseConfig
from workflow_scripts.lib.contracts.radiomics import STANDARDISED
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.images.workers import Done
from workflow_scripts.lib.radiomics.standardise import Task

GIVEN = ["patient_id", "image_id", "path", "side", "patch"]
MADE = [name for name in STANDARDISED.schema().names if name not in GIVEN]  # by a worker


def tasks_of(rows: pd.DataFrame) -> list[Task]:
    """A task per row of the images contract."""
    columns = (rows[name].astype(object).where(rows[name].notna(), None) for name in ("path", "mask_path", "spacing_mm"))
    return [Task(*row) for row in zip(*columns, strict=True)]


def build(rows: pd.DataFrame, done: Sequence[Done], cfg: StandardiseConfig) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of the standardised contract and of the refusals contract, from ``rows`` of the images contract, one per patient.

    A bad mask leaves its image. Raises StageRefusal when no image can be used.
    """
    faults = [fault for one in done for fault in (one.fault, one.mask_fault)]
    refused = pd.DataFrame({"patient_id": rows["patient_id"].repeat(2).to_numpy(), "reason": faults}, dtype=object)
    refused = refused[refused["reason"] != ""]
    good = [not one.fault for one in done]
    if not any(good):
        said = "; ".join(f"{reason}: {count} patients" for reason, count in refused["reason"].value_counts().items())
        raise StageRefusal(f"images: not one of {len(rows)} can be standardised ({said}); correct images.standardise in the cohort's file")
    made = pd.DataFrame([one.facts for one in done if not one.fault], columns=MADE)
    kept = rows.loc[good, ["patient_id", "image_id", "path"]].reset_index(drop=True)
    return kept.join(made).assign(side=cfg.side, patch=cfg.patch), refused
