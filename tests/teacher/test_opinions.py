"""Reading what a language model says of survival: by hand, cut anywhere, and made to mislead."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from workflow_scripts.lib.teacher import opinions
from workflow_scripts.lib.teacher.opinions import (
    BARE,
    EVENT,
    MISSING,
    OUTSIDE,
    REPAIRED,
    RISING,
    STRICT,
    TOLERANT,
    TWICE,
    UNCLEAR,
    UNREAD,
    Unreadable,
    day_of,
    falling,
    read_opinion,
)

DAYS = [365, 1096]
WHY = "Grade 3 speaks for the worse; 0 of 12 nodes for the better."
WHOLE = json.dumps({"probabilities": {"365": 0.91, "1096": 0.7}, "rationale": WHY})


def read(answer, days=DAYS, longest=500):
    return read_opinion(answer, days, longest)


def saying(probabilities, **more) -> str:
    return json.dumps({"probabilities": probabilities, "rationale": WHY, **more})


@pytest.mark.parametrize("text", [WHOLE, f" {WHOLE}\n", f"<think>0.2?</think>{WHOLE}", json.dumps(json.loads(WHOLE), indent=2)])
def test_what_was_asked_for_is_strict(text):
    found = read(text)
    assert (found.outcome, found.probability, found.rationale) == (STRICT, (0.91, 0.7), WHY)


@pytest.mark.parametrize("stated", [{"365": 1, "1096": 0}, {"1096": 0.0, "365": 1.0}])
def test_certainty_is_a_probability_and_order_does_not_matter(stated):
    assert (read(saying(stated)).outcome, read(saying(stated)).probability) == (STRICT, (1.0, 0.0))


@pytest.mark.parametrize(
    "text",
    [
        f"Here is my answer:\n```json\n{WHOLE}\n```\nAsk a physician.",
        f"{WHOLE} {WHOLE}",
        f"As asked {{probabilities}}: {WHOLE}",
        saying({"365": 0.91, "1096": 0.7}, confidence="low"),
        saying({"365": "0.91", "1096": "0.70"}),
        saying({"365": "91%", "1096": "70 %"}),
        saying({"365": "91 percent", "1096": 0.7}),
        saying({"365": 91, "1096": 70}),
        saying({"365": 91.0, "1096": 70.0}),
        saying({"1 year": 0.91, "3 years": 0.7}),
        saying({"1-year": 0.91, "36 months": 0.7}),
        saying({"365 days": 0.91, "156 weeks": 0.7}),
        saying({"12 mos": 0.91, "3 yrs": 0.7}),
        saying({"365": 0.91, "730": 0.8, "1096": 0.7, "10 years": 0.1}),
        saying([0.91, 0.7]),
        json.dumps({"Probabilities": {"365": 0.91, "1096": 0.7}, "Rationale": WHY}),
        json.dumps({"365": 0.91, "1096": 0.7, "rationale": WHY}),
        json.dumps({"answer": [{"probabilities": {"365": 0.91, "1096": 0.7}, "rationale": WHY}]}),
        json.dumps([{"probabilities": {"365": 0.91, "1096": 0.7}}, {"note": 3}]) + f"\nRationale: {WHY}",
        WHOLE[:-2],
        WHOLE[:-1],
        WHOLE[:-3] + ". And then the",
        f"- 1 year: 91 %\n- 3 years: 70 %\n\n**Rationale:** {WHY}",
        f"**1 year:** 91%\n**3 years:** 70%\nRationale: {WHY}",
        f"| 1 year | 0.91 |\n| 3 years | 0.70 |\n\nRationale: {WHY} And half of a",
        f"365 days = .91\n1096 days = .7\nRationale = {WHY}",
        f"Event-free survival of this high-risk patient:\n1 year: 91 %\n3 years: 70 %\nRationale: {WHY}",
        f"The risk of dying is low.\n1 year: 91 %\n3 years: 70 %\nRationale: {WHY}",
        json.dumps({"event_free": {"365": 0.91, "1096": 0.7}, "death": {"365": 0.09, "1096": 0.3}}) + f"\nRationale: {WHY}",
    ],
)
def test_the_same_said_otherwise_is_tolerated(text):
    found = read(text)
    assert (found.outcome, found.probability) == (TOLERANT, (0.91, 0.7))
    assert found.rationale == WHY


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", UNREAD),
        ("I cannot help with that.", UNREAD),
        ("{" * 3000, UNREAD),
        ('{"a":' * 20_000, UNREAD),
        ("[" * 50_000, UNREAD),
        ('{"probabilities": ' * 5000, UNREAD),
        ("null", UNREAD),
        (f"<think>{WHOLE}", UNREAD),
        ("1 year survival is perhaps 91 %, at 3 years 70 %. Rationale: x.", UNREAD),  # a sentence may speak of anything
        ("Of 100 such patients 91 live after 1 year.", UNREAD),
        (saying({"365": "high", "1096": "low"}), UNREAD),
        (saying({"365": None, "1096": True}), UNREAD),
        (saying({"365": "about 0.9", "1096": "85-90%"}), UNREAD),
        (saying({"365": 0.91}), MISSING),
        (saying({"365": 0.91, "1096": None}), MISSING),
        (saying({"365": 0.91, "1000": 0.7}), MISSING),
        (saying({"1": 0.91, "3": 0.7}), MISSING),
        (saying([0.91, 0.8, 0.7]), UNREAD),
        ('{"probabilities": {"365": 0.91, "1096": 0.7', MISSING),  # which may have been to become 0.72
        ("1 year: 85-90 %\n3 years: 70 %\nRationale: x.", MISSING),
        ("1 year: 85 to 90 %\n3 years: 70 %\nRationale: x.", MISSING),
        ("1 year: 9 out of 10\n3 years: 7 out of 10\nRationale: x.", UNREAD),
        ("1 year: 0,91\n3 years: 0,70\nRationale: x.", UNREAD),
        ("1 year: 9/10\n3 years: 7/10\nRationale: x.", UNREAD),
        ('{"probabilities": {"365": 0.91, "365": 0.2, "1096": 0.1}, "rationale": "x."}', TWICE),
        ('{"probabilities": {"365": 0.9, "1096": 0.7}, "probabilities": {"365": 0.2, "1096": 0.1}, "rationale": "x."}', TWICE),
        (saying({"365": 0.91, "1 year": 0.5, "1096": 0.3}), TWICE),
        (f"{WHOLE}\nNo, rather {saying({'365': 0.99, '1096': 0.99})}", TWICE),
        ("1 year: 91%\n3 years: 70%\n1 year: 99%\nRationale: x.", TWICE),
        (saying({"365": 91, "1096": 0.7}), UNCLEAR),
        (saying({"365": 1.2, "1096": 0.7}), UNCLEAR),
        (saying({"365": 1.2, "1096": 1.1}), UNCLEAR),
        (saying({"365": 120, "1096": 70}), OUTSIDE),
        (saying({"365": 0.91, "1096": -0.2}), OUTSIDE),
        (saying({"365": "120%", "1096": 0.7}), OUTSIDE),
        (f'{{"probabilities": {{"365": 1{"0" * 400}, "1096": 70}}, "rationale": "x."}}', OUTSIDE),
        ('{"probabilities": {"365": NaN, "1096": 0.7}, "rationale": "x."}', OUTSIDE),
        ('{"probabilities": {"365": Infinity, "1096": 70}, "rationale": "x."}', OUTSIDE),
        (saying({"365": 0.1, "1096": 0.3}), RISING),  # of the event, rather
        (saying({"365": 0.70, "1096": 0.76}), RISING),
        (saying({"365": 0.01, "1096": 0.03}), EVENT),
        (json.dumps({"mortality": {"365": 0.3, "1096": 0.3}, "rationale": WHY}), EVENT),
        (json.dumps({"probability_of_death": {"365": 0.9, "1096": 0.8}, "rationale": WHY}), EVENT),
        (json.dumps({"hazard ratio": {"365": 0.9, "1096": 0.8}, "rationale": WHY}), EVENT),
        (f"Risk of death:\n1 year: 30 %\n3 years: 30 %\nRationale: {WHY}", EVENT),
        (f"| time | mortality |\n|---|---|\n| 1 year | 0.9 |\n| 3 years | 0.8 |\n\nRationale: {WHY}", EVENT),
        ('{"probabilities": {"365": 0.91, "1096": 0.7}}', BARE),
        ('{"probabilities": {"365": 0.91, "1096": 0.7}, "rationale": " \\u0000 "}', BARE),
        ('{"probabilities": {"365": 0.91, "1096": 0.7}, "rationale": ["x."]}', BARE),
        ('{"probabilities": {"365": 0.91, "1096": 0.7}, "rationale": "The tumour is', BARE),
    ],
)
def test_what_is_not_read_has_a_name(text, why):
    assert read(text) == opinions.Opinion(why)


def test_a_small_rise_is_levelled():
    """By hand: .70 and .74 are nearest to .72 twice."""
    found = read(saying({"365": 0.70, "1096": 0.74}))
    assert found.outcome == REPAIRED
    np.testing.assert_allclose(found.probability, [0.72, 0.72])


def test_no_falling_probabilities_are_nearer():
    rng = np.random.default_rng(3)
    for _ in range(20):
        stated = 0.5 + rng.uniform(0, 0.05, 4)
        best = minimize(
            lambda x, stated=stated: ((x - stated) ** 2).sum(),
            np.full(4, 0.5),
            constraints=[{"type": "ineq", "fun": lambda x: -np.diff(x)}],
            tol=1e-12,
        )
        np.testing.assert_allclose(falling(list(stated)), best.x, atol=1e-5)


@pytest.mark.parametrize("stated", [[0.5, 0.53, 0.56], [0.5, 0.3, 0.56]])
def test_small_rises_that_add_up_are_no_slip(stated):
    with pytest.raises(Unreadable, match=RISING):
        falling(stated)


@pytest.mark.parametrize(
    ("time", "day"),
    [("365", 365), ("366", None), ("1 year", 365), ("1y", 365), ("12 months", 365), ("3 years", 1096), ("1095 days", None), ("52 w", 365)],
)
def test_which_day_is_meant(time, day):
    assert day_of(time, DAYS) == day


def test_a_time_that_could_be_two_is_neither():
    assert day_of("1 year", [364, 366]) is None
    assert day_of("366", [364, 366]) == 366


@pytest.mark.parametrize("end", range(len(WHOLE)))
def test_half_an_answer_says_the_same_or_nothing(end):
    found = read(WHOLE[:end])
    assert found.probability in (None, (0.91, 0.7))
    assert found.rationale is None or WHY.startswith(found.rationale.removesuffix("."))


PROBABILITIES = st.lists(st.floats(0, 1), min_size=2, max_size=2).map(lambda two: sorted(two, reverse=True))


@given(PROBABILITIES)
def test_probabilities_come_back_as_they_were_stated(stated):
    assert read(saying({"365": stated[0], "1096": stated[1]})).probability == tuple(stated)
    percent = [round(100 * one) for one in stated]
    told = read(saying({"365": f"{percent[0]}%", "1096": f"{percent[1]} %"}))
    assert told.probability == tuple(one / 100 for one in percent)


@given(st.text(max_size=200), st.text(max_size=200))
def test_words_around_an_answer_change_nothing(before, after):
    found = read(f"{before} {WHOLE} {after}")
    assert found.probability in (None, (0.91, 0.7))


@given(st.text(alphabet='{}[]":,.%-/ \n0159|ratiohedys', max_size=300))
def test_nonsense_is_an_answer_of_falling_probabilities_or_none(text):
    found = read(text)
    assert found.probability is None or 1 >= found.probability[0] >= found.probability[1] >= 0
