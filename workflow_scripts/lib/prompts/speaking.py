"""Cases in which a language model speaks as the teacher, where it has said something that could be read."""

import numpy as np
import pandas as pd

from workflow_scripts.lib.config.language import Curve
from workflow_scripts.lib.contracts.cases import EMBEDDED, LANGUAGE
from workflow_scripts.lib.prompts.prognosis import CaseTemplate
from workflow_scripts.lib.prompts.render import complete, percents
from workflow_scripts.lib.survival.outcome import TimeGrid
from workflow_scripts.lib.survival.parametric import fitted_curves


def let_speak(cases: pd.DataFrame, answers: pd.DataFrame | None, template: CaseTemplate, grid: TimeGrid, curve: Curve) -> pd.DataFrame:
    """``cases`` with their ``speaker``; those of patients for whom ``answers`` (TEACHER_ANSWERS) have one say what it says.

    The line has the probabilities as stated, ``teacher_survival`` the ``curve`` through them, and the rationale is the prose. Mixed copies,
    about whom no model was asked, and who has no answer keep what the embedded teacher says.
    """
    cases = cases.assign(speaker=EMBEDDED)
    said = None if answers is None else answers[answers["rationale"].notna()].set_index("patient_id")
    if said is None or said.empty:
        return cases
    heard = ((cases["copy"] == 0) & cases["patient_id"].isin(said.index)).to_numpy()
    said = said.loc[cases.loc[heard, "patient_id"]]
    stated, days = np.stack(said["probability"].tolist()), said["horizon_days"].iloc[0]
    numbers, pieces = percents(stated), template.pieces([int(day) for day in days])
    new = {
        "speaker": [LANGUAGE] * len(said),
        "numbers": list(numbers),
        "completion": [complete(pieces, row) + why for row, why in zip(numbers, said["rationale"], strict=True)],
        "teacher_survival": list(fitted_curves(stated, np.asarray(days), grid.days, curve)),
    }
    return cases.assign(**{name: _put(cases[name], heard, values) for name, values in new.items()})


def _put(column: pd.Series, where: np.ndarray, values: list) -> pd.Series:
    """``column`` with these ``values``, which may be vectors, ``where`` it is so."""
    found = column.astype(object).tolist()
    for place, value in zip(np.flatnonzero(where), values, strict=True):
        found[place] = value
    return pd.Series(found, index=column.index, dtype=object)
