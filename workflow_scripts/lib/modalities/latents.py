"""Gene expression and reports as few numbers per patient, fitted on training patients; no torch.

A patient without the modality has zeros, which is the training mean, and is not ``present``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from workflow_scripts.lib.config.multimodal import GenesConfig, WordsConfig
from workflow_scripts.lib.errors import StageRefusal

LEAST_PART = 1e-10  # of the first component's variance: what is below is rounding
PATTERN = r"(?u)\b[a-z][a-z0-9]+\b"  # words, and stages as pt3a; bare numbers are too many
FEWEST = 3  # patients in whom a modality is worth fitting


@dataclass(frozen=True)
class Latents:
    """k numbers (n, k) of n patients, standardised among training patients, and who is ``present`` (n,)."""

    values: np.ndarray
    present: np.ndarray


@dataclass(frozen=True)
class GeneComponents:
    """Principal components of the g ``genes``, each standardised by ``mean`` and ``sd`` (g,); ``components`` (k, g) give unit variance."""

    genes: Sequence[str]
    mean: np.ndarray
    sd: np.ndarray
    components: np.ndarray

    @classmethod
    def fit(cls, rows: pd.DataFrame, cfg: GenesConfig) -> Self:
        """Of training patients' ``rows``; genes that do not vary, or are not measured, are left out."""
        values = np.stack(rows["values"].tolist()).astype(np.float64)  # (n, genes)
        known = np.isfinite(values)
        count = known.sum(0)
        mean = np.where(known, values, 0).sum(0) / np.maximum(count, 1)
        variance = np.where(known, (values - mean) ** 2, 0).sum(0) / np.maximum(count, 1)
        varying = np.flatnonzero(variance > 0)
        if not len(varying):
            raise StageRefusal(f"none of {len(variance)} genes varies among {len(rows)} training patients; leave expression out")
        kept = np.sort(varying[np.argsort(-variance[varying], kind="stable")[: cfg.most_genes]])
        genes = [rows["genes"].iloc[0][gene] for gene in kept]
        own = cls(genes, mean[kept], np.sqrt(variance[kept]), np.zeros((0, len(kept))))
        seen = own._standardised(values[:, kept])
        return cls(genes, own.mean, own.sd, unit_components(seen, cfg.components))

    def latents(self, rows: pd.DataFrame, patient_ids: Iterable[str]) -> Latents:
        """A gene that a patient lacks counts as the training mean; without any gene the patient is not present."""
        row = pd.Index(rows["patient_id"]).get_indexer(list(patient_ids))
        found = np.zeros((len(row), len(self.components)))
        present = row >= 0
        if present.any():
            place = pd.Index(rows["genes"].iloc[0]).get_indexer(self.genes)
            if (place < 0).any():
                raise StageRefusal(f"{(place < 0).sum()} of {len(place)} genes that were trained on are not in the table of expression")
            values = np.stack(rows["values"].iloc[row[present]].tolist())[:, place]
            found[present] = self._standardised(values) @ self.components.T
            present[present] = np.isfinite(values).any(1)
        return Latents(found, present)

    def _standardised(self, values: np.ndarray) -> np.ndarray:
        return np.nan_to_num((values - self.mean) / self.sd)


