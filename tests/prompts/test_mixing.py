"""Mixed copies: what their reports state comes from training patients, kind by kind, and from several where reports are joined."""

import numpy as np
import pandas as pd
import pytest

from workflow_scripts.lib.config.cases import CasesConfig
from workflow_scripts.lib.prompts.cases import Told
from workflow_scripts.lib.prompts.mixing import MOST_JOINED, mix
from workflow_scripts.lib.reports.findings import findings_of, say_reports

PATIENTS = 40


def refined(reports: int = PATIENTS - 1) -> pd.DataFrame:
    """Of the first patients a size, which is nobody else's, and whether margins are clear, which every other one's are not."""
    size = [(f"p{i:02d}", 0, "size", "largest", f"{i + 10} mm") for i in range(reports)]
    margins = [(f"p{i:02d}", 1, "margins", "ureteral", ("negative", "positive")[i % 2]) for i in range(reports)]
    rows = pd.DataFrame(size + margins, columns=["patient_id", "statement", "field", "aspect", "value"])
    return rows.assign(certainty="stated", supported=True).sort_values(["patient_id", "statement"], ignore_index=True)


def mixed(joined: float, swap: float = 0.5, copies: int = 25, reports: int = PATIENTS - 1) -> tuple[np.ndarray, Told]:
    ids, stated = [f"p{i:02d}" for i in range(PATIENTS)], refined(reports)
    told = Told(pd.DataFrame(index=ids), findings_of(stated, ids), say_reports(stated).reindex(ids), None)
    cfg = CasesConfig(copies=copies, swap_probability=swap, joined_probability=joined)
    return mix(told, [], stated, cfg, np.random.default_rng(7))


def sizes(told: Told) -> pd.Series:
    """How many sizes each copy's report states."""
    return told.report.dropna().str.count("tumour of")


def test_a_copy_that_is_not_joined_states_each_thing_once():
    base, told = mixed(joined=0.0, swap=0.0)
    own = say_reports(refined()).reindex([f"p{row:02d}" for row in base])
    assert list(told.report.fillna("")) == list(own.fillna(""))
    assert sizes(mixed(joined=0.0)[1]).max() == 1


@pytest.mark.parametrize("reports", [PATIENTS - 1, PATIENTS // 5])
def test_joined_reports_state_what_several_do(reports):
    """However few have a report: nobody is joined who has none. Who is drawn twice is told once."""
    _, told = mixed(joined=1.0, swap=0.0, copies=50, reports=reports)
    found = sizes(told)
    assert len(found) == reports * 50
    assert set(found) == set(range(1, MOST_JOINED + 2))
    drawn = [1 - (1 - 1 / reports) ** (others + 1) for others in range(1, MOST_JOINED + 1)]  # how likely each is told at all
    assert found.mean() == pytest.approx(reports * np.mean(drawn), rel=0.05)


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
