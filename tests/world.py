"""A small cohort whose hazard is known, taken from its rows through teacher and prompts by the scripts themselves, with small settings."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pandas as pd
import yaml

from tests.radiomics.world import write_standardised
from workflow_scripts.lib.config.cases import CasesConfig, CaseTeacherConfig
from workflow_scripts.lib.config.multimodal import GenesConfig
from workflow_scripts.lib.config.prompts import PromptsConfig
from workflow_scripts.lib.config.radiomics import RadiomicsConfig
from workflow_scripts.lib.config.teacher import BoostingConfig, ForestConfig, RidgeConfig, TeacherConfig
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.ingest import PATIENTS, Cohort, Covariate
from workflow_scripts.lib.contracts.modalities import REPORTS, expression_contract
from workflow_scripts.lib.contracts.prompts import PROMPTS
from workflow_scripts.lib.contracts.reports import REFINED_REPORTS
from workflow_scripts.lib.contracts.splits import FOLDS, TIME_GRID
from workflow_scripts.lib.survival.outcome import TimeGrid
from workflow_scripts.lib.training.data import FoldData
from workflow_scripts.prompts import render_cases, render_prompts
from workflow_scripts.radiomics import extract_radiomics
from workflow_scripts.teacher import fit_teacher, predict_teacher

N, FOLD, SEED = 120, "r1f1", 1
GRID = TimeGrid(np.array([0.0, 100, 200, 400, 700, 1000]))
ALL = "covariates-expression-reports"  # what teachers of cases are told
WORDS = {"subject": "patient", "endpoint": "death", "horizon_days": [365, 731]}
COVARIATES = (
    Covariate("age", "numeric", "age", "years"),
    Covariate("size", "numeric", "tumour size", "mm", 1),
    Covariate("grade", "categorical", "grade", levels={"1": "I", "2": "II", "3": "III"}),
    Covariate("site", "categorical", "site"),
)
SIDE, PATCH = 32, 8  # of images, in pixels
RADIOMICS = {"imageType": {"Original": {}}, "featureClass": {"firstorder": ["Mean", "Variance", "Range"], "glcm": ["Contrast", "Idm"]}}
TEACHER = TeacherConfig(
    cox=RidgeConfig(penalties=[1.0, 10.0], inner_folds=2),
    random_forest=ForestConfig(trees=5, min_samples_leaf=5),
    boosting=BoostingConfig(trees=5, min_samples_leaf=5),
    crossfit_folds=2,
)
PROMPTING = PromptsConfig(augmented=150)
CASING = CasesConfig(
    copies=1, teacher=CaseTeacherConfig(penalties=[1.0, 10.0], inner_folds=2, crossfit_folds=2, genes=GenesConfig(components=3))
)


def cohort() -> Cohort:
    """N patients, every tenth without a size and every eleventh without a site; age, size and grade carry the hazard."""
    rng = np.random.default_rng(5)
    age, size = rng.normal(60, 10, N).round(), rng.gamma(2.0, 12.0, N).round(1)
    grade, site = rng.choice(["1", "2", "3"], N), rng.choice(["left", "right"], N)
    log_risk = 0.06 * (age - 60) + 0.04 * (size - 24) + 0.8 * (grade == "3")
    days, censored = rng.exponential(500 * np.exp(-log_risk)), rng.uniform(100, 1500, N)
    rows = pd.DataFrame(
        {"days": np.ceil(np.minimum(days, censored)), "event": days <= censored, "age": age, "size": size, "grade": grade, "site": site}
    )
    rows.loc[::10, "size"] = np.nan
    rows.loc[::11, "site"] = None
    return Cohort(rows.set_index(pd.Index([f"p{i:03}" for i in range(N)], name="patient_id")), COVARIATES)


def pictures(patients: Cohort) -> dict[str, np.ndarray]:
    """Images of 16 patches, by patient, brighter with age and with a coarser corner for a larger tumour; every seventh patient has none."""
    found = {}
    for number, (patient, row) in enumerate(patients.rows.iterrows()):
        rng = np.random.default_rng(number)
        grey = np.full((SIDE, SIDE), min(3 * row["age"], 230)) + rng.normal(0, 8, (SIDE, SIDE))
        grey[:PATCH, :PATCH] += min(np.nan_to_num(row["size"]), 60) * np.sign(rng.normal(size=(PATCH, PATCH)))
        if number % 7 != 6:
            found[patient] = grey.clip(0, 255).astype(np.uint8)
    return found


def masks(patients: Cohort) -> dict[str, np.ndarray]:
    """The coarser corner, for every patient with an image but every fifth."""
    corner = np.zeros((SIDE, SIDE), dtype=np.uint8)
    corner[:PATCH, :PATCH] = 255
    return {patient: corner for number, patient in enumerate(patients.rows.index) if number % 7 != 6 and number % 5}


GENES = ("MKI67", "CD8A", "ACTB", *(f"SIM{number}" for number in range(9)))  # ACTB is the same in everybody


def reports(patients: Cohort) -> pd.DataFrame:
    """Reports that say grade and side among words that mean nothing; every seventh patient has none."""
    words = {"1": "well differentiated", "2": "moderately differentiated", "3": "poorly differentiated with necrosis"}
    other = ("margins are free", "no invasion seen", "specimen received fresh", "tumour is firm", "slides reviewed twice")
    found = []
    for number, (patient, row) in enumerate(patients.rows.iterrows()):
        rng = np.random.default_rng(1000 + number)
        said = [words.get(row["grade"], str(row["grade"])), f"{row['site']} side", *rng.choice(other, 3, replace=False)]
        text = ". ".join(rng.permutation(said))
        found += [(patient, text, len(text.split()), 1, 0)] if number % 7 != 2 else []
    return pd.DataFrame(found, columns=["patient_id", "text", "words", "documents", "replaced"])


def statements(patients: Cohort) -> pd.DataFrame:
    """What the reports state: grade, margins and nodes; the first six patients' margins are uncertain; every sixth has no report."""
    found = []
    for number, (patient, row) in enumerate(patients.rows.iterrows()):
        rng = np.random.default_rng(3000 + number)
        said = [("grade", "histologic", row["grade"] if row["grade"] in "123" else "3"), ("nodes", "regional", f"{rng.integers(0, 5)}/9")]
        said += [("margins", "all", rng.choice(["negative", "positive"]))]
        rows = [(patient, place, None, *one, "stated", True, 0, 5, "words") for place, one in enumerate(said)]
        found += rows if number % 6 != 5 else []
    made = pd.DataFrame(found, columns=[field.name for field in REFINED_REPORTS.fields])
    made.loc[made["patient_id"].isin(patients.rows.index[:6]) & (made["field"] == "margins"), "certainty"] = "uncertain"
    return made