@dataclass(frozen=True)
class WordComponents:
    """Components of ``terms`` (v words and pairs of words), weighted by frequency and by ``idf`` (v,).

    ``components`` (k, v) and ``centre`` (k,) give scores of mean 0 and variance 1 among training patients.
    """

    terms: Sequence[str]
    idf: np.ndarray
    components: np.ndarray
    centre: np.ndarray

    @classmethod
    def fit(cls, rows: pd.DataFrame, cfg: WordsConfig) -> Self:
        """Of training patients' ``rows``; raises StageRefusal where no term is in enough reports."""
        made = _vectorizer(max_features=cfg.most_terms, min_df=min(cfg.fewest_reports, len(rows)))
        try:
            seen = made.fit_transform(rows["text"])
        except ValueError:
            raise StageRefusal(
                f"no word is in {cfg.fewest_reports} of {len(rows)} training patients' reports; lower fewest_reports or leave reports out"
            ) from None
        components = unit_components(seen, cfg.components)
        scores = seen @ components.T
        spread = np.maximum(scores.std(0), 1e-12)
        return cls(made.get_feature_names_out().tolist(), made.idf_, components / spread[:, None], scores.mean(0) / spread)

    def latents(self, rows: pd.DataFrame, patient_ids: Iterable[str]) -> Latents:
        """Words that no training patient's report has count for nothing; a report of them alone is one without a sign of anything."""
        row = pd.Index(rows["patient_id"]).get_indexer(list(patient_ids))
        found, present = np.zeros((len(row), len(self.components))), row >= 0
        if present.any():
            vectorizer = _vectorizer(vocabulary=self.terms)
            vectorizer.idf_ = self.idf
            found[present] = vectorizer.transform(rows["text"].iloc[row[present]]) @ self.components.T - self.centre
        return Latents(found, present)


def _vectorizer(**settings: Any) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer  # a second

    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=PATTERN, **settings)


def unit_components(matrix: Any, most: int) -> np.ndarray:
    """The first right singular vectors of ``matrix`` (n, p), dense or sparse, scaled so that scores have mean square one: (k, p).

    k is ``most``, or the rank where that is less. Found through the (n, n) product; where the columns' means are 0 these are principal
    components. The sign is such that the entry of largest size is positive.
    """
    from scipy.linalg import eigh

    product = matrix @ matrix.T
    product = product if isinstance(product, np.ndarray) else product.toarray()
    n = len(product)
    size, left = eigh(product, subset_by_index=[max(0, n - most), n - 1])
    kept = np.flatnonzero(size > LEAST_PART * size[-1])[::-1][:most]
    found = np.asarray(matrix.T @ (left[:, kept] / size[kept])).T * np.sqrt(n)
    largest = np.take_along_axis(found, np.abs(found).argmax(1)[:, None], 1)
    return found * np.sign(largest)


KINDS: dict[str, tuple[type, str]] = {"expression": (GeneComponents, "genes"), "reports": (WordComponents, "words")}


def fit_latents(tables: dict[str, pd.DataFrame], wanted: Iterable[str], cfg: Any) -> dict[str, Any]:
    """State of the ``wanted`` modalities that enough patients of ``tables`` have: by modality plain data, and all ``arrays``.

    ``cfg`` has their settings, as ``genes`` and ``words``. All who are in ``tables`` are trained on.
    """
    state: dict[str, Any] = {"latents": {}, "arrays": {}}
    for name in wanted:
        if len(tables.get(name, ())) >= FEWEST:
            kind, setting = KINDS[name]
            fields = asdict(kind.fit(tables[name], getattr(cfg, setting)))
            arrays = {field: value for field, value in fields.items() if isinstance(value, np.ndarray)}
            state["latents"][name] = {field: value for field, value in fields.items() if field not in arrays}
            state["arrays"] |= {f"{name}.{field}": value for field, value in arrays.items()}
    return state


def encoders_of(state: dict[str, Any]) -> dict[str, GeneComponents | WordComponents]:
    """By modality, what ``fit_latents`` fitted."""
    arrays = {name: {} for name in state["latents"]}
    for key, value in state.get("arrays", {}).items():  # a bundle without any keeps none
        name, _, field = key.partition(".")
        if name in arrays:
            arrays[name][field] = value
    return {name: KINDS[name][0](**fields, **arrays[name]) for name, fields in state["latents"].items()}


def latents_of(state: dict[str, Any], tables: dict[str, pd.DataFrame], patient_ids: Iterable[str]) -> dict[str, Latents]:
    """By modality that was fitted, the numbers of these patients, in their order."""
    ids = list(patient_ids)
    return {name: encoder.latents(tables[name], ids) for name, encoder in encoders_of(state).items()}
