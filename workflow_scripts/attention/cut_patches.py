"""Cut the X-ray patches that simulation 3 makes its tokens of."""

import numpy as np
import pandas as pd

from workflow_scripts.lib.attention.patches import cut, projected, radiographs, standardised
from workflow_scripts.lib.config.attention import AttentionConfig
from workflow_scripts.lib.contracts.attention import XRAY_PATCHES
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.survival.seeds import derive_seed


def main(xrays, xray_patches, cfg: AttentionConfig, seed) -> str:
    """Write ``xray_patches`` of the files ``xrays``, or of drawn radiographs where the config names no folder."""
    squares = cut(radiographs(cfg.patches, xrays, derive_seed(seed, "attention", "radiographs")), cfg.patches.side)
    patches, seen = standardised(squares.reshape(-1, squares.shape[-1]))
    image, place = np.divmod(np.flatnonzero(seen), squares.shape[1])
    values = list(projected(patches, cfg.pruning.width))
    write_table(pd.DataFrame({"image": image + 1, "place": place, "values": values}), xray_patches, XRAY_PATCHES)
    return f"{len(values)} patches of {len(squares)} radiographs, {(~seen).sum()} blank ones left out"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
