"""The base of every config model: frozen, strict, and helpful about misspelt keys."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from workflow_scripts.lib.errors import ConfigError, did_you_mean


class Section(BaseModel):
    """A config section: unknown keys are refused with a suggestion, and nothing is coerced."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, raw: Any) -> Any:
        if isinstance(raw, dict):
            unknown = [key for key in raw if key not in cls.model_fields]
            if unknown:
                hints = (f"'{key}' is not a setting here: {did_you_mean(str(key), cls.model_fields)}" for key in unknown)
                raise ValueError("; ".join(hints))
        return raw


def plain(section: Any) -> Any:
    """A section, or a dictionary of them, as plain data in canonical order, so that reordering YAML keys reruns nothing."""
    dump = section.model_dump() if isinstance(section, BaseModel) else section
    return {key: plain(value) for key, value in sorted(dump.items())} if isinstance(dump, dict) else dump


SectionT = TypeVar("SectionT", bound=Section)


def parse(model: type[SectionT], raw: Any, where: str) -> SectionT:
    """Validate ``raw`` as ``model``; every fault is reported at once as a ConfigError that names ``where``."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        faults = [f"{_path(where, fault['loc'])}: {_words(fault)}" for fault in error.errors()]
        raise ConfigError("\n".join(faults)) from None


def read_yaml(path: str | Path) -> Any:
    """What a YAML file holds; raises ConfigError where it is not YAML."""
    try:
        return yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from None


def _path(where: str, loc: tuple[int | str, ...]) -> str:
    return ".".join([where, *(str(part) for part in loc)])


def _words(fault: Any) -> str:
    message = fault["msg"].removeprefix("Value error, ")
    found = fault["input"]
    return message if isinstance(found, dict) else f"{message} (found {found!r})"
