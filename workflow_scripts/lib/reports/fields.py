"""The structure that reports are brought into: `resources/reports/fields.yaml`."""

import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, model_validator

from workflow_scripts.lib.config.base import Section, parse, read_yaml
from workflow_scripts.lib.contracts.reports import FIELDS
from workflow_scripts.lib.errors import ConfigError


class FieldRules(Section):
    """What may be stated of one field."""

    meaning: str
    aspects: dict[str, str] = Field(min_length=1, description="by name, what each means; the first where none is named")
    values: list[str] | None = Field(None, description="the words that are allowed")
    pattern: str | None = Field(None, description="instead: what the whole value must match")

    @model_validator(mode="after")
    def _one(self) -> "FieldRules":
        if (self.values is None) == (self.pattern is None):
            raise ValueError("expected either values or pattern")
        return self

    def allows(self, value: str) -> bool:
        """Whether ``value`` may be stated."""
        return value in self.values if self.values is not None else re.fullmatch(self.pattern, value) is not None


def load_fields(path: str | Path) -> Mapping[str, FieldRules]:
    """The fields by name, in the order of the file; raises ConfigError where these are not those of the contract."""
    raw = read_yaml(path)
    if not isinstance(raw, dict) or set(raw) != set(FIELDS):
        raise ConfigError(f"{path}: expected the fields {', '.join(FIELDS)}")
    return {name: parse(FieldRules, rules, f"{path}.{name}") for name, rules in raw.items()}
