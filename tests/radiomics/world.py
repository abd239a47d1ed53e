"""Standardised images as the stage would have written them."""

import pandas as pd

from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.files import bundle_folder, sha256_of
from workflow_scripts.lib.contracts.radiomics import STANDARDISED
from workflow_scripts.lib.ingest.images.grey import save_png


def write_standardised(folder, images, patch, **facts):
    """``images`` by patient, squares of one size, in a bundle below ``folder`` and the table beside it; returns the paths of both."""
    rows = []
    with bundle_folder(folder / "images" / "MANIFEST.json") as bundle:
        for number, (patient, grey) in enumerate(images.items(), 1):
            name = f"{number:07}.png"
            save_png(grey, bundle / name)
            rows.append({"patient_id": patient, "image_id": "001", "path": name, "side": len(grey), "sha256": sha256_of(bundle / name)})
    common = {"mask_path": None, "patch": patch, "spacing_mm": 0.5, "row_spacing_mm": 0.502, "left": 0, "top": 0, "width": 64}
    common |= {"height": 64, "pad_left": 0, "pad_top": 0, "scale_x": 1.0, "scale_y": 1.0, "grey_low": 0.0, "grey_high": 255.0}
    write_table(pd.DataFrame(rows).assign(**common | facts), folder / "standardised.parquet", STANDARDISED)
    return [folder / "standardised.parquet", folder / "images" / "MANIFEST.json"]
