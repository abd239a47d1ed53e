"""A small clean cohort with every modality, in which the tests plant one leak at a time."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.registry import registry_of
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.ingest import PATIENTS, REFUSALS, Cohort, Covariate
from workflow_scripts.lib.contracts.modalities import IMAGES, REPORTS, VISITS, Expression, expression_contract
from workflow_scripts.lib.contracts.registry import REGISTRY
from workflow_scripts.lib.contracts.splits import PROPOSED_FOLDS
from workflow_scripts.lib.leakage.evidence import Evidence
from workflow_scripts.lib.leakage.folds import folds_of
from workflow_scripts.lib.survival.splitting import repeated_folds

N = 240
COVARIATES = (
    Covariate("age", "numeric", "age", "years"),
    Covariate("size", "numeric", "tumour size", "mm", 1),
    Covariate("grade", "categorical", "grade"),
    Covariate("sex", "categorical", "sex"),
)
GENES = tuple(f"G{i}" for i in range(30))
STEMS = ("tumour", "node", "margin", "vessel", "duct", "gland", "stroma", "nucleus", "mass", "lobe")
WORDS = [f"{stem}{ending}" for stem in STEMS for ending in ("", "s", "al", "ic")]
ASIDES = (
    "Mother died of a stroke.",
    "Family history: father deceased at 60, sister survived breast cancer.",
    "No autopsy was performed.",
    "The reagent lot had expired.",
    "Necrotic cells died in the centre.",
    "She denies thoughts of hospice.",
    "The risk of recurrence is low.",
)


def clean(seed: int = 0, n: int = N) -> Evidence:
    """n patients whose covariates, genes and codes carry some hazard, in four folds; nothing in them is amiss."""
    rng = np.random.default_rng(seed)
    age, size = rng.normal(60, 10, n).round(), rng.gamma(2.0, 12.0, n).round(1)
    grade, sex, genes = rng.choice(["1", "2", "3"], n), rng.choice(["f", "m"], n), rng.normal(size=(n, len(GENES))).astype(np.float32)
    log_risk = 0.06 * (age - 60) + 0.03 * (size - 24) + 0.8 * (grade == "3") + 0.5 * genes[:, 0]
    days, stops = rng.exponential(500 * np.exp(-log_risk)), rng.uniform(100, 1500, n)
    rows = pd.DataFrame(
        {"days": np.ceil(np.minimum(days, stops)), "event": days <= stops, "age": age, "size": size, "grade": grade, "sex": sex}
    )
    rows.loc[rng.random(n) < 0.1, "size"] = np.nan
    rows.loc[rng.random(n) < 0.1, "grade"] = None
    ids = pd.Index([f"p{i:04}" for i in rng.permutation(n)], name="patient_id")
    cohort = Cohort(rows.set_index(ids).sort_index(), COVARIATES)
    ids = cohort.rows.index
    registry = registry_of(ids, site=rng.choice(list("ABCDEF"), n)).set_index(ids.rename(None), drop=False)
    modalities = {
        "expression": Expression(ids[genes[:, 1] < 1.3].to_numpy(), GENES, genes[genes[:, 1] < 1.3], "log2"),
        "reports": reports(rng, ids[rng.random(n) < 0.9]),
        "images": images(rng, ids[rng.random(n) < 0.9]),
        "visits": visits(rng, ids),
    }
    return with_folds(Evidence(cohort, registry, pd.DataFrame(), None, modalities, endpoint="death"), drawn(cohort, seed))


def drawn(cohort: Cohort, seed: int = 0) -> pd.DataFrame:
    roles = repeated_folds(cohort.outcome, folds=4, repeats=1, valid_fraction=0.2, time_bins=4, seed=seed)
    return pd.concat([pd.DataFrame({"fold": fold, "patient_id": cohort.rows.index, "role": role}) for fold, role in roles.items()])


def with_folds(evidence: Evidence, roles: pd.DataFrame) -> Evidence:
    return replace(evidence, roles=roles, folds=folds_of(roles, evidence.cohort.rows.index))


def with_rows(evidence: Evidence, **columns: Any) -> Evidence:
    """The patients with columns added, as covariates of what kind they look, or replaced."""
    rows = evidence.cohort.rows.assign(**columns)
    known = {covariate.name for covariate in evidence.cohort.covariates} | {"days", "event"}
    new = [Covariate(name, "numeric" if rows[name].dtype.kind == "f" else "categorical", name) for name in columns if name not in known]
    return replace(evidence, cohort=Cohort(rows, (*evidence.cohort.covariates, *new)))


def with_modality(evidence: Evidence, **modalities: Any) -> Evidence:
    return replace(evidence, modalities=evidence.modalities | modalities)


def reports(rng: np.random.Generator, ids: pd.Index) -> pd.DataFrame:
    """Reports of 60 words and an aside that speaks of somebody or something else."""
    texts = [f"{' '.join(rng.choice(WORDS, 60))}. {rng.choice(ASIDES)}" for _ in ids]
    return pd.DataFrame({"patient_id": ids, "text": texts, "words": 65, "documents": 1, "replaced": 0})


def images(rng: np.random.Generator, ids: pd.Index) -> pd.DataFrame:
    """One or two images of each patient, whose fingerprints differ in some thirty bits."""
    several = ids.repeat(rng.integers(1, 3, len(ids)))
    number = pd.Series(1, several).groupby(level=0).cumsum().to_numpy()
    prints = [f"{value:016x}" for value in rng.integers(0, 2**63, len(several), dtype=np.uint64)]
    return pd.DataFrame({
        "patient_id": several, "image_id": number.astype(str), "index_image": number == 1, "path": prints, "mask_path": None,
        "format": "PNG", "width": 64, "height": 64, "bits": 8, "spacing_mm": np.nan, "slice": None, "fingerprint": prints, "sha256": prints,
    })  # fmt: skip


def visits(rng: np.random.Generator, ids: pd.Index) -> pd.DataFrame:
    """Five codes of each patient in the ten years before the index date."""
    patients = ids.repeat(5)
    time = pd.Timestamp("2000-01-01") - pd.to_timedelta(rng.integers(1, 3650 * 1440, len(patients)), unit="min")
    return pd.DataFrame({
        "subject_id": np.arange(len(patients)) // 5, "time": time.astype("datetime64[us]"), "patient_id": patients,
        "code": [f"LOCAL//{code}" for code in rng.integers(0, 12, len(patients))], "numeric_value": np.float32(np.nan),
    })  # fmt: skip


def written(evidence: Evidence, folder: Path) -> dict[str, Path]:
    """The tables of the evidence, by the names that the script's inputs have."""
    cohort, found = evidence.cohort, evidence.modalities
    nothing = pd.DataFrame({"patient_id": pd.Series(dtype=object), "reason": pd.Series(dtype=object)})
    tables = {
        "patients": (cohort.rows.reset_index(), PATIENTS.extended([covariate.as_field() for covariate in cohort.covariates])),
        "registry": (evidence.registry, REGISTRY),
        "refusals": (nothing, REFUSALS),
        "proposed_folds": (evidence.roles, PROPOSED_FOLDS),
        "reports": (found["reports"], REPORTS),
        "images": (found["images"], IMAGES),
        "visits": (found["visits"], VISITS),
    }
    genes = found["expression"]
    vectors = pd.DataFrame({"patient_id": genes.patient_ids, "samples": 1, "values": list(genes.values)})
    tables["expression"] = (vectors, expression_contract(genes.genes, genes.unit))
    tables |= {f"{name}_refusals": (nothing, REFUSALS) for name in found}
    for name, (rows, contract) in tables.items():
        write_table(rows, folder / f"{name}.parquet", contract)
    return {name: folder / f"{name}.parquet" for name in tables}
