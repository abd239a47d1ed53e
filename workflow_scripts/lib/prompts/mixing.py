"""Patients like those of the training fold, mixed from several of them, for a teacher to label."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workflow_scripts.lib.config.cases import CasesConfig
from workflow_scripts.lib.contracts.ingest import Covariate
from workflow_scripts.lib.modalities.latents import Latents
from workflow_scripts.lib.prompts.augment import augment
from workflow_scripts.lib.prompts.cases import Told
from workflow_scripts.lib.reports.findings import Findings, findings_of, say_reports

MOST_JOINED = 4  # patients whose statements may be joined to a copy's own


def mix(
    train: Told, covariates: Sequence[Covariate], refined: pd.DataFrame | None, cfg: CasesConfig, rng: np.random.Generator
) -> tuple[np.ndarray, Told]:
    """Copies of n training patients (m of them), and the position (m,) of the patient whom each started from.

    Covariates are mixed as those of prompts (``augment``). Statements come kind by kind, and the genes as a whole, from somebody else
    with ``cfg.swap_probability``; statements of others are joined to those of some copies. Without ``refined`` statements, because reports
    are read as they are, a report and what it states stay.
    """
    n = len(train.values)
    base = np.tile(np.arange(n), cfg.copies)
    names = np.arange(len(base)).astype(str)
    values = augment(train.values, covariates, base, cfg, rng).set_axis(names)
    genes = train.genes and taken(train.genes, _swapped(base, n, cfg.swap_probability, rng))
    if refined is None:
        findings = Findings(*(part.iloc[base].set_axis(names) for part in (train.findings.values, train.findings.words)))
        return base, Told(values, findings, train.report.iloc[base].set_axis(names), genes)
    stated = _mixed_statements(refined, list(train.values.index), base, names, cfg, rng)
    return base, Told(values, findings_of(stated, names), say_reports(stated).reindex(names), genes)


def taken(genes: Latents, rows: np.ndarray) -> Latents:
    """The genes of the patients at positions ``rows``."""
    return Latents(genes.values[rows], genes.present[rows])


def _swapped(base: np.ndarray, n: int, probability: float, rng: np.random.Generator) -> np.ndarray:
    """Positions (m,): that of ``base``, or with this ``probability`` of anybody."""
    return np.where(rng.random(len(base)) < probability, rng.integers(0, max(n, 1), len(base)), base)


def _mixed_statements(
    refined: pd.DataFrame, ids: list[str], base: np.ndarray, names: np.ndarray, cfg: CasesConfig, rng: np.random.Generator
) -> pd.DataFrame:
    """Statements of the copies ``names`` (m), each kind from one patient of ``ids`` (n) or, with ``cfg.joined_probability``, from
    up to four more who have a report; who has none gets none."""
    row_of = {patient: row for row, patient in enumerate(ids)}
    known = refined[refined["patient_id"].isin(row_of)]
    having = np.flatnonzero(np.isin(ids, known["patient_id"]))
    reported = np.flatnonzero(np.isin(base, having))
    joined = np.where(rng.random(len(reported)) < cfg.joined_probability, rng.integers(1, MOST_JOINED + 1, len(reported)), 0)
    others = np.repeat(reported, joined)
    parts = []
    for _, stated in known.groupby(["field", "aspect"], sort=True):
        rows = np.concatenate([_swapped(base, len(ids), cfg.swap_probability, rng)[reported], rng.choice(having, len(others))])
        giver = pd.DataFrame({"copy": names[np.concatenate([reported, others])], "row": rows})
        parts.append(giver.merge(stated.assign(row=stated["patient_id"].map(row_of)), on="row"))
    if not parts:
        return known
    mixed = pd.concat(parts).sort_values(["copy", "statement"], kind="stable")
    return mixed.assign(patient_id=mixed["copy"]).drop(columns=["copy", "row"])
