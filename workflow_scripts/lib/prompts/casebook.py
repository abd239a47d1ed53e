"""The cases of one fold: everybody's own, and mixed copies of the training patients."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from workflow_scripts.lib.config.cases import CasesConfig
from workflow_scripts.lib.contracts.ingest import Cohort
from workflow_scripts.lib.prompts.cases import CaseWriter, Told
from workflow_scripts.lib.prompts.mixing import mix
from workflow_scripts.lib.prompts.prognosis import CaseTemplate, Narrator
from workflow_scripts.lib.reports.findings import NOTHING_REFINED, findings_of, frequent, read_of
from workflow_scripts.lib.survival.design import fit_design
from workflow_scripts.lib.survival.estimators import Prognosis
from workflow_scripts.lib.survival.outcome import TimeGrid
from workflow_scripts.lib.survival.scale import fit_scale
from workflow_scripts.lib.teacher.multimodal import Known, MultimodalTeacher, crossfit_multimodal, fit_multimodal_teacher, gene_latents


@dataclass(frozen=True)
class Sources:
    """All that is told of a cohort: its covariates, to teachers only where ``covariates`` says so, and ``tables``, where there are any, of
    refined_reports, reports and expression."""

    cohort: Cohort
    tables: dict[str, pd.DataFrame]
    text: str
    covariates: bool = True

    @cached_property
    def refined(self) -> pd.DataFrame:
        """The statements of all reports."""
        return self.tables.get("refined_reports", NOTHING_REFINED)

    @cached_property
    def report(self) -> pd.Series:
        """By patient, what is read of the report."""
        return read_of(self.tables, self.text)

    def told(self, ids: list[str], latents: Mapping[str, Any]) -> Told:
        """The patients ``ids`` as they are, their genes by the components ``latents``."""
        genes = gene_latents(latents, self.tables, ids)
        return Told(self.cohort.take(pd.Series(ids)).values, findings_of(self.refined, ids), self.report.reindex(ids), genes)


@dataclass(frozen=True)
class Casebook:
    """One fold's patients, and what teachers fitted on its training patients say of them."""

    sources: Sources
    roles: pd.DataFrame
    grid: TimeGrid
    template: CaseTemplate
    cfg: CasesConfig
    words: Mapping[str, Any]  # subject, endpoint and horizon_days of the cohort
    seed: int

    def write(self, rng: np.random.Generator) -> pd.DataFrame:
        """All cases, with patient_id, copy, role and out_of_fold."""
        ids = {role: list(rows["patient_id"]) for role, rows in self.roles.groupby("role")}
        train = self.sources.cohort.take(pd.Series(ids["train"]))
        asked = self._asked(findings_of(self.sources.refined, ids["train"]).values, ids["train"])
        fitting = (asked, train.outcome, self.sources.tables, self.grid, self.cfg.teacher, self.seed)
        teacher, (said, reasons) = fit_multimodal_teacher(*fitting), crossfit_multimodal(*fitting)
        said = self._blurred(said, rng)
        scale, design = fit_scale(said.log_risk), fit_design(train.values)
        writer = CaseWriter(Narrator(self.template, self.cfg, scale), **self.words, grid=self.grid, design=design)
        told = self.sources.told(ids["train"], teacher.latents)
        parts = [self._named(writer.write(train, told, said, reasons), ids["train"], "train", out_of_fold=True)]
        parts.append(self._copies(writer, teacher, told, rng))
        for role in sorted(set(ids) - {"train"}):
            own = self.sources.told(ids[role], teacher.latents)
            cases = writer.write(train, own, *self._spoken(teacher, own))
            parts.append(self._named(cases, ids[role], role, out_of_fold=True))
        return pd.concat(parts, ignore_index=True)

    def _asked(self, findings: pd.DataFrame, ids: list[str]) -> pd.DataFrame:
        """What the teacher is told: covariates, and findings that enough of the patients have."""
        values = self.sources.cohort.take(pd.Series(ids)).values
        return (values if self.sources.covariates else values[[]]).join(findings[frequent(findings)])

    def _spoken(self, teacher: MultimodalTeacher, told: Told) -> tuple[Prognosis, pd.DataFrame]:
        names = [*teacher.design.centre, *teacher.design.levels, *teacher.design.flagged]
        values = told.values.join(told.findings.values).reindex(columns=dict.fromkeys(names))
        known = Known(values, told.genes)
        return teacher.speak(known), teacher.reasons(known)

    def _copies(self, writer: CaseWriter, teacher: MultimodalTeacher, told: Told, rng: np.random.Generator) -> pd.DataFrame:
        cohort, ids = self.sources.cohort, list(told.values.index)
        refined = self.sources.refined if self.cfg.text == "refined" else None
        base, mixed = mix(told, cohort.covariates, refined, self.cfg, rng)
        said, reasons = self._spoken(teacher, mixed)
        cases = writer.write(cohort, mixed, self._blurred(said, rng), reasons)
        copy = np.arange(len(base)) // max(len(ids), 1) + 1
        return self._named(cases, np.array(ids, dtype=object)[base], "train", out_of_fold=False).assign(copy=copy)

    def _blurred(self, said: Prognosis, rng: np.random.Generator) -> Prognosis:
        """What is said, as a teacher says it who is wrong about each patient by chance; without ``noise`` nothing is drawn."""
        if not self.cfg.teacher.noise:
            return said
        added = rng.normal(0, self.cfg.teacher.noise, len(said.log_risk))
        return Prognosis(said.log_risk + added, said.survival ** np.exp(added)[:, None])

    @staticmethod
    def _named(cases: pd.DataFrame, ids: Any, role: str, out_of_fold: bool) -> pd.DataFrame:
        return cases.assign(patient_id=ids, copy=0, role=role, out_of_fold=out_of_fold)
