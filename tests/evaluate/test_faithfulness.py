"""What is written, against what was read and predicted: texts worked by hand."""

import numpy as np
import pandas as pd
import pytest

from tests.evaluate.told import CURVE, FIRST, GRID, HORIZONS, SECOND, TAUGHT, TEMPLATE, broken, cases, judged, said
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.evaluate.claims import Reader, numbers_of, plain
from workflow_scripts.lib.evaluate.faithfulness import CHECKS, FAULTLESS, check_rows, is_in, judge_fold, score_rows
from workflow_scripts.lib.survival.outcome import TimeGrid

LINE = "1 year 80, 2 years 60. "
FORMED = LINE + "High risk. Worse: {}. Better: {}."
KNOWN = [*FIRST["findings"], *SECOND["findings"]]
READER = Reader(TEMPLATE, HORIZONS, KNOWN)


def claims(text: str, kind: str) -> list[tuple[str, str]]:
    return [(claim.said, claim.side) for claim in READER.read(text).of(kind)]


def faults(text: str, **how) -> set[tuple[str, str]]:
    """Of the first patient, who wrote ``text``."""
    return broken(judged(text, **how)[0])


# What a text claims.


def test_a_text_of_the_template_is_read_in_its_parts():
    reading = READER.read(TAUGHT)
    assert reading.formed
    assert claims(TAUGHT, "line") == [("80", ""), ("60", "")]
    assert claims(TAUGHT, "level") == [("High", "")]
    assert claims(TAUGHT, "finding") == [("margins positive", "worse"), ("age 71 years", "worse"), ("histologic grade 3", "better")]
    assert claims(TAUGHT, "number") == [("71", ""), ("3", "")]
    assert all(TAUGHT[claim.start : claim.end] == claim.said for claim in reading.claims)


def test_items_may_hold_the_separator_and_need_not_be_known():
    text = FORMED.format("drugs A, B, age 71 years", "a third eye, drugs C")
    assert claims(text, "finding") == [("drugs A, B", "worse"), ("age 71 years", "worse"), ("a third eye", "better"), ("drugs C", "better")]


def test_nothing_is_no_finding():
    assert claims(FORMED.format("nothing", "nothing"), "finding") == []


def test_free_prose_is_searched_for_known_findings_the_longest_first():
    text = LINE + "At age 71 years with margins positive this patient has a high risk; drugs A, B were given."
    assert not READER.read(text).formed
    assert claims(text, "finding") == [("age 71 years", ""), ("margins positive", ""), ("drugs A, B", "")]
    assert claims(text, "level") == [("high", "")]
    longer = Reader(TEMPLATE, HORIZONS, ["grade 3", "grade 3 of 4"])
    assert [claim.said for claim in longer.read(LINE + "Grade 3 of 4, not grade 31.").of("finding")] == ["Grade 3 of 4"]


@pytest.mark.parametrize("text", ["", "High risk. Worse: nothing. Better: nothing.", "1 year 80, 2 years many. High risk."])
def test_who_does_not_begin_with_the_line_is_unread(text):
    assert READER.read(text) is None


def test_a_line_alone_claims_its_numbers():
    reading = READER.read("1 year 80, 2 years 60")
    assert [claim.kind for claim in reading.claims] == ["line", "line"]


@pytest.mark.parametrize(("one", "other"), [("1,024", "1024"), ("07", "7"), ("5.0", "5"), ("3,5", "3.5")])
def test_numbers_are_compared_by_value(one, other):
    assert plain(one) == plain(other)


def test_numbers_have_the_letters_before_them():
    assert numbers_of("pT2 in 1.2.3") == {("pt", "2.0"), ("t", "2.0"), ("", "2.0"), ("", "1.2.3")}


# What is judged of it.


def test_what_is_so_has_no_fault():
    (one, _) = judged(TAUGHT)
    assert broken(one) == set()
    assert {verdict.check for verdict in one.verdicts} == set(CHECKS) - {"read", "formed", "error_verbal", "error_combined"}


def test_a_number_off_its_curve():
    """The curve has 80 and 60 percent, the combined one 90 and 70; two points are allowed."""
    (one, _) = judged("1 year 83, 2 years 62. High risk. Worse: nothing. Better: nothing.")
    points = {(v.check, v.claim.said): (v.holds, round(v.points, 6)) for v in one.verdicts if v.check.startswith("line")}
    verbal = {("line_verbal", "83"): (False, 3), ("line_verbal", "62"): (True, 2)}
    assert points == verbal | {("line_combined", "83"): (False, 7), ("line_combined", "62"): (False, 8)}


