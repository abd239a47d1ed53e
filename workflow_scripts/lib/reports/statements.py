"""What a report states, and where."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Statement:
    """One statement of a report; ``start`` and ``end`` are characters of the cleaned report, None where nothing in it supports this."""

    field: str
    aspect: str
    value: str
    certainty: str = "stated"
    specimen: str | None = None
    start: int | None = None
    end: int | None = None
