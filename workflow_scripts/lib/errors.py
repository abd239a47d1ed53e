"""The three ways in which this project says no, each with what was found, expected, and what to do."""

from collections.abc import Iterable
from difflib import get_close_matches


class ConfigError(ValueError):
    """A setting that cannot be meant: raised before any job starts."""


class ContractError(ValueError):
    """A table that is not what its contract promises: raised on write and on read."""


class StageRefusal(ValueError):
    """Data that a stage cannot turn into a true result: raised before any model trains."""


SPOKEN = (ConfigError, ContractError, StageRefusal)
"""Errors whose message is meant for the user and never quotes patient data."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A trailing hint: the closest known name, or else every known name."""
    known = sorted(known)
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'?" if close else f"known names: {', '.join(known)}"