def test_a_horizon_beyond_the_grid_has_no_curve_to_differ_from():
    short = TimeGrid(np.array([0.0, 100, 365, 700]))
    checked = {(v.check, v.claim.said) for v in judged(TAUGHT, grid=short)[0].verdicts if v.check.startswith("line")}
    assert checked == {("line_verbal", "80"), ("line_combined", "80")}


def test_somebody_elses_finding():
    assert faults(FORMED.format("age 50 years", "drugs C")) == {("finding", "age 50 years"), ("finding", "drugs C"), ("number", "50")}
    assert faults(LINE + "At age 50 years.") == {("finding", "age 50 years"), ("number", "50")}


def test_a_finding_of_nobody():
    assert faults(FORMED.format("a third eye", "nothing")) == {("finding", "a third eye")}


def test_what_a_report_holds_possible_is_not_so():
    assert faults(FORMED.format("nodes 2 of 7", "nothing")) == {("finding", "nodes 2 of 7")}
    known = {**SECOND, "findings": ["nodes 2 of 7"]}
    for words, wrong in (("nodes 2 of 7", {("finding", "nodes 2 of 7")}), ("possibly nodes 2 of 7", set())):
        assert broken(judge_fold(cases(FIRST, known), said(f"{LINE}There are {words}."), GRID, 2.0, True)[0]) == wrong
    assert not is_in("nodes 2 of 7", FIRST["report"])
    assert is_in("possibly nodes 2 of 7", FIRST["report"])
    assert not is_in("histologic grade", "histologic grades")


@pytest.mark.parametrize(
    ("phrase", "inputs", "so"),
    [
        ("margins positive", "grade 3; margins positive; nodes 0 of 9", True),
        ("margins positive", "Report: Margins positive.", True),
        ("age 71 years", " patient; age 71 years, sex male.", True),
        ("lymphovascular invasion", "lymphovascular invasion absent; margins negative", False),
        ("margins", "margins negative", False),
        ("margins positive", "margins positive cannot be excluded", False),
        ("nodes 0", "nodes 0 of 9", False),
        ("marker 1", "marker 1.5 ng/mL", False),
        ("marker 1", "marker 1,500 ng/mL", False),
    ],
)
def test_part_of_what_was_read_may_say_the_opposite(phrase, inputs, so):
    assert is_in(phrase, inputs) == so


def test_a_family_that_does_not_read_covariates_has_not_read_them():
    """Age is said of the patient, and is one of the findings of a teacher; but without it among the findings it was not read."""
    only = {**FIRST, "findings": ["margins positive"]}
    text = FORMED.format("age 71 years", "nothing")
    found = [judge_fold(cases(only), said(text), GRID, 2.0, covariates)[0] for covariates in (True, False)]
    assert [broken(one) for one in found] == [set(), {("finding", "age 71 years"), ("number", "71")}]


def test_a_level_that_is_not_that_of_the_curve():
    """Hazards of training patients are 1 to 30 in 40,000; the curves below have 5, 15 and 25."""
    for number, level in ((5, "Low"), (15, "Medium"), (25, "High")):
        curve = np.exp(-GRID.days * number / 40_000)
        stated = "1 year {:.0f}, 2 years {:.0f}. ".format(*(100 * curve[:2]))
        for word in TEMPLATE.levels:
            wrong = faults(f"{stated}{word} risk. Worse: nothing. Better: nothing.", survival=list(curve))
            assert wrong == (set() if word == level else {("level", word)})
            assert faults(f"{stated}There is a {word.lower()} risk.", survival=list(curve)) == {(c, w.lower()) for c, w in wrong}


def test_the_other_side_than_the_teachers():
    """Of findings that both name: the teacher has margins and age for the worse, the grade for the better."""
    text = FORMED.format("histologic grade 3, drugs A, B", "age 71 years")
    assert faults(text) == {("side", "histologic grade 3"), ("side", "age 71 years")}
    (one, _) = judged(text)
    assert {v.claim.said: v.expected for v in one.verdicts if v.check == "side"} == {
        "histologic grade 3": "better",
        "age 71 years": "worse",
    }
    assert not [v for v in judged(LINE + "At age 71 years.")[0].verdicts if v.check == "side"]  # free prose takes no side


