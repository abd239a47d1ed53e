"""Prompt templates: files with an id and a version, whose placeholders are checked before anything is rendered."""

from pathlib import Path
from string import Formatter
from typing import Any

import yaml
from pydantic import Field, model_validator

from workflow_scripts.lib.config.base import Section, parse
from workflow_scripts.lib.errors import ConfigError, did_you_mean

PLACEHOLDERS = {
    "prompt": {"subject", "covariates", "question"},
    "covariate": {"label", "value"},
    "missing": {"label"},
    "questions": {"endpoint"},
    "answers": {"number", "time"},
}


class ByTarget(Section):
    """One text per kind of target."""

    percentile: str
    horizons: str


class Template(Section):
    """`resources/prompts/<id>.yaml`."""

    id: str = Field(description="name of the template")
    version: int = Field(ge=1, description="to be raised with every change of wording")
    prompt: str
    covariate: str = Field(description="one covariate with its value")
    separator: str = Field(description="between covariates, and between answers")
    missing: str = Field(description="one covariate that was not recorded")
    questions: ByTarget
    answers: ByTarget = Field(description="one answer; the number is always two digits")

    @model_validator(mode="after")
    def _known_placeholders(self) -> "Template":
        for name, known in PLACEHOLDERS.items():
            value = getattr(self, name)
            for text in (value,) if isinstance(value, str) else (value.percentile, value.horizons):
                check_placeholders(name, text, known)
        if "{covariates}" not in self.prompt or not self.prompt.endswith("{question}"):
            raise ValueError("prompt: must hold {covariates} and end with {question}, which the answer follows")
        if any(text.count("{number}") != 1 for text in (self.answers.percentile, self.answers.horizons)):
            raise ValueError("answers: each must hold {number} once")
        return self

    @property
    def label(self) -> str:
        """The id with the version, as prompts record it."""
        return f"{self.id} v{self.version}"


def check_placeholders(name: str, text: str, known: set[str]) -> None:
    """Raises ValueError where ``text``, the setting ``name``, has a placeholder that is not ``known``, or braces that are none."""
    try:
        used = [field for _, field, _, _ in Formatter().parse(text) if field is not None]
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    for field in used:
        if field not in known:
            raise ValueError(f"{name}: unknown placeholder {{{field}}}; {did_you_mean(field, known)}")


def load_template(path: str | Path) -> Template:
    """Read and check a template file; raises ConfigError when it is missing, not YAML or not a template."""
    path = Path(path)
    if not path.is_file():
        raise ConfigError(f"prompts.template: there is no {path}; {did_you_mean(path.name, [p.name for p in path.parent.glob('*.yaml')])}")
    try:
        raw: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from None
    return parse(Template, raw, str(path))
