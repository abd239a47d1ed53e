"""Asking a language model how patients will fare, of whom it is told what was known on the first day: never how they fared, nor genes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd
from pydantic import Field, model_validator

from workflow_scripts.lib.config.base import parse, read_yaml
from workflow_scripts.lib.config.cases import LanguageTeacherConfig
from workflow_scripts.lib.contracts.ingest import Covariate
from workflow_scripts.lib.contracts.teacher import TEACHER_ANSWERS
from workflow_scripts.lib.prompts.template import check_placeholders
from workflow_scripts.lib.prompts.wording import say_covariate, say_days
from workflow_scripts.lib.reports.cache import Answers, kinds
from workflow_scripts.lib.reports.engines.base import Conversation
from workflow_scripts.lib.reports.framed import FramedTemplate, shortened
from workflow_scripts.lib.teacher.opinions import READINGS, Opinion, read_opinion

NOTHING = "nothing to tell"  # the outcome for who has no covariate and no report


class AskTemplate(FramedTemplate):
    """`resources/prompts/ask_teacher.yaml`; {form} is the object of probabilities that is to be filled in."""

    placeholders: ClassVar[tuple[str, ...]] = ("subject", "endpoint", "times", "form")
    covariates: str = Field(pattern=r"\{covariates\}", description="the line of covariates")
    report: str = Field(pattern=r"\{report\}", description="behind it, where there is a report")
    covariate: str = Field(pattern=r"\{value\}", description="one covariate with its value")
    separator: str
    missing: str

    @model_validator(mode="after")
    def _known_placeholders(self) -> "AskTemplate":
        known = {"covariates": {"covariates"}, "report": {"report"}, "covariate": {"label", "value"}, "missing": {"label"}}
        for name, words in known.items():
            check_placeholders(name, getattr(self, name), words)
        return self


def load_ask_template(path: str) -> AskTemplate:
    """Read and check the template; raises ConfigError."""
    return parse(AskTemplate, read_yaml(path), str(path))


@dataclass(frozen=True)
class Asker:
    """How patients of one cohort are asked about."""

    template: AskTemplate
    cfg: LanguageTeacherConfig
    subject: str
    endpoint: str
    horizon_days: Sequence[int]

    def ask(self, told: Sequence[str], ids: Sequence[str], answers: Answers) -> pd.DataFrame:
        """Rows of TEACHER_ANSWERS: what ``answers`` say of the patients ``ids`` (n), of whom they are ``told`` so (n), if anything.

        Raises StageRefusal where nobody answers.
        """
        shown = [shortened(text, self.cfg.longest_told) for text in told]
        asked = [place for place, text in enumerate(told) if text]
        replies = answers.to([self.question(shown[place][0]) for place in asked], "teacher")
        opinions = [Opinion(NOTHING)] * len(told)
        for place, reply in zip(asked, replies, strict=True):
            opinions[place] = Opinion(reply.failure) if reply.text is None else self._read(reply.text)
        rows = [
            (patient, one.outcome, list(map(float, self.horizon_days)), one.probability, one.rationale, cut)
            for patient, one, (_, cut) in zip(ids, opinions, shown, strict=True)
        ]
        return pd.DataFrame(rows, columns=[field.name for field in TEACHER_ANSWERS.fields])

    def question(self, told: str) -> Conversation:
        """What is asked about one patient."""
        times = [f"{days} days" + ("" if f"{days} days" == say_days(days) else f" ({say_days(days)})") for days in self.horizon_days]
        form = "{" + ", ".join(f'"{days}": …' for days in self.horizon_days) + "}"
        return self.template.framed(told, subject=self.subject, endpoint=self.endpoint, times=", ".join(times), form=form)

    def _read(self, answer: str) -> Opinion:
        """The opinion in an answer; a model that begins with what it was told states none of that itself.

        An answer that is JSON from its first character repeats nothing: a mark at its end cuts nothing off.
        """
        closing = self.template.closing
        said = answer.strip().removesuffix(closing) if answer.lstrip().startswith("{") else answer
        return read_opinion(said.rpartition(closing)[2], self.horizon_days, self.cfg.longest_rationale)


def tell(values: pd.DataFrame, covariates: Sequence[Covariate], reports: pd.Series, template: AskTemplate) -> list[str]:
    """What is told of the patients of ``values`` (n rows): ``covariates`` in words, ``reports`` by id; "" where there is neither."""
    phrases = pd.DataFrame({one.name: say_covariate(values[one.name], one, template) for one in covariates}, index=values.index)
    recorded, own = values.notna().any(axis=1), reports.reindex(values.index)
    lines = []
    for line, there, report in zip(phrases.to_numpy(dtype=object), recorded, own, strict=True):
        parts = [template.covariates.format(covariates=template.separator.join(line))] if there else []
        parts += [template.report.format(report=report)] if isinstance(report, str) and report.strip() else []
        lines.append("\n".join(parts))
    return lines


def said_of(rows: pd.DataFrame, answers: Answers) -> str:
    """One line about a whole cohort: counts alone."""
    read, left = ([one for one in rows["outcome"] if (one in READINGS) == there] for there in (True, False))
    said = f"{len(read)} of {len(rows)} patients answered for by {answers.engine.name} ({answers.asked} asked anew)"
    said += f": {kinds(read) or 'none'}; {(rows['cut'] > 0).sum()} told of in part"
    return f"{said}; not answered for: {kinds(left) or 'none'}"