def test_a_number_from_nowhere():
    """80 is in the line, 2 years are its horizon, 71 is the age; nothing has 43 or pT4."""
    text = LINE + "At 71, 80 percent live on for 1 year, 60 for 2; but 43 percent relapse with pT4."
    assert faults(text) == {("number", "43"), ("number", "pT4")}


def test_what_is_unread_is_not_judged():
    for text, parsed in ((None, False), ("no line", True), (TAUGHT, False)):
        told = said(text).assign(parsed=parsed)
        one = judge_fold(cases(), told, GRID, 2.0, True)[0]
        assert (one.reading, list(one.verdicts), one.faults) == (None, [], {"read"})


def test_a_patient_without_an_answer_is_missed():
    with pytest.raises(StageRefusal, match="output 'combined' has no answer for 2 of 2 test patients; predict that fold again"):
        judge_fold(cases(), said(TAUGHT).query("output == 'verbal'"), GRID, 2.0, True)


# Rates.


@pytest.fixture
def checks() -> pd.DataFrame:
    """The first text has one number of two off its curve by 3 points, and one finding of three that is not the patient's; the second is
    unread in the first fold, and faultless in the other."""
    wrong = "1 year 83, 2 years 60. High risk. Worse: margins positive, age 71 years. Better: drugs C."
    right = LINE + "High risk. Worse: nothing. Better: age 50 years."
    return pd.concat([check_rows(judged(wrong, None)), check_rows(judged(wrong, right)).assign(fold="r1f2")])


def test_claims_are_counted_by_patient(checks):
    first = checks[checks["fold"] == "r1f1"].set_index(["patient_id", "check"])
    counted = {check: tuple(first.loc[("p1", check), ["claims", "amount"]]) for check in (*CHECKS, FAULTLESS)}
    assert counted == {
        "read": (1, 1), "formed": (1, 1), "line_verbal": (2, 1), "line_combined": (2, 0), "error_verbal": (2, pytest.approx(3)),
        "error_combined": (2, pytest.approx(17)), "finding": (3, 2), "number": (1, 1), "level": (1, 1), "level_taught": (1, 1),
        "side": (2, 2), FAULTLESS: (1, 0),
    }  # fmt: skip
    unread = first.loc["p2"]
    assert unread["claims"].to_dict() == {check: int(check == "read") for check in (*CHECKS, FAULTLESS)}
    assert (unread["amount"] == 0).all()


def test_rates_are_of_claims_and_intervals_of_patients(checks):
    scores = score_rows(checks, 400, 1).set_index(["check", "fold"])
    assert scores.loc[("read", "all"), "value"] == 3 / 4
    assert scores.loc[("finding", "all"), "value"] == pytest.approx(5 / 7)
    assert scores.loc[("finding", "r1f1"), "value"] == pytest.approx(2 / 3)
    assert scores.loc[("error_verbal", "all"), "value"] == pytest.approx(6 / 6)
    assert scores.loc[("finding", "all"), ["claims", "n_patients"]].tolist() == [7, 2]
    # Two patients, drawn twice: always the one, always the other, or both.
    assert scores.loc[("finding", "all"), ["lower", "upper"]].tolist() == pytest.approx([4 / 6, 1])
    assert scores.loc[(FAULTLESS, "all"), ["lower", "value", "upper"]].tolist() == pytest.approx([0, 1 / 3, 1])


def test_what_nobody_claims_has_no_rate():
    nothing = check_rows(judged(None, None))
    scores = score_rows(nothing, 20, 1).set_index(["check", "fold"])
    assert scores.loc[("read", "all"), ["value", "lower", "upper"]].tolist() == [0, 0, 0]
    for check in {*CHECKS, FAULTLESS} - {"read"}:
        assert scores.loc[(check, "all"), ["value", "lower", "upper"]].isna().all()
        assert scores.loc[(check, "all"), ["claims", "n_patients"]].tolist() == [0, 0]


def test_curves_are_read_at_the_horizons():
    (one, _) = judged(TAUGHT)
    np.testing.assert_allclose(one.percent["verbal"], [100 * value for value in CURVE[:2]])
    np.testing.assert_allclose(one.percent["combined"], [90, 70])
