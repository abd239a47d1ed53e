"""Coded visits: diseases before the index date carry hazard, more so the more recent; everyday codes and laboratory values do not."""

import numpy as np
import pandas as pd
import pyarrow as pa

from workflow_scripts.lib.simulation.blocks import Block

ICD10_SINCE = np.datetime64("2015-10-01")
HALF_LIFE_DAYS = 365.0

# name: ICD-9, ICD-10, how many have it, what it adds to the log-hazard on the day that it is coded
DISEASES = {
    "heart_failure": ("428.0", "I50.9", 0.14, 1.4),
    "copd": ("496", "J44.9", 0.28, 1.0),
    "kidney_disease": ("585.3", "N18.3", 0.14, 1.0),
    "weight_loss": ("783.21", "R63.4", 0.12, 1.2),
    "stroke": ("434.91", "I63.9", 0.06, 1.0),
    "old_infarction": ("412", "I25.2", 0.1, 0.8),
    "atrial_fibrillation": ("427.31", "I48.91", 0.14, 0.7),
    "diabetes": ("250.00", "E11.9", 0.22, 0.6),
    "influenza_vaccination": ("V04.81", "Z23", 0.35, -0.8),
}
EVERYDAY = (
    *(("401.9", "I10"), ("272.4", "E78.5"), ("724.2", "M54.5"), ("465.9", "J06.9"), ("V70.0", "Z00.00"), ("366.9", "H26.9")),
    *(("530.81", "K21.9"), ("715.96", "M17.9"), ("692.9", "L30.9"), ("311", "F32.9"), ("244.9", "E03.9"), ("599.0", "N39.0")),
)
AFTERWARDS = (("197.0", "C78.00"), ("486", "J18.9"), ("V58.11", "Z51.11"), ("V66.7", "Z51.5"))  # follows the surgery: never to be seen
LABORATORY = (("2160-0", 0.95, 0.3), ("718-7", 13.2, 0.12), ("4548-4", 5.8, 0.12), ("2345-7", 101.0, 0.2))  # LOINC: median, log sd
ICD9, ICD10 = (np.array(codes) for codes in zip(*(row[:2] for row in (*DISEASES.values(), *EVERYDAY, *AFTERWARDS)), strict=True))
Codes = tuple[np.ndarray, np.ndarray, np.ndarray]  # of each code: row of the patient, days after the index date, which code
FIRST_EVERYDAY, FIRST_AFTERWARDS = len(DISEASES), len(DISEASES) + len(EVERYDAY)


def draw(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Facts of n patients: for each disease, how many days before the index date it was last coded, NaN where it never was."""
    often = np.array([row[2] for row in DISEASES.values()])
    ago = np.minimum(1 + np.floor(rng.exponential(450, (n, len(DISEASES)))), 3000)
    return pd.DataFrame(np.where(rng.random(ago.shape) < often, ago, np.nan), columns=list(DISEASES))


def effect(facts: pd.DataFrame) -> np.ndarray:
    """What the diseases add to the log-hazard (n,), before it is scaled: each halves with every year since it was last coded."""
    harm = np.array([row[3] for row in DISEASES.values()])
    return np.nan_to_num(2 ** (-facts.to_numpy() / HALF_LIFE_DAYS)) @ harm


def table(block: Block, facts: pd.DataFrame, ids: np.ndarray, index: np.ndarray, days: np.ndarray) -> pa.Table:
    """A row per code, by patient and date; ``index`` (n,) are index dates and ``days`` (n,) the follow-up that codes stay within."""
    rng = block.rng("visits", "shown")
    parts = [_diseases(rng, facts), _everyday(rng, len(facts)), _afterwards(rng, days), _laboratory(rng, len(facts))]
    patient, offset, kind = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.lexsort((kind, offset, patient))
    patient, offset, kind = patient[order], offset[order], kind[order]
    date = index[patient] + offset.astype("timedelta64[D]")
    code, vocabulary, value = _coded(rng, kind, date >= ICD10_SINCE)
    columns = {"patient": ids[patient], "date": pa.array(date), "code": code, "vocabulary": vocabulary, "value": value}
    return pa.table(columns)


def _diseases(rng: np.random.Generator, facts: pd.DataFrame) -> Codes:
    """The last code of each disease, and up to three before it."""
    patient, disease = np.nonzero(facts.notna().to_numpy())
    last = facts.to_numpy()[patient, disease].astype(np.int64)
    times = rng.integers(1, 5, len(last))
    patient, disease, last = (np.repeat(column, times) for column in (patient, disease, last))
    earlier = 1 + np.floor(rng.exponential(250, len(last))).astype(np.int64)
    earlier[np.cumsum(times) - 1] = 0
    return patient, -(last + earlier), disease


def _everyday(rng: np.random.Generator, n: int) -> Codes:
    patient = np.repeat(np.arange(n), 1 + rng.poisson(2.5, n))
    return patient, -rng.integers(1, 2500, len(patient)), rng.integers(FIRST_EVERYDAY, FIRST_AFTERWARDS, len(patient))


def _afterwards(rng: np.random.Generator, days: np.ndarray) -> Codes:
    """What is coded between surgery and the end of follow-up, which ingestion must leave out."""
    patient = np.repeat(np.arange(len(days)), np.where(days > 2, rng.poisson(0.6, len(days)), 0))
    return patient, 1 + rng.integers(0, days[patient] - 2), rng.integers(FIRST_AFTERWARDS, len(ICD9), len(patient))


def _laboratory(rng: np.random.Generator, n: int) -> Codes:
    patient = np.repeat(np.arange(n), rng.poisson(1.2, n))
    return patient, -rng.integers(1, 400, len(patient)), len(ICD9) + rng.integers(0, len(LABORATORY), len(patient))


def _coded(rng: np.random.Generator, kind: np.ndarray, tenth: np.ndarray) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Code, vocabulary and value of each row; diagnoses are ICD-10 where ``tenth``, else ICD-9."""
    loinc, median, spread = (np.array(column) for column in zip(*LABORATORY, strict=True))
    measured = kind >= len(ICD9)
    which = np.where(measured, kind - len(ICD9), 0)
    values = np.round(median[which] * np.exp(spread[which] * rng.standard_normal(len(kind))), 1)
    diagnosis = np.where(measured, 0, kind)
    code = np.where(measured, loinc[which], np.where(tenth, ICD10[diagnosis], ICD9[diagnosis]))
    vocabulary = np.where(measured, "LOINC", np.where(tenth, "10", "9"))
    return pa.array(code), pa.array(vocabulary), pa.array(values, mask=~measured)
