"""Facts of the simulated reports, which correct themselves, speak of much else and are scanned badly, are found again."""

from collections import Counter

import pytest

from workflow_scripts.lib.reports.cleaning import clean
from workflow_scripts.lib.reports.rules import refine_by_rules
from workflow_scripts.lib.simulation import phrases, reports
from workflow_scripts.lib.simulation.blocks import Block

GRADES = {1: {"1", "low"}, 2: {"2", "intermediate"}, 3: {"3", "high"}}
N = 250


def found(text, facts):
    """By fact, whether the report's statements are exactly it."""
    said = refine_by_rules(clean(text)[0])
    values = {name: {(one.value, one.certainty) for one in said if name in (one.field, one.aspect)} for name in FACTS}
    margins, grades = {value for value, _ in values["margins"]}, {value for value, _ in values["grade"]}
    return {
        "margins": bool(margins) and ("positive" in margins) == facts.margins,
        "lymphovascular": values["lymphovascular"] == {("present" if facts.invasion else "absent", "stated")},
        "regional": values["regional"] == {(f"{facts.positive}/{facts.examined}", "stated")},
        "grade": bool(grades) and grades <= GRADES[facts.grade],
        "size": values["size"] == {(f"{facts.mm} mm", "stated")},
    }


FACTS = ("margins", "lymphovascular", "regional", "grade", "size")


@pytest.mark.parametrize(("scanned", "least"), [(0.0, 0.98), (1.0, 0.96)])
def test_facts_are_found_again(monkeypatch, scanned, least):
    monkeypatch.setattr(reports, "SCANNED", scanned)
    block = Block(23, 0, N)
    facts = reports.draw(block.rng("facts"), N).astype({"margins": bool, "invasion": bool})
    right, told = Counter(), 0
    for text, row in zip(reports.texts(block, facts), facts.rename(columns={"size": "mm"}).itertuples(), strict=True):
        if len(text) > max(map(len, phrases.EMPTY)):
            told += 1
            right.update(name for name, holds in found(text, row).items() if holds)
    assert told > 200
    assert {name: right[name] / told for name in FACTS if right[name] < least * told} == {}
