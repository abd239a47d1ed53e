"""What is written of a patient: a line of probabilities, and why."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from workflow_scripts.lib.config.base import Section, parse, read_yaml
from workflow_scripts.lib.config.cases import CasesConfig
from workflow_scripts.lib.errors import ConfigError
from workflow_scripts.lib.prompts.outline import Outline
from workflow_scripts.lib.prompts.template import check_placeholders
from workflow_scripts.lib.prompts.wording import say_days
from workflow_scripts.lib.survival.scale import NUMBERS, RiskScale

PLACEHOLDERS = {
    "report": {"report"},
    "patient": {"subject", "covariates"},
    "question": {"endpoint"},
    "covariate": {"label", "value"},
    "missing": {"label"},
    "horizon": {"time", "number"},
    "prose": {"level", "worse", "better"},
}


class CaseTemplate(Section):
    """`resources/prompts/prognosis.yaml`."""

    id: str = Field(description="name of the template")
    version: int = Field(ge=1, description="to be raised with every change of wording")
    report: str = Field(pattern=r"\{report\}", description="around the report")
    no_report: str = Field(min_length=1, description="instead of it, where there is none")
    patient: str = Field(pattern=r"\{covariates\}", description="after the report: covariates in words")
    question: str = Field(pattern=r"\S", description="what is asked, last, so that a report that is cut never loses it")
    covariate: str = Field(pattern=r"\{value\}", description="one covariate with its value")
    separator: str = Field(pattern=r"\S", description="between covariates, probabilities and findings")
    missing: str = Field(min_length=1, description="one covariate that was not recorded")
    horizon: str = Field(pattern=r"\{number\}$", description="one probability")
    prose: str = Field(
        pattern=r"\{level\}[^{]*[^{\s][^{]*\{worse\}[^{]*[^{\s][^{]*\{better\}[^{]*[^{\s]",
        description="behind the line of probabilities; words or marks stand behind each placeholder",
    )
    levels: list[str] = Field(
        min_length=2, description="words for equal parts of the training patients, from the lowest risk to the highest"
    )
    genes: str = Field(min_length=1, description="what gene expression is called among the reasons")
    nothing: str = Field(min_length=1, description="where no finding is named")

    @model_validator(mode="after")
    def _known_placeholders(self) -> "CaseTemplate":
        for name, known in PLACEHOLDERS.items():
            check_placeholders(name, getattr(self, name), known)
        return self

    @property
    def label(self) -> str:
        """The id with the version, as cases record it."""
        return f"{self.id} v{self.version}"

    def pieces(self, horizon_days: Sequence[int]) -> list[str]:
        """The words around the numbers of the line: one more than numbers; the last, which ends the line, begins the prose."""
        line = self.separator.join(self.horizon.format(time=say_days(days), number="\0") for days in horizon_days)
        return (line + self.prose.partition("{level}")[0]).split("\0")

    def outline(self, findings: Sequence[str]) -> Outline:
        """What prose may say of a patient with these ``findings``."""
        _, *joints = re.split(r"\{level\}|\{worse\}|\{better\}", self.prose)
        return Outline(self.levels, joints, self.separator, self.nothing, findings)


def load_case_template(path: str | Path) -> CaseTemplate:
    """Read and check a template; raises ConfigError when it is missing, not YAML or not a template."""
    if not Path(path).is_file():
        raise ConfigError(f"cases.template: there is no {path}; expected a template in YAML")
    return parse(CaseTemplate, read_yaml(path), str(path))


@dataclass(frozen=True)
class Narrator:
    """How a fold's patients are told about: ``scale`` has the risks of its training patients."""

    template: CaseTemplate
    cfg: CasesConfig
    scale: RiskScale

    def prose(self, log_risk: np.ndarray, reasons: pd.DataFrame, words: pd.DataFrame) -> list[str]:
        """Of n patients: how high the risk is, and what speaks for the worse and for the better.

        ``reasons`` (n rows) is what each finding adds to the log-risk, ``words`` (n rows) how it is said; unsaid ones are not named.
        """
        level = self.scale.number(log_risk).astype(int) * len(self.template.levels) // NUMBERS
        named = reasons.reindex(columns=words.columns).to_numpy()
        said = words.to_numpy(dtype=object)
        return [self._told(*row) for row in zip(level, named, said, strict=True)]

    def _told(self, level: int, added: np.ndarray, words: np.ndarray) -> str:
        order = np.argsort(-np.abs(added), kind="stable")
        named = [place for place in order if isinstance(words[place], str) and abs(added[place]) >= self.cfg.least_reason]
        lists = {
            side: [words[place] for place in named if sign * added[place] > 0][: self.cfg.most_reasons]
            for side, sign in (("worse", 1), ("better", -1))
        }
        spoken = {side: self.template.separator.join(found) or self.template.nothing for side, found in lists.items()}
        return self.template.prose.format(level=self.template.levels[level], **spoken)