def expression(patients: Cohort) -> pd.DataFrame:
    """Genes of which the first follows the tumour's size and the second age; every fifth patient has none."""
    found = []
    for number, (patient, row) in enumerate(patients.rows.iterrows()):
        values = np.random.default_rng(2000 + number).normal(6, 1, len(GENES))
        values[:3] += [np.nan_to_num(row["size"]) / 12, row["age"] / 10, 0]
        values[2], values[3] = 5.0, values[3] if number % 8 else np.nan
        found += [(patient, 1, values.astype(np.float32))] if number % 5 != 4 else []
    return pd.DataFrame(found, columns=["patient_id", "samples", "values"])


def roles() -> pd.DataFrame:
    """Two thirds train, of the others every second validates and the rest test."""
    role = np.array(["train", "train", "valid", "train", "train", "test"] * (N // 6))
    return pd.DataFrame({"patient_id": cohort().rows.index, "role": role})


def fold_of(patients: Cohort, **tables: pd.DataFrame) -> FoldData:
    """The fold with these patients and tables."""
    return FoldData(FOLD, patients, roles(), GRID, tables)


@dataclass(frozen=True)
class Stages:
    """Where the scripts wrote what they made of a cohort."""

    root: Path

    @property
    def inputs(self) -> dict[str, Path]:
        """The tables that every job of a fold reads."""
        return {name: self.root / f"{name}.parquet" for name in ("patients", "folds", "time_grid")}

    @property
    def teacher(self) -> Path:
        return self.root / "teacher" / "MANIFEST.json"

    @property
    def prompts(self) -> Path:
        return self.root / "prompts.parquet"

    def ingest(self, patients: Cohort) -> None:
        """Write what ingest and splits would have written."""
        schema = PATIENTS.extended([covariate.as_field() for covariate in patients.covariates])
        write_table(patients.rows.reset_index(), self.inputs["patients"], schema)
        write_table(roles().assign(fold=FOLD), self.inputs["folds"], FOLDS)
        grid = pd.DataFrame({"fold": FOLD, "index": range(len(GRID) + 1), "days": GRID.edges})
        write_table(grid, self.inputs["time_grid"], TIME_GRID)
        write_table(reports(patients), self.reports, REPORTS)
        write_table(statements(patients), self.refined_reports, REFINED_REPORTS)
        write_table(expression(patients), self.expression, expression_contract(GENES, "log2"))

    @property
    def images(self) -> list[Path]:
        return [self.root / "standardised.parquet", self.root / "images" / "MANIFEST.json"]

    @property
    def patch_features(self) -> list[Path]:
        return [self.root / "patch_features.parquet"]

    @property
    def reports(self) -> Path:
        return self.root / "reports.parquet"

    @property
    def refined_reports(self) -> Path:
        return self.root / "refined_reports.parquet"

    @property
    def expression(self) -> Path:
        return self.root / "expression.parquet"

    @property
    def cases(self) -> Path:
        return self.root / "cases.parquet"

    def show(self, patients: Cohort) -> None:
        """Write standardised images, and the features of their patches."""
        write_standardised(self.root, pictures(patients), PATCH, masks(patients))
        settings = self.root / "settings.yaml"
        settings.write_text(yaml.safe_dump(RADIOMICS), encoding="utf-8")
        made = {"patch_features": self.patch_features[0], "refusals": self.root / "refusals.parquet", "cache": self.root / "cache"}
        how = {"cfg": RadiomicsConfig(shards=1, device="cpu"), "patch": PATCH, "shard": "1", "strict": True, "threads": 1, "code": "0"}
        extract_radiomics.main(*self.images, settings, **made, **how)

    def teach(self) -> str:
        """Fit the teachers, and ask them."""
        checks, curves = self.root / "proportional_hazards.parquet", self.root / "teacher_curves.parquet"
        said = fit_teacher.main(**self.inputs, teacher=self.teacher, proportional_hazards=checks, cfg=TEACHER, fold=FOLD, seed=SEED)
        predict_teacher.main(self.inputs["patients"], self.inputs["folds"], self.teacher, curves, FOLD)
        return said

    def render(self, cfg: PromptsConfig = PROMPTING) -> str:
        """Write the prompts of the Cox teacher."""
        return render_prompts.main(
            **self.inputs,
            teacher=self.teacher,
            template=cfg.template,
            prompts=self.prompts,
            cfg=cfg,
            cohort=WORDS,
            speaker="cox",
            fold=FOLD,
            seed=SEED,
        )

    def tell(self, cfg: CasesConfig = CASING) -> str:
        """Write the cases."""
        read = {"refined_reports": self.refined_reports, "expression": self.expression}
        told = {"template": cfg.template, "cases": self.cases, "cfg": cfg, "cohort": WORDS, "fold": FOLD, "seed": SEED, "known": ALL}
        return render_cases.main(**self.inputs, **told, **read)


def staged(root: Path, patients: Cohort, cfg: PromptsConfig = PROMPTING) -> Stages:
    """``patients`` taken through radiomics, teacher and prompts in the folder ``root``."""
    stages = Stages(root)
    stages.ingest(patients)
    stages.show(patients)
    stages.teach()
    stages.render(cfg)
    stages.tell()
    return stages


@cache
def prompts(target: str = "percentile") -> pd.DataFrame:
    """Prompts of the cohort, answered by its Cox teacher."""
    return read_table(staged(Path(mkdtemp()), cohort(), PROMPTING.model_copy(update={"target": target})).prompts, PROMPTS)
