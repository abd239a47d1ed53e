"""The flow of patients as drawn, and the audit's findings as a page."""

import pandas as pd
import pytest

from tests.evaluate.test_pages import NASTY, Reader, cells
from workflow_scripts.lib.contracts.leakage import CHECKS, FLOW
from workflow_scripts.lib.evaluate.figures.findings import findings_page
from workflow_scripts.lib.evaluate.figures.flow import draw_flow, refusal_lines
from workflow_scripts.lib.evaluate.style import TALLEST, save_svg
from workflow_scripts.lib.leakage.findings import Finding, judged

ROLES = [("train", "kept", "", 60, 30), ("valid", "kept", "", 15, 6), ("test", "kept", "", 20, 9)]
PLAIN = [("source", "entered", "", 95, None), ("patients", "kept", "", 95, 45), *ROLES]
REFUSED = [("patients", "refused", f"reason {place}", 10 + place, None) for place in range(7)]


def rows(*flow) -> pd.DataFrame:
    return pd.DataFrame(flow, columns=FLOW.schema().names)


def words_in(figure) -> list[str]:
    return [line for axes in figure.axes for text in axes.texts for line in text.get_text().split("\n")]


def test_boxes_hold_the_counts():
    words = [line for line in words_in(draw_flow(rows(*PLAIN))) if line]
    assert words == [
        *("In the source", "95 patients", "In the cohort", "95 patients, 45 events"),
        *("Train in the first fold", "60 patients, 30 events"),
        *("Validate in it", "15 patients, 6 events"),
        *("Are tested in it", "20 patients, 9 events"),
    ]


def test_refusals_are_named_by_frequency_and_the_rest_is_counted():
    flow = rows(*PLAIN, *REFUSED)
    lines = refusal_lines(flow[flow["state"] == "refused"])
    assert lines == ["reason 6 (16)", "reason 5 (15)", "reason 4 (14)", "reason 3 (13)", "reason 2 (12)", "other reasons (21)"]
    assert {"Refused: 91 patients", *lines} <= set(words_in(draw_flow(flow)))


def test_bars_of_a_modality_add_up_to_the_cohort_whoever_else_was_refused():
    flow = rows(
        *PLAIN,
        ("reports", "kept", "", 70, 40),
        ("reports", "refused", "near-empty", 5, None),
        ("reports", "refused", "not among the cohort's patients", 900, None),
        ("reports", "absent", "", 20, 4),
    )
    axes = draw_flow(flow).axes[1]
    assert [bar.get_width() for bar in axes.patches] == [70, 5, 20]
    assert "70 have it, 20 have none" in axes.texts[0].get_text()
    assert "near-empty (5)" in axes.texts[0].get_text()


def test_patients_that_the_split_leaves_out_have_a_box():
    words = words_in(draw_flow(rows(*PLAIN, ("first fold", "absent", "", 1, 1))))
    assert "1 patient, 1 event" in words
    assert "In no part of it" in words


@pytest.mark.parametrize("modalities", [0, 5])
def test_figure_fits_the_window_and_has_the_same_bytes_twice(tmp_path, modalities):
    flow = rows(*PLAIN, *REFUSED, *((f"kind {place}", "kept", "", 90, 40) for place in range(modalities)))
    assert draw_flow(flow).get_figheight() <= TALLEST
    for name in "ab":
        save_svg(draw_flow(flow), tmp_path / f"{name}.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_findings_are_escaped_and_what_is_accepted_says_why():
    found = [
        Finding("known_after_index", NASTY, "error", 3, NASTY, "Drop it."),
        Finding("identical_rows", "", "error", 2, "Two.", "Mend it."),
        Finding("order_tells_event", "", "warning", 9, "Sorted.", "Read."),
    ]
    page = findings_page(judged(found, {"identical_rows": f"because {NASTY}"}), "small", [NASTY])
    assert not Reader(page).open
    assert "script" not in Reader(page).tags
    words = cells(page)
    assert NASTY in words
    assert f" because {NASTY}" in words
    order = [words.index(name) for name in (f"known_after_index:{NASTY}", "identical_rows", "order_tells_event")]
    assert order == sorted(order)
    assert page.count('<span class="alarm">error</span>') == 1


def test_everything_that_was_looked_for_is_listed():
    words = cells(findings_page(judged([], {}), "small", []))
    assert "Nothing." in words
    assert {*CHECKS.values()} <= {*words}
    assert words.count("none") == len(CHECKS)
