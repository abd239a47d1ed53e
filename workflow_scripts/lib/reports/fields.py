"""The structure that reports are brought into (``resources/reports/fields.yaml``), and whether a statement fits it."""

import re
from pathlib import Path

import yaml
from pydantic import Field, RootModel, field_validator, model_validator

from workflow_scripts.lib.config.base import Section, parse
from workflow_scripts.lib.contracts.reports import FIELDS
from workflow_scripts.lib.errors import ConfigError, did_you_mean
from workflow_scripts.lib.reports.statements import Statement


class ReportField(Section):
    """One field: what it means, its aspects, and the values that are allowed."""

    meaning: str
    aspects: dict[str, str] = Field(min_length=1, description="meaning by name; the first, where a report names none")
    values: list[str] | None = Field(None, min_length=1, description="the values, where they are few")
    pattern: str | dict[str, str] | None = Field(
        None, description="a pattern that the whole value must match, where they are many; or one for each aspect"
    )

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str | dict[str, str] | None) -> str | dict[str, str] | None:
        try:
            for one in pattern.values() if isinstance(pattern, dict) else (pattern or "",):
                re.compile(one)
        except re.error as error:
            raise ValueError(f"no regular expression: {error}") from None
        return pattern

    @model_validator(mode="after")
    def _one_of_both(self) -> "ReportField":
        if (self.values is None) == (self.pattern is None):
            raise ValueError("give values or a pattern, and not both")
        if isinstance(self.pattern, dict) and set(self.pattern) != set(self.aspects):
            raise ValueError(f"pattern: expected one for each aspect, which are {', '.join(self.aspects)}")
        return self

    def allows(self, aspect: str, value: str) -> bool:
        """Whether this is an aspect of the field, and a value of it."""
        if aspect not in self.aspects:
            return False
        pattern = self.pattern[aspect] if isinstance(self.pattern, dict) else self.pattern
        return value in self.values if pattern is None else re.fullmatch(pattern, value) is not None


class ReportFields(RootModel[dict[str, ReportField]]):
    """Every field by its name, in the order of the contract."""

    @model_validator(mode="after")
    def _all_of_the_contract(self) -> "ReportFields":
        strange = [f"'{name}' is no field: {did_you_mean(name, FIELDS)}" for name in self.root if name not in FIELDS]
        missing = [f"'{name}' is missing" for name in FIELDS if name not in self.root]
        if strange or missing:
            raise ValueError("; ".join(strange + missing))
        return self

    def __getitem__(self, name: str) -> ReportField:
        return self.root[name]

    def fault(self, statement: Statement) -> str:
        """What of the statement does not fit, in words without any of the report's; empty where all does."""
        if statement.field not in self.root:
            return "there is no such field"
        field = self.root[statement.field]
        if statement.aspect not in field.aspects:
            return f"{statement.field} has no such aspect"
        return "" if field.allows(statement.aspect, statement.value) else f"{statement.field} does not allow such a value"


def load_fields(path: str | Path) -> ReportFields:
    """The file at ``path``; raises ConfigError when there is none, or naming every fault."""
    try:
        raw = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"fields of reports: there is no file {path}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise ConfigError(f"{path}: not valid YAML") from None
    return parse(ReportFields, raw, str(path))
