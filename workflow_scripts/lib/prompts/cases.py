"""Cases: patients in words and numbers, with what a multimodal teacher says of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_scripts.lib.contracts.ingest import Cohort
from workflow_scripts.lib.modalities.latents import Latents
from workflow_scripts.lib.prompts.prognosis import Narrator
from workflow_scripts.lib.prompts.render import complete, percents
from workflow_scripts.lib.prompts.wording import say_covariate
from workflow_scripts.lib.reports.findings import Findings
from workflow_scripts.lib.survival.design import Design
from workflow_scripts.lib.survival.estimators import Prognosis
from workflow_scripts.lib.survival.outcome import TimeGrid
from workflow_scripts.lib.teacher.multimodal import GENES


@dataclass(frozen=True)
class Told:
    """n patients as a case tells of them: covariate ``values`` (n rows), what reports state, the ``report`` as it is read, and genes."""

    values: pd.DataFrame
    findings: Findings
    report: pd.Series
    genes: Latents | None


@dataclass(frozen=True)
class CaseWriter:
    """How one fold's patients become cases."""

    narrator: Narrator
    subject: str
    endpoint: str
    horizon_days: Sequence[int]
    grid: TimeGrid
    design: Design

    def write(self, cohort: Cohort, told: Told, said: Prognosis, reasons: pd.DataFrame) -> pd.DataFrame:
        """Cases of n patients, of whom a teacher ``said`` so, for these ``reasons`` (n rows)."""
        template, rows = self.narrator.template, told.values
        phrases = pd.DataFrame({c.name: say_covariate(rows[c.name], c, template) for c in cohort.covariates}, index=rows.index)
        lines = [template.separator.join(line) for line in phrases.to_numpy(dtype=object)]
        numbers, pieces = self.numbers(said.survival), template.pieces(self.horizon_days)
        words = self._words(phrases.where(rows.notna()), told, reasons)
        prose = self.narrator.prose(said.log_risk, reasons, words)
        there = told.report.notna().to_numpy()
        genes = told.genes or Latents(np.zeros((len(rows), 0)), np.zeros(len(rows), dtype=bool))
        return pd.DataFrame(
            {
                "template": template.label,
                "wording": template.model_dump_json(),
                "report": [
                    template.report.format(report=text) if one else template.no_report for text, one in zip(told.report, there, strict=True)
                ],
                "has_report": there,
                "patient": [template.patient.format(subject=self.subject, covariates=line) for line in lines],
                "question": template.question.format(endpoint=self.endpoint),
                "completion": [complete([*pieces[:-1], ""], row) + why for row, why in zip(numbers, prose, strict=True)],
                "numbers": list(numbers),
                "horizon_days": [list(map(float, self.horizon_days))] * len(rows),
                "findings": [list(dict.fromkeys(word for word in row if isinstance(word, str))) for row in words.to_numpy(dtype=object)],
                "covariates": list(self.design.transform(rows)),
                "genes": list(genes.values),
                "has_genes": genes.present,
                "teacher_survival": list(said.survival),
            }
        )

    def numbers(self, survival: np.ndarray) -> np.ndarray:
        """Percent event-free at the horizons (n, q), 0 to 99."""
        return percents(self.grid.survival_at(survival, np.asarray(self.horizon_days)))

    def _words(self, phrases: pd.DataFrame, told: Told, reasons: pd.DataFrame) -> pd.DataFrame:
        """How each finding among the ``reasons`` is said: (n rows)."""
        known = phrases.join(told.findings.words)
        if told.genes is not None:
            known[GENES] = np.where(told.genes.present, self.narrator.template.genes, None)
        return known[[name for name in reasons if name in known]]
