"""The page of texts beside what was read: escaped, with every fault marked in words and signs, and chosen by a rule."""

import numpy as np
import pandas as pd
import pytest

from tests.evaluate.test_pages import NASTY, Reader, cells
from tests.evaluate.told import FIRST, GRID, SECOND, TAUGHT, cases, judged, said
from workflow_scripts.lib.contracts.ingest import Cohort
from workflow_scripts.lib.evaluate.faithfulness import Judged, check_rows, judge_fold, score_rows
from workflow_scripts.lib.evaluate.figures.prose import LONGEST, RATES, Example, choose, prose_page

WRONG = "1 year 83, 2 years 60. Low risk. Worse: histologic grade 3, drugs C. Better: age 71 years, nodes 5."


def page_of(found: list[Judged], outcome: str = "event on day 9") -> str:
    scores = score_rows(check_rows(found), 20, 1).query("fold == 'all'")
    return prose_page("small", "a family", scores, [Example(one, outcome, "drawn at random") for one in found], 2.0)


def test_whatever_comes_from_data_is_escaped():
    """In the report, among covariates, findings and levels, in the text and in what the teacher wrote."""
    named = f"margins {NASTY}"
    told = {"report": f"Report: {NASTY}; {named}.", "patient": f" patient; {NASTY}.", "findings": [named, f"elsewhere {NASTY}"]}
    text = f"1 year 80, 2 years 60. High risk. Worse: {named}, elsewhere {NASTY}. Better: other {NASTY}."
    rows = cases(told, told).assign(completion=text)
    found = judge_fold(rows, said(text, f"{NASTY} unread"), GRID, 2.0, True)
    scores = score_rows(check_rows(found), 20, 1).query("fold == 'all'")
    page = prose_page(NASTY, NASTY, scores, [Example(one, NASTY, NASTY) for one in found], 2.0)
    read = Reader(page)
    assert not read.open
    assert "script" not in read.tags
    assert sum(part.count("<script>") for part in read.texts) > 15


def test_evidence_is_highlighted_on_both_sides():
    page = page_of(judged(TAUGHT)[:1])
    for kind, sign, words in (("worse", "▲", "margins positive"), ("worse", "▲", "age 71 years"), ("better", "▼", "histologic grade 3")):
        assert page.count(f'<mark class="{kind}">{sign}&nbsp;{words}</mark>') == 2
    assert "✓ No fault was found." in page
    assert '<mark class="fault">' not in page.split("a fault</mark>")[1]


def test_every_fault_is_marked_and_said():
    found = cells(page_of(judged(WRONG)[:1]))
    assert [words for words in found if words.startswith("✗ ")] == [
        "✗ 83",
        "✗ Low",
        "✗ “83” is stated; the curve through all that is stated has 80.",
        "✗ “drugs C” is not in what was read of this patient.",
        "✗ “nodes 5” is not in what was read of this patient.",
        "✗ “Low” is stated; the curve lies in the part of training patients called High.",
        "✗ “histologic grade 3” is named; its teacher names it as better.",
        "✗ “age 71 years” is named; its teacher names it as worse.",
    ]
    marked = page_of(judged(WRONG)[:1])
    for words in ("83", "Low", "drugs C", "nodes 5"):
        assert f'<mark class="fault">✗&nbsp;{words}</mark>' in marked
    assert marked.count('<mark class="worse">▲&nbsp;histologic grade 3</mark>') == 2  # own, though on the other side


def test_findings_of_a_report_in_other_words_stand_below_it():
    told = {**FIRST, "report": "Report: the tumour reaches the cut edge.", "findings": ["margins positive", "gene expression"]}
    rows = cases(told).assign(genes=[[0.5]] * 62, has_genes=True)
    text = "1 year 80, 2 years 60. High risk. Worse: margins positive. Better: gene expression."
    page = page_of(judge_fold(rows, said(text), GRID, 2.0, True)[:1])
    assert 'Stated in other words: <mark class="worse">▲&nbsp;margins positive</mark></pre>' in page
    assert '<mark class="better">▼&nbsp;Gene expression</mark>: measured.' in page


