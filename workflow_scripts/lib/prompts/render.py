"""Prompts with the answers that a teacher would give."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_scripts.lib.config.prompts import PromptsConfig
from workflow_scripts.lib.contracts.ingest import Cohort
from workflow_scripts.lib.prompts.augment import augment
from workflow_scripts.lib.prompts.template import Template
from workflow_scripts.lib.prompts.wording import say_days, say_patients
from workflow_scripts.lib.survival.estimators import Prognosis
from workflow_scripts.lib.survival.outcome import TimeGrid
from workflow_scripts.lib.survival.scale import RiskScale

Speak = Callable[[pd.DataFrame], Prognosis]


@dataclass(frozen=True)
class Renderer:
    """How one fold's patients become prompts and completions."""

    template: Template
    cfg: PromptsConfig
    subject: str
    endpoint: str
    horizon_days: Sequence[int]
    scale: RiskScale
    grid: TimeGrid

    def render(self, cohort: Cohort, values: pd.DataFrame, said: Prognosis, rng: np.random.Generator) -> pd.DataFrame:
        """Prompts with their completions, of patients (n rows) of whom the teacher ``said`` so."""
        order = rng if self.cfg.order == "shuffled" else None
        question = getattr(self.template.questions, self.cfg.target).format(endpoint=self.endpoint)
        lines = say_patients(values, cohort.covariates, self.template, order)
        numbers, pieces = self.numbers(said), self.pieces()
        return pd.DataFrame(
            {
                "template": self.template.label,
                "target": self.cfg.target,
                "prompt": [self.template.prompt.format(subject=self.subject, covariates=line, question=question) for line in lines],
                "completion": [complete(pieces, row) for row in numbers],
                "numbers": list(numbers),
                "pieces": [pieces] * len(numbers),
                "teacher_log_risk": said.log_risk,
            }
        )

    def numbers(self, said: Prognosis) -> np.ndarray:
        """What is to be written: (n, 1) percentiles, or (n, horizons) percent event-free; 0..99."""
        if self.cfg.target == "percentile":
            return self.scale.number(said.log_risk)[:, None]
        return percents(self.grid.survival_at(said.survival, np.asarray(self.horizon_days)))

    def pieces(self) -> list[str]:
        """The words around the numbers: one more piece than numbers."""
        times = [""] if self.cfg.target == "percentile" else [say_days(days) for days in self.horizon_days]
        answer = getattr(self.template.answers, self.cfg.target)
        return self.template.separator.join(answer.format(time=time, number="\0") for time in times).split("\0")


def percents(survival: np.ndarray) -> np.ndarray:
    """Probabilities (n, q) as whole percent, 0 to 99: two digits each."""
    return np.clip(np.round(100 * survival), 0, 99)


def complete(pieces: Sequence[str], numbers: Sequence[float]) -> str:
    """The completion: numbers, as two digits, between the pieces."""
    return pieces[0] + "".join(f"{int(number):02d}{piece}" for number, piece in zip(numbers, pieces[1:], strict=True))


def own_prompts(renderer: Renderer, cohort: Cohort, said: Prognosis, rng: np.random.Generator) -> pd.DataFrame:
    """One prompt per patient of ``cohort``, of whom the teacher ``said`` so."""
    rendered = renderer.render(cohort, cohort.values, said, rng)
    return rendered.assign(patient_id=cohort.rows.index.to_numpy(), copy=0)


def augmented_prompts(renderer: Renderer, train: Cohort, speak: Speak, rng: np.random.Generator) -> pd.DataFrame:
    """``cfg.augmented`` prompts from mixed covariates of the patients ``train``, labelled by ``speak``."""
    cfg = renderer.cfg
    rows = np.arange(cfg.augmented) % len(train)
    values = augment(train.values, train.covariates, rows, cfg, rng)
    rendered = renderer.render(train, values, speak(values), rng)
    return rendered.assign(patient_id=train.rows.index.to_numpy()[rows], copy=np.arange(cfg.augmented) // len(train) + 1)
