"""Covariates and times in words."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workflow_scripts.lib.contracts.ingest import Covariate
from workflow_scripts.lib.prompts.template import Template

UNITS_OF_TIME = (("year", 365.25, 1.0), ("month", 365.25 / 12, 1.0), ("week", 7.0, 0.0), ("day", 1.0, 0.0))  # name, days, slack in days


def say_covariate(values: pd.Series, covariate: Covariate, template: Template) -> np.ndarray:
    """One phrase per patient (n,), such as "tumour size 25 mm"; missing values are said in words."""
    codes, known = pd.factorize(values)
    phrases = [template.covariate.format(label=covariate.label, value=_say_value(value, covariate)) for value in known]
    return np.array([*phrases, template.missing.format(label=covariate.label)], dtype=object)[codes]


def _say_value(value: float | str, covariate: Covariate) -> str:
    if covariate.kind == "categorical":
        return covariate.levels.get(str(value), str(value))
    return f"{value:z,.{covariate.decimals}f} {covariate.unit}".rstrip()  # z: never "-0"


def say_days(days: int) -> str:
    """A length of time as a clinician says it: 1826 is "5 years", 182 "6 months", 84 "12 weeks", 100 "100 days"."""
    counts = ((round(days / length), length, slack, unit) for unit, length, slack in UNITS_OF_TIME)
    count, unit = next((count, unit) for count, length, slack, unit in counts if count and abs(days - count * length) <= slack)
    return f"{count} {unit}{'s' if count > 1 else ''}"


def say_patients(values: pd.DataFrame, covariates: Sequence[Covariate], template: Template, order: np.random.Generator | None) -> list[str]:
    """All covariates of each patient (n) in one line, in the given order, or shuffled line by line by the generator ``order``."""
    phrases = [say_covariate(values[covariate.name], covariate, template) for covariate in covariates]
    if order is None:
        return [template.separator.join(line) for line in zip(*phrases, strict=True)]
    table = order.permuted(np.stack(phrases, axis=1), axis=1)
    return [template.separator.join(line) for line in table]
