"""Standardised images as the stage would have written them."""

import pandas as pd

from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.files import bundle_folder, sha256_of
from workflow_scripts.lib.contracts.radiomics import STANDARDISED
from workflow_scripts.lib.ingest.images.grey import save_png


def write_standardised(folder, images, patch, masks=None, **facts):
    """``images`` by patient, squares of one size, in a bundle below ``folder`` and the table beside it; returns the paths of both.

    ``masks`` by patient, for some of them.
    """
    rows = []
    with bundle_folder(folder / "images" / "MANIFEST.json") as bundle:
        for number, (patient, grey) in enumerate(images.items(), 1):
            name, mask = f"{number:07}.png", (masks or {}).get(patient)
            mask_path = None if mask is None else f"{number:07}_mask.png"
            save_png(grey, bundle / name)
            if mask_path:
                save_png(mask, bundle / mask_path)
            row = {"patient_id": patient, "image_id": "001", "path": name, "mask_path": mask_path, "side": len(grey)}
            rows.append(row | {"sha256": sha256_of(bundle / name)})
    common = {"patch": patch, "spacing_mm": 0.5, "row_spacing_mm": 0.502, "left": 0, "top": 0, "width": 64}
    common |= {"height": 64, "pad_left": 0, "pad_top": 0, "scale_x": 1.0, "scale_y": 1.0, "grey_low": 0.0, "grey_high": 255.0}
    write_table(pd.DataFrame(rows).assign(**common | facts), folder / "standardised.parquet", STANDARDISED)
    return [folder / "standardised.parquet", folder / "images" / "MANIFEST.json"]
