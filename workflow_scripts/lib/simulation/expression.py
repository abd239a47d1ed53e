"""Gene expression: two programmes carry hazard; other modules of genes go together more strongly and mean nothing."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa

from workflow_scripts.lib.simulation.blocks import Block
from workflow_scripts.lib.survival.seeds import derive_seed

PROLIFERATION = ("MKI67", "TOP2A", "CCNB1", "AURKA", "BUB1", "PLK1", "CDC20", "BIRC5", "TYMS", "RRM2", "UBE2C", "CENPF")
CYTOTOXIC = ("CD8A", "CD8B", "GZMA", "GZMB", "PRF1", "GNLY", "NKG7", "CD3D", "CD3E", "IFNG", "CXCL9", "CCL5")
MODULE = 15  # genes in a module that means nothing
VALUES = 2**22  # drawn at once


def draw(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Facts of n patients, each standard normal: how active the two programmes are."""
    return pd.DataFrame(rng.standard_normal((n, 2)), columns=["proliferation", "cytotoxic"])


def effect(facts: pd.DataFrame) -> np.ndarray:
    """What gene expression adds to the log-hazard (n,), before it is scaled: dividing cells harm, cytotoxic ones protect."""
    return (facts["proliferation"] - 0.8 * facts["cytotoxic"]).to_numpy()


def gene_names(genes: int) -> list[str]:
    """Names of the genes: up to 12 of each programme, then modules and single genes without meaning."""
    size = min(len(PROLIFERATION), genes // 5)
    return [*PROLIFERATION[:size], *CYTOTOXIC[:size], *(f"SIM{number:05d}" for number in range(genes - 2 * size))]


def loadings(genes: int, seed: int) -> np.ndarray:
    """How strongly each gene follows the two programmes and the other modules: (2 + modules, genes), mostly 0."""
    rng = np.random.default_rng(derive_seed(seed, "expression", "loadings"))
    size = min(len(PROLIFERATION), genes // 5)
    members = [slice(0, size), slice(size, 2 * size)]
    members += [slice(start, start + MODULE) for start in range(2 * size, genes - MODULE, 2 * MODULE)]
    found = np.zeros((len(members), genes), dtype=np.float32)
    for row, module in enumerate(members):
        strong = 0.8 if row < 2 else 1.2
        found[row, module] = strong * rng.uniform(0.5, 1.2, found[row, module].size)
    return found


def tables(block: Block, facts: pd.DataFrame, ids: np.ndarray, genes: int) -> Iterator[pa.Table]:
    """A row per sample, named after its patient, and a column per gene, in log2, a few thousand patients at a time."""
    rng, rows, level = block.rng("expression", "shown"), loadings(genes, block.seed), _levels(genes, block.seed)
    at_once = max(1, VALUES // genes)
    for start in range(0, max(len(facts), 1), at_once):
        programmes = facts.to_numpy(dtype=np.float32)[start : start + at_once]
        others = rng.standard_normal((len(programmes), len(rows) - 2), dtype=np.float32)
        noise = 0.7 * rng.standard_normal((len(programmes), genes), dtype=np.float32)
        values = np.round(np.maximum(level + np.hstack([programmes, others]) @ rows + noise, 0), 3)
        samples = pa.array(np.char.add(ids[start : start + at_once], "-T"))
        yield pa.table([samples, *(pa.array(column) for column in values.T.copy())], names=["sample", *gene_names(genes)])


def _levels(genes: int, seed: int) -> np.ndarray:
    return np.random.default_rng(derive_seed(seed, "expression", "levels")).uniform(4, 11, genes).astype(np.float32)
