"""Reports that are nearly the same in training and test."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
import pandas as pd

from workflow_scripts.lib.leakage.evidence import Evidence
from workflow_scripts.lib.leakage.findings import Finding, counted
from workflow_scripts.lib.leakage.near import near_groups
from workflow_scripts.lib.leakage.rows import vector_hashes

SHINGLE = 5  # words
FEWEST = 40  # shingles: shorter reports say the same of different patients
ALIKE = 0.8  # Jaccard similarity of the sets of shingles
BANDS, BAND = 20, 6  # of reports alike by ALIKE, all but 2 in a thousand share a band; of those alike by a half, a quarter
WORD = re.compile(r"\w+")


def near_duplicate_reports(evidence: Evidence) -> Iterator[Finding]:
    """Test patients whose report is, but for a fifth of its runs of five words, a training patient's."""
    if "reports" not in evidence.modalities:
        return
    texts = evidence.modalities["reports"]["text"].to_list()
    long = np.array([len(WORD.findall(text)) >= FEWEST + SHINGLE - 1 for text in texts], dtype=bool)
    rows = np.flatnonzero(long)
    groups = text_groups([texts[row] for row in rows])
    apart = evidence.folds.twins_apart(groups, evidence.positions("reports")[rows])
    if apart:
        said = f"{counted(apart)} of the test folds have a report that is all but word for word a training patient's."
        remedy = "Find out whether these are the same patients, or a text that is no report; keep one report of each patient."
        yield Finding("near_duplicate_reports", "reports", "error", apart, said, remedy)


def text_groups(texts: Sequence[str]) -> np.ndarray:
    """The group (n,) of each of ``texts`` (n,), of those whose shingles are alike by ``ALIKE`` (`broder1997`)."""
    plain = pd.Series([" ".join(WORD.findall(text.lower())) for text in texts], dtype=object)
    copies, whole = pd.factorize(plain)
    shingled = lru_cache(maxsize=4096)(lambda which: shingles(whole[which]))

    def near(pairs: np.ndarray) -> np.ndarray:
        return np.array([jaccard(shingled(one), shingled(other)) >= ALIKE for one, other in pairs.tolist()], dtype=bool)

    return near_groups(len(whole), _bands(whole), near)[copies]


def shingles(plain: str) -> np.ndarray:
    """Hashes of the runs of ``SHINGLE`` words, each once, rising."""
    words = pd.util.hash_array(np.array(plain.split(), dtype=object), categorize=False)
    runs = np.lib.stride_tricks.sliding_window_view(words, SHINGLE) if len(words) >= SHINGLE else words[None, :]
    factors = 2 * np.arange(1, runs.shape[1] + 1, dtype=np.uint64) ** 9 + 1
    return np.unique((runs * factors).sum(axis=1, dtype=np.uint64) >> np.uint64(32))


def jaccard(first: np.ndarray, second: np.ndarray) -> float:
    """The share of two sets' members, each rising and once, that both have."""
    both = len(np.intersect1d(first, second, assume_unique=True))
    return both / (len(first) + len(second) - both)


def _bands(texts: Sequence[str]) -> Iterator[np.ndarray]:
    """For each band, a hash (n,) of the part of each text's MinHash signature that it holds."""
    from datasketch import MinHash

    empty = MinHash(num_perm=BANDS * BAND, hashfunc=int, scheme="affine32")
    signatures = np.empty((len(texts), BANDS * BAND), dtype=np.uint32)
    for row, text in enumerate(texts):
        signature = empty.copy()
        signature.update_batch(shingles(text).tolist())
        signatures[row] = signature.hashvalues
    for band in range(BANDS):
        yield vector_hashes(signatures[:, band * BAND : (band + 1) * BAND])
