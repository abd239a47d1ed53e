"""A fold of few patients whose cases, curves and texts are worked by hand."""

import numpy as np
import pandas as pd

from tests.architecture.tree import ROOT
from workflow_scripts.lib.evaluate.faithfulness import Judged, judge_fold
from workflow_scripts.lib.prompts.prognosis import load_case_template
from workflow_scripts.lib.survival.outcome import TimeGrid

TEMPLATE = load_case_template(ROOT / "resources/prompts/prognosis.yaml")
GRID = TimeGrid(np.array([0.0, 365, 731, 1000]))
HORIZONS = [365.0, 731.0]
CURVE = [0.8, 0.6, 0.5]  # between the twentieth and the thirtieth of the training patients: a high risk
FIRST = {
    "report": "Report: margins positive; histologic grade 3; possibly nodes 2 of 7.",
    "patient": " patient; age 71 years, drugs A, B.",
    "findings": ["margins positive", "histologic grade 3", "age 71 years", "drugs A, B"],
}
SECOND = {"report": "No report.", "patient": " patient; age 50 years, drugs C.", "findings": ["age 50 years", "drugs C"]}
TAUGHT = "1 year 80, 2 years 60. High risk. Worse: margins positive, age 71 years. Better: histologic grade 3."


def case(patient: str, role: str, told: dict, survival: list[float], completion: str = TAUGHT) -> dict:
    words = {"fold": "r1f1", "patient_id": patient, "copy": 0, "role": role, "wording": TEMPLATE.model_dump_json(), **told}
    return {**words, "horizon_days": HORIZONS, "completion": completion, "teacher_survival": survival, "has_genes": False, "genes": []}


def cases(first: dict = FIRST, second: dict = SECOND) -> pd.DataFrame:
    """Two test patients, thirty training patients with hazards of 1, 2 … 30 in 40,000 a day, and thirty others who fare worse, all as the
    second one."""
    train = [case(f"t{number}", "train", second, list(np.exp(-GRID.days * number / 40_000))) for number in range(1, 31)]
    valid = [case(f"v{number}", "valid", second, [0.01, 0.001, 0.0001]) for number in range(30)]
    return pd.DataFrame([case("p1", "test", first, CURVE), case("p2", "test", second, CURVE), *train, *valid])


def said(first: str | None, second: str | None = TAUGHT, **changed) -> pd.DataFrame:
    """Predictions of both; whose text is None is unread. The combined curve is 10 points above the verbal one."""
    rows = []
    for patient, text in (("p1", first), ("p2", second)):
        read = text is not None
        rows.append((patient, "verbal", changed.get("survival", CURVE) if read else None, read, text))
        rows.append((patient, "combined", [one + 0.1 for one in CURVE], True, None))
    return pd.DataFrame(rows, columns=["patient_id", "output", "survival", "parsed", "text"])


def judged(first: str | None, second: str | None = TAUGHT, *, covariates: bool = True, grid: TimeGrid = GRID, **changed) -> list[Judged]:
    return judge_fold(cases(), said(first, second, **changed), grid, 2.0, covariates)


def broken(one: Judged) -> set[tuple[str, str]]:
    """What does not hold: check and words; the combined curve left out."""
    return {(v.check, v.claim.said) for v in one.verdicts if not v.holds and v.check != "line_combined"}
