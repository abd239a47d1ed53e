"""Reports can be read back to their facts, and say nothing of the outcome."""

import re
from itertools import chain
from string import ascii_lowercase

import numpy as np
import pandas as pd
import pytest

from workflow_scripts.lib.leakage.statements import STATEMENTS
from workflow_scripts.lib.leakage.texts import jaccard, shingles
from workflow_scripts.lib.simulation import phrases, reports
from workflow_scripts.lib.simulation.blocks import Block

N = 500
BLOCK = Block(7, 0, N)
FACTS = reports.draw(BLOCK.rng("facts"), N)
OUTCOME = r"\b(di(?:ed|es)|dead|death|alive|deceased|surviv\w*|follow-?up|hospice|recur\w*|relaps\w*|prognos\w*|autopsy|expired|years?)\b"
ABOUT = ("HISTORY", "GROSS", "STAINS", "OTHER", "SIZE", "SPECIMEN", "CLOSING", "EMPTY")


@pytest.fixture
def clean(monkeypatch) -> list[str]:
    """Reports that were neither scanned badly nor left empty."""
    monkeypatch.setattr(reports, "SCANNED", 0)
    monkeypatch.setattr(reports, "NEAR_EMPTY", 0)
    return reports.texts(BLOCK, FACTS).tolist()


def every_phrase() -> list[str]:
    """Every template that there is."""
    states = [phrases.MARGINS, phrases.INVASION, phrases.NODES, phrases.GRADE, *phrases.CORRECTION.values()]
    return [*chain.from_iterable(getattr(phrases, name) for name in ABOUT), *chain.from_iterable(chain(*(s.values() for s in states)))]


def pattern(template: str) -> str:
    """A template as a regular expression whose groups are its numbers."""
    pieces = re.split(r"\{(\w+)\}", template)
    seen: set[str] = set()
    words = []
    for position, piece in enumerate(pieces):
        named = position % 2 and piece not in seen
        words.append(f"(?P<{piece}>\\d+)" if named else f"(?P={piece})" if position % 2 else re.escape(piece))
        seen |= {piece} if position % 2 else set()
    return "".join(words)


def stated(text: str, states: dict, correction: dict | None = None) -> list[tuple[object, dict[str, str]]]:
    """What a text states, in order: the states whose wording is found in it, and the numbers in that wording."""
    words = [(state, template) for found in (states, correction or {}) for state, templates in found.items() for template in templates]
    hits = [(hit.start(), state, hit.groupdict()) for state, template in words for hit in re.finditer(pattern(template), text)]
    return [(state, numbers) for _, state, numbers in sorted(hits, key=lambda hit: hit[0])]


@pytest.mark.parametrize(("name", "words"), [("margins", phrases.MARGINS), ("invasion", phrases.INVASION)])
def test_the_last_word_on_a_finding_is_the_truth(clean, name, words):
    corrected = 0
    for text, fact in zip(clean, FACTS[name], strict=True):
        said = [state for state, _ in stated(text, words, phrases.CORRECTION[name])]
        assert 1 <= len(said) <= 2
        assert said[-1] == fact
        assert len(said) == 1 or said[0] != fact, "only what was wrong is corrected"
        corrected += len(said) == 2
    assert corrected / N == pytest.approx(reports.CORRECTED / 2, abs=0.035)


def test_nodes_grade_and_size_can_be_read(clean):
    for text, facts in zip(clean, FACTS.itertuples(), strict=True):
        said = stated(text, phrases.NODES)
        counts = {key: int(value) for _, numbers in said for key, value in numbers.items()}
        assert (facts.positive > 0) in [state for state, _ in said]
        assert counts.get("examined", counts.get("hilar_examined", 0) + counts.get("mediastinal_examined", 0)) == facts.examined
        assert counts.get("positive", counts.get("hilar", 0) + counts.get("mediastinal", 0)) == facts.positive
        assert [state for state, _ in stated(text, phrases.GRADE)] == [facts.grade]
        assert int(stated(text, {0: phrases.SIZE})[0][1]["size"]) == facts.size


def test_no_wording_of_one_state_contains_one_of_another():
    for states in (phrases.MARGINS, phrases.INVASION, phrases.GRADE):
        for state, templates in states.items():
            for template in templates:
                assert [found for found, _ in stated(template.format(gap=1, share=50), states)] == [state]


def test_effect_by_hand():
    facts = pd.DataFrame({"margins": [False, True], "invasion": [False, True], "positive": [0, 3], "grade": [1, 3], "size": [10, 90]})
    assert reports.effect(facts) == pytest.approx([0.45, 0.9 + 0.8 + 0.6 * np.log(4) + 1.35])


def test_nothing_states_the_outcome():
    said = [template for template in every_phrase() if re.search(OUTCOME, template, re.IGNORECASE)]
    assert said == ["Slides and blocks are kept for ten years."]
    assert not [t for t in every_phrase() for statement in STATEMENTS if re.search(rf"\b(?:{statement.said})\b", t, re.IGNORECASE)]


def test_reports_of_two_patients_are_not_near_duplicates(clean):
    found = [shingles(" ".join(re.findall(r"\w+", text.lower()))) for text in clean[:150]]
    alike = [jaccard(one, other) for row, one in enumerate(found) for other in found[:row]]
    assert max(alike) < 0.6


def test_findings_come_in_many_orders(clean):
    orders = {tuple(sorted(("Histologic", "lymph", "argin"), key=text.find)) for text in clean}
    assert len(orders) == 6


def test_a_bad_scan_changes_letters_and_never_numbers(monkeypatch, clean):
    monkeypatch.setattr(reports, "NEAR_EMPTY", 0)
    monkeypatch.setattr(reports, "SCANNED", 1)
    scanned = reports.texts(BLOCK, FACTS).tolist()
    wrong = [(was, now) for before, after in zip(clean, scanned, strict=True) for was, now in zip(before, after, strict=True) if was != now]
    assert {now for was, now in wrong if was == " "} == {"\n"}
    assert set(reports.LOOKS_LIKE) <= set(ascii_lowercase)
    assert {(was, now) for was, now in wrong if was != " "} == set(reports.LOOKS_LIKE.items())
    letters = sum(character in reports.LOOKS_LIKE for text in clean for character in text)
    assert sum(was != " " for was, _ in wrong) / letters == pytest.approx(reports.MISREAD, rel=0.1)


def test_some_reports_are_scanned_badly_and_some_near_empty(clean, monkeypatch):
    monkeypatch.undo()
    texts = reports.texts(BLOCK, FACTS)
    empty = np.array([len(text.split()) < 5 for text in texts])
    assert set(texts[empty]) <= set(phrases.EMPTY)
    assert empty.mean() == pytest.approx(reports.NEAR_EMPTY, abs=0.03)
    changed = np.mean([text != whole for text, whole in zip(texts[~empty], np.array(clean)[~empty], strict=True)])
    assert changed == pytest.approx(reports.SCANNED, abs=0.06)


def test_nobody_has_no_report():
    assert not len(reports.texts(BLOCK, FACTS.iloc[:0]))
