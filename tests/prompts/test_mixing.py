"""Mixed copies: what their reports state comes from training patients, kind by kind, and from several where reports are joined."""

import numpy as np
import pandas as pd
import pytest

from workflow_scripts.lib.config.cases import CasesConfig
from workflow_scripts.lib.prompts.cases import Told
from workflow_scripts.lib.prompts.mixing import MOST_JOINED, mix
from workflow_scripts.lib.reports.findings import findings_of, say_reports

PATIENTS = 40


def refined() -> pd.DataFrame:
    """Of each patient but the last a size, which is nobody else's, and whether margins are clear, which every other one's are not."""
    size = [(f"p{i:02d}", 0, "size", "largest", f"{i + 10} mm") for i in range(PATIENTS - 1)]
    margins = [(f"p{i:02d}", 1, "margins", "ureteral", ("negative", "positive")[i % 2]) for i in range(PATIENTS - 1)]
    rows = pd.DataFrame(size + margins, columns=["patient_id", "statement", "field", "aspect", "value"])
    return rows.assign(certainty="stated", supported=True).sort_values(["patient_id", "statement"], ignore_index=True)


def mixed(joined: float, swap: float = 0.5, copies: int = 25) -> tuple[np.ndarray, Told]:
    ids = [f"p{i:02d}" for i in range(PATIENTS)]
    told = Told(pd.DataFrame(index=ids), findings_of(refined(), ids), say_reports(refined()).reindex(ids), None)
    cfg = CasesConfig(copies=copies, swap_probability=swap, joined_probability=joined)
    return mix(told, [], refined(), cfg, np.random.default_rng(7))


def sizes(told: Told) -> pd.Series:
    """How many sizes each copy's report states."""
    return told.report.dropna().str.count("tumour of")


def test_a_copy_that_is_not_joined_states_each_thing_once():
    base, told = mixed(joined=0.0, swap=0.0)
    own = say_reports(refined()).reindex([f"p{row:02d}" for row in base])
    assert list(told.report.fillna("")) == list(own.fillna(""))
    assert sizes(mixed(joined=0.0)[1]).max() == 1


def test_joined_reports_state_what_several_do():
    _, told = mixed(joined=1.0, swap=0.0)
    found = sizes(told)
    assert found.min() >= 1
    assert set(range(2, MOST_JOINED + 2)) <= set(found) <= set(range(1, MOST_JOINED + 2))  # who is drawn twice is told once


@pytest.mark.parametrize("probability", [0.1, 0.5])
def test_so_many_are_joined_as_the_config_says(probability):
    several = (sizes(mixed(joined=probability, copies=100)[1]) > 1).mean()
    assert several == pytest.approx(probability, abs=0.03)


def test_the_teacher_hears_the_worst_of_what_a_joined_report_states():
    _, told = mixed(joined=1.0)
    largest = told.report.dropna().map(lambda text: max(int(part.split()[2]) for part in text.split("; ") if part.startswith("tumour")))
    known = told.findings.values.loc[largest.index]
    np.testing.assert_array_equal(known["report size largest"], largest)
    worst = told.report.dropna().str.contains("positive").map({True: "positive", False: "negative"})
    assert list(known["report margins"]) == list(worst)


def test_who_has_no_report_gets_none():
    base, told = mixed(joined=1.0)
    assert (told.report.isna().to_numpy() == (base == PATIENTS - 1)).all()
