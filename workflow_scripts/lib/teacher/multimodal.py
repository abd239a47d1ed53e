"""A statistical teacher that reads covariates, what reports state, and genes: able to label any mixture of them, and to say why."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_scripts.lib.config.cases import CaseTeacherConfig
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.modalities.latents import Latents, encoders_of, fit_latents
from workflow_scripts.lib.survival.design import Design, fit_design
from workflow_scripts.lib.survival.estimators import Arrays, Prognosis, fit_cox, predict, stratified_parts
from workflow_scripts.lib.survival.outcome import Outcome, TimeGrid
from workflow_scripts.lib.survival.seeds import derive_seed

GENES = "gene expression"  # among the reasons


@dataclass(frozen=True)
class Known:
    """What the teacher is told of n patients: ``values`` (n rows), covariates and findings by name, and their ``genes``, where measured."""

    values: pd.DataFrame
    genes: Latents | None


@dataclass(frozen=True)
class MultimodalTeacher:
    """Ridge Cox regression on a design of covariates and findings beside components of gene expression."""

    design: Design
    latents: dict
    arrays: Arrays

    def known(self, values: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> Known:
        """What it reads of the patients of ``values``, by their ids."""
        return Known(values, gene_latents(self.latents, tables, values.index))

    def columns(self, known: Known) -> np.ndarray:
        """The design matrix (n, p): covariates and findings, components of genes, and a flag of who has none."""
        parts = [self.design.transform(known.values)]
        if known.genes is not None:
            parts += [known.genes.values, ~known.genes.present[:, None]]
        return np.hstack(parts).astype(np.float64)

    def speak(self, known: Known) -> Prognosis:
        """Log-risks (n,) and curves (n, k)."""
        return predict("cox", self.arrays, self.columns(known))

    def reasons(self, known: Known) -> pd.DataFrame:
        """What each covariate, each finding, and the genes add to the log-risk, beside the training patients' mean: (n rows)."""
        parts = self.columns(known) * self.arrays["coef"] - self.arrays["mean"] * self.arrays["coef"]
        owners = [*(name.partition("=")[0].removesuffix(" missing") for name in self.design.columns)]
        owners += [GENES] * (parts.shape[1] - len(owners))
        return pd.DataFrame(parts, columns=owners, index=known.values.index).T.groupby(level=0, sort=False).sum().T


def gene_latents(state: dict, tables: dict[str, pd.DataFrame], patient_ids: Iterable[str]) -> Latents | None:
    """Components of the patients' gene expression, where any was fitted."""
    encoder = encoders_of(state).get("expression")
    return encoder and encoder.latents(tables["expression"], patient_ids)


def fit_multimodal_teacher(
    values: pd.DataFrame, outcome: Outcome, tables: dict[str, pd.DataFrame], grid: TimeGrid, cfg: CaseTeacherConfig, seed: int
) -> MultimodalTeacher:
    """Fit on training patients: ``values`` (n rows), covariates and findings, their ``outcome``, and expression in ``tables``."""
    wanted = {name: rows[rows["patient_id"].isin(set(values.index))] for name, rows in tables.items()}
    latents = fit_latents(wanted, ["expression"], cfg)
    unfitted = MultimodalTeacher(fit_design(values), latents, {})
    columns = unfitted.columns(unfitted.known(values, wanted))
    if not columns.shape[1]:
        raise StageRefusal(f"no covariate, statement of a report or gene varies among {len(values)} training patients: nothing to tell")
    chosen = {"penalties": cfg.penalties, "inner_folds": cfg.inner_folds}
    arrays = fit_cox(columns, outcome, grid.days, **chosen, seed=derive_seed(seed, "multimodal"))
    return MultimodalTeacher(unfitted.design, latents, arrays | {"mean": columns.mean(0)})


def crossfit_multimodal(
    values: pd.DataFrame,
    outcome: Outcome,
    tables: dict[str, pd.DataFrame],
    grid: TimeGrid,
    cfg: CaseTeacherConfig,
    seed: int,
) -> tuple[Prognosis, pd.DataFrame]:
    """What teachers fitted without a training patient say of that patient, and why, in the order of ``values``."""
    survival, log_risk, reasons = np.empty((len(values), len(grid))), np.empty(len(values)), []
    for part, (others, held_out) in enumerate(stratified_parts(outcome.event, cfg.crossfit_folds, derive_seed(seed, "crossfit"))):
        part_seed = derive_seed(seed, "crossfit", part)
        teacher = fit_multimodal_teacher(values.iloc[others], outcome[others], tables, grid, cfg, part_seed)
        known = teacher.known(values.iloc[held_out], tables)
        said = teacher.speak(known)
        survival[held_out], log_risk[held_out] = said.survival, said.log_risk
        reasons.append(teacher.reasons(known))
    return Prognosis(log_risk, survival), pd.concat(reasons).reindex(values.index).fillna(0.0)
