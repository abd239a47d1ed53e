"""Gene expression: a matrix of samples and genes, whichever way it lies, as one vector per patient."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workflow_scripts.lib.config.modalities.expression import ExpressionConfig
from workflow_scripts.lib.errors import StageRefusal, did_you_mean
from workflow_scripts.lib.ingest.members import Members, ids_in
from workflow_scripts.lib.ingest.raw.reading import iterate_batches
from workflow_scripts.lib.ingest.raw.values import numbers

UNITS = {"counts": "counts", "tpm": "transcripts per million", "log2": "log2 of expression", "z_score": "standard deviations"}
SEVERAL = "several samples, and expression.several does not say what to do"
MOST_NAMED = 50  # columns of a table that a message lists
MOSTLY = 0.5  # of a column's rows
TWO = "a sample names two patients"


@dataclass(frozen=True)
class Samples:
    """Of s samples: ``names`` that say whose each is, ``values`` (s, g) float32 of ``genes`` (g,), NaN where missing, and ``odd`` (s,),

    which is True where a value is no number.
    """

    names: list[str]
    genes: list[str]
    values: np.ndarray
    odd: np.ndarray


def unit_of(cfg: ExpressionConfig) -> str:
    """The unit of the vectors, after the transformation."""
    return f"log2({UNITS[cfg.scale]} + 1)" if cfg.transform == "log2p1" else UNITS[cfg.scale]


def read_samples(path: str | Path, cfg: ExpressionConfig) -> Samples:
    """The matrix of a source, a row per sample; raises StageRefusal for columns that are not there and for genes that are there twice."""
    read = {"samples_by_genes": _samples_in_rows, "genes_by_samples": _genes_in_rows, "long": _one_value_per_row}[cfg.layout]
    found = read(iterate_batches(path, cfg.source, private=cfg.layout == "genes_by_samples"), cfg)
    twice = [gene for gene, count in Counter(found.genes).items() if count > 1]
    if twice:
        shown = ", ".join(sorted(twice)[:5])
        raise StageRefusal(
            f"expression: {len(twice)} genes occur more than once, such as {shown}; keep one of each, or sum them, in the source"
        )
    _need_genes(found.genes, cfg)
    return found


def _need_genes(genes: Collection[str], cfg: ExpressionConfig) -> None:
    if not genes:
        raise StageRefusal(f"expression: no gene matches gene_pattern '{cfg.gene_pattern}'; correct the pattern")


def _samples_in_rows(batches: Iterator[pa.RecordBatch], cfg: ExpressionConfig) -> Samples:
    names: list[str] = []
    blocks, wrong = [], []
    columns: dict[int, str] = {}  # the gene in each place
    for batch in batches:
        _need(batch, cfg, cfg.patient.column)
        there = batch.schema.names
        columns = columns or {i: gene for i, name in enumerate(there) if name != cfg.patient.column and (gene := _gene(name, cfg))}
        _need_genes(columns, cfg)
        names += [name or "" for name in pc.cast(batch[cfg.patient.column], pa.string()).to_pylist()]
        held = batch.columns
        values, odd = _matrix([held[place] for place in columns], cfg)
        blocks.append(values.T)
        wrong.append(odd.T)
    odd = np.concatenate(wrong)
    _refuse_texts([there[place] for place, mostly in zip(columns, odd.mean(axis=0) > MOSTLY, strict=True) if mostly])
    return Samples(names, list(columns.values()), np.concatenate(blocks), odd.any(axis=1))


def _refuse_texts(columns: list[str]) -> None:
    if columns:
        raise StageRefusal(
            f"expression: {len(columns)} columns hold text in most rows, such as '{columns[0]}': leave them out by gene_pattern, "
            "or list texts that mean a missing value under missing"
        )


def _genes_in_rows(batches: Iterator[pa.RecordBatch], cfg: ExpressionConfig) -> Samples:
    genes: list[str] = []
    blocks, odd = [], []
    columns: dict[int, str] = {}  # the sample in each place
    for batch in batches:
        _need(batch, cfg, cfg.gene)
        columns = columns or {i: name for i, name in enumerate(batch.schema.names) if name != cfg.gene and ids_in(name, cfg.patient)}
        found = [_gene(name or "", cfg) for name in pc.cast(batch[cfg.gene], pa.string()).to_pylist()]
        kept = pa.array([place for place, gene in enumerate(found) if gene], pa.int64())
        genes += [gene for gene in found if gene]
        held = batch.columns
        values, wrong = _matrix([held[place].take(kept) for place in columns], cfg)
        blocks.append(values)
        odd.append(wrong.any(axis=1))
    if not columns:
        raise StageRefusal(f"expression: no column's name matches patient.pattern '{cfg.patient.pattern}'; correct the pattern")
    return Samples(list(columns.values()), genes, np.concatenate(blocks, axis=1), np.any(odd, axis=0))


def _one_value_per_row(batches: Iterator[pa.RecordBatch], cfg: ExpressionConfig) -> Samples:
    names: dict[str, int] = {}
    genes: dict[str, int] = {}
    parts = []
    for batch in batches:
        _need(batch, cfg, cfg.patient.column, cfg.gene, cfg.value)
        values, odd = _matrix([batch[cfg.value]], cfg)
        sample = _numbered(batch[cfg.patient.column], names, lambda name: name)
        gene = _numbered(batch[cfg.gene], genes, lambda name: _gene(name, cfg))
        kept = (sample >= 0) & (gene >= 0)
        parts.append([part[kept] for part in (sample, gene, values[0], odd[0])])
    sample, gene, value, odd = (np.concatenate(part) for part in zip(*parts, strict=True))
    repeated = len(sample) - len(np.unique(sample * max(1, len(genes)) + gene))
    if repeated:
        raise StageRefusal(
            f"expression: {repeated} of {len(sample)} rows repeat a gene of a sample; keep one of each, or sum them, in the source"
        )
    order = sorted(genes)
    rank = np.empty(len(genes), dtype=np.int64)
    rank[[genes[name] for name in order]] = np.arange(len(genes))
    matrix = np.full((len(names), len(genes)), np.nan, dtype=np.float32)
    matrix[sample, rank[gene]] = value
    return Samples(list(names), order, matrix, np.bincount(sample, odd, len(names)) > 0)


def _numbered(column: pa.Array, known: dict[str, int], read: Callable[[str], str | None]) -> np.ndarray:
    """The number (n,) of what ``read`` makes of each text, -1 for nothing; what is new goes into ``known``."""
    encoded = pc.cast(column, pa.string()).dictionary_encode()
    words = [word and read(word) for word in encoded.dictionary.to_pylist()]
    places = [known.setdefault(word, len(known)) if word else -1 for word in words]
    return np.array([*places, -1])[pc.fill_null(encoded.indices, len(words)).to_numpy()]


def _need(batch: pa.RecordBatch, cfg: ExpressionConfig, *columns: str | None) -> None:
    there = batch.schema.names
    for column in columns:
        if column not in there:
            few = len(there) <= MOST_NAMED and cfg.layout != "genes_by_samples"  # whose columns are named after patients
            hint = did_you_mean(str(column), there) if few else f"there are {len(there)}"
            raise StageRefusal(f"expression: there is no column '{column}'; {hint}; correct the cohort's file")


def _gene(name: str, cfg: ExpressionConfig) -> str | None:
    found = re.search(cfg.gene_pattern, name)
    return found[1] if found else None


def _matrix(columns: Sequence[pa.Array], cfg: ExpressionConfig) -> tuple[np.ndarray, np.ndarray]:
    """Values (columns, rows) float32 and, of the same shape, True where there is text that is no number; one conversion for all."""
    if not columns:
        return np.empty((0, 0), dtype=np.float32), np.empty((0, 0), dtype=bool)
    shape = (len(columns), len(columns[0]))
    if not cfg.missing and all(pa.types.is_floating(column.type) or pa.types.is_integer(column.type) for column in columns):
        return np.stack([_float32(column.to_numpy(zero_copy_only=False)) for column in columns]), np.zeros(shape, dtype=bool)
    texts = [column if column.type == pa.string() else pc.cast(column, pa.string()) for column in columns]
    text = pc.utf8_trim_whitespace(pa.concat_arrays(texts))
    text = pc.if_else(pc.is_in(text, pa.array(["", *cfg.missing])), None, text)
    values, odd = numbers(text)
    return _float32(values.reshape(shape)), odd.reshape(shape)


def _float32(values: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):  # becomes infinite, and is refused as such
        return values.astype(np.float32)


def faults_of(samples: Samples, cfg: ExpressionConfig) -> dict[str, np.ndarray]:
    """By reason, (s,) True where a sample cannot be used."""
    values = samples.values
    absent = np.isnan(values)
    found = {
        "a value is not a number": samples.odd,
        "a value is infinite": np.isinf(values).any(axis=1),
        "no value": absent.all(axis=1),
        "all values are zero": (np.where(absent, 0, values) == 0).all(axis=1) & ~absent.all(axis=1),
    }
    if cfg.scale in ("counts", "tpm"):
        found[f"a negative value, declared {cfg.scale}"] = (values < 0).any(axis=1)
    return found


def vectors(samples: Samples, members: Members, cfg: ExpressionConfig) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of the expression and refusals contracts. Raises StageRefusal when no sample can be used."""
    faults = faults_of(samples, cfg)
    place: dict[str, list[int]] = {}
    refused: set[tuple[str, str]] = set()
    for row, name in enumerate(samples.names):
        owners = members.owners(name, cfg.patient, f"sample {row + 1}")
        reasons = [TWO] if len(owners) > 1 else [reason for reason, bad in faults.items() if bad[row]]
        for owner in owners:
            refused |= {(owner, reason) for reason in reasons}
            if not reasons:
                place.setdefault(owner, []).append(row)
    if cfg.several == "refuse":
        refused |= {(owner, SEVERAL) for owner, rows in place.items() if len(rows) > 1}
        place = {owner: rows for owner, rows in place.items() if len(rows) == 1}
    if not place:
        _refuse_all(samples, members, faults)
    kept = [(owner, len(rows), _mean(samples.values[rows], cfg)) for owner, rows in sorted(place.items())]
    left_out = pd.DataFrame(sorted(pair for pair in refused if pair[0] not in place), columns=["patient_id", "reason"], dtype=object)
    return pd.DataFrame(kept, columns=["patient_id", "samples", "values"]), left_out


def _mean(values: np.ndarray, cfg: ExpressionConfig) -> np.ndarray:
    """The mean of a patient's samples (m, g) on the scale that is kept, NaN where no sample has the gene."""
    values = np.log2(values + 1) if cfg.transform == "log2p1" else values
    known = ~np.isnan(values)
    total = np.where(known, values, 0).sum(axis=0)
    return np.divide(total, known.sum(axis=0), out=np.full(values.shape[1], np.nan, dtype=np.float32), where=known.any(axis=0))


def _refuse_all(samples: Samples, members: Members, faults: dict[str, np.ndarray]) -> None:
    said = "; ".join(f"{reason}: {int(bad.sum())} samples" for reason, bad in faults.items() if bad.any())
    raise StageRefusal(
        f"expression: not one of {len(samples.names)} samples can be used: {len(members.strangers)} ids are not the cohort's"
        f"{'; ' + said if said else ''}; correct the source, list texts that mean a missing value under missing, or correct "
        "expression.patient, whose pattern must give ids as the patients table has them"
    )