def test_free_prose_marks_numbers_from_nowhere():
    page = page_of(judged("1 year 80, 2 years 60. At age 71 years 43 percent relapse.")[:1])
    assert '<mark class="named">●&nbsp;age 71 years</mark> <mark class="fault">✗&nbsp;43</mark>' in page
    assert "✗ “43” was neither read of this patient" in page


def test_a_long_report_is_cut():
    told = {**FIRST, "report": "Report: " + "slides reviewed twice " * 200_000}
    page = page_of(judge_fold(cases(told), said(TAUGHT), GRID, 2.0, True)[:1])
    assert len(page) < 3 * LONGEST
    assert "more characters" in page


def test_nothing_to_count_is_a_dash():
    found = cells(page_of(judged(None, None)))
    assert found.count("–") == len(RATES) - 1  # all but how many were read
    assert "0.0 %" in found
    assert sum("could not be read: nothing that this text says" in words for words in found) == 2


def test_without_examples_rates_remain_and_no_patient():
    scores = score_rows(check_rows(judged(TAUGHT)), 20, 1).query("fold == 'all'")
    page = prose_page("small", "a family", scores, [], 2.0)
    assert len(cells(page)) > 2 * len(RATES)
    assert "What was read" not in page
    assert "age" not in page.split("<body>")[1].replace("stage", "")


# Who is shown.


@pytest.fixture
def many() -> tuple[list[Judged], Cohort]:
    """Forty patients without a fault, every second of whom has had the event, and four with one each."""
    right, wrong = judged(TAUGHT)[0], {"line": "1 year 90, 2 years 60. High risk. Worse: nothing. Better: nothing."}
    wrong |= {"finding": TAUGHT.replace("margins positive", "drugs C"), "level": TAUGHT.replace("High", "Low"), "read": None}
    texts = [right] * 40 + [judged(text)[0] for text in wrong.values()]
    ids = [f"p{place}" for place in range(len(texts))]
    found = [Judged(one.case.rename(name).copy(), *(getattr(one, field) for field in ("inputs", "text", "percent", "reading", "verdicts")))
             for one, name in zip(texts, ids, strict=True)]  # fmt: skip
    for one, name in zip(found, ids, strict=True):
        one.case["patient_id"] = name
    rows = pd.DataFrame({"days": np.arange(44.0) + 1, "event": np.arange(44) % 2 == 0}, index=pd.Index(ids, name="patient_id"))
    return found, Cohort(rows, ())


def test_patients_of_either_outcome_are_drawn_in_turn_and_one_for_every_fault(many):
    examples = choose(*many, 4, 1)
    assert [one.outcome.startswith("event") for one in examples[:4]] == [True, False, True, False]
    shown = [one.judged.faults - {"line_combined"} for one in examples]
    assert set.union(*shown) == {"read", "line_verbal", "finding", "level"}
    assert len(examples) <= 4 + 4
    for one in examples[4:]:
        assert one.why.startswith("drawn among those with a")
        assert one.judged.faults - {"line_combined"}


def test_who_is_shown_depends_on_the_seed_alone(many):
    found, cohort = many
    ids = [[one.judged.case["patient_id"] for one in choose(found, cohort, 6, seed)] for seed in (1, 1, 2)]
    assert ids[0] == ids[1] != ids[2]
    assert len(set(ids[0])) == len(ids[0])


def test_fewer_patients_than_asked_for_are_all_shown():
    found = judged(TAUGHT, TAUGHT.replace("margins positive, age 71 years", "age 50 years").replace("histologic grade 3", "drugs C"))
    rows = pd.DataFrame({"days": [400.0, 1200.0], "event": [False, False]}, index=pd.Index(["p1", "p2"], name="patient_id"))
    examples = choose(found, Cohort(rows, ()), 10, 1)
    assert {one.outcome for one in examples} == {"last seen on day 400, without the event", "last seen on day 1,200, without the event"}
    assert SECOND["findings"][0] in page_of([one.judged for one in examples])
