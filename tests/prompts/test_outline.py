"""What prose may say: a level, and own findings on either side, each once."""

import pytest

from workflow_scripts.lib.prompts.outline import Place
from workflow_scripts.lib.prompts.prognosis import load_case_template

TEMPLATE = load_case_template("resources/prompts/prognosis.yaml")
FINDINGS = ["age 71 years", "margins positive", "margins", "nodes 1 of 9"]
OUTLINE = TEMPLATE.outline(FINDINGS)


def every_prose(outline, place=None) -> list[str]:
    """All that may be said from a place on."""
    place = place or Place()
    if place.ended:
        return [""]
    return [said + rest for said, then in outline.after(place) for rest in every_prose(outline, then)]


def test_all_that_may_be_said_of_two_findings():
    """3 levels; each of two findings worse, better or unsaid, in either order: 1 + 2 * 2 + 2 * 4 - 2 = 11 ways."""
    said = every_prose(TEMPLATE.outline(["old", "large"]))
    assert len(said) == len(set(said)) == 3 * 11
    assert "Low risk. Worse: nothing. Better: nothing." in said
    assert "High risk. Worse: large, old. Better: nothing." in said
    assert "Medium risk. Worse: large. Better: old." in said


@pytest.mark.parametrize("outline", [TEMPLATE.outline([]), TEMPLATE.outline(["old"]), TEMPLATE.outline(["a b", "a", "b, a"])])
def test_whatever_may_be_said_is_read_and_nothing_else(outline):
    for prose in every_prose(outline):
        parts, place = outline.read(prose)
        assert "".join(parts) == prose
        assert place.ended
        assert outline.read(prose + " ") is None
        assert outline.read(prose[:-1]) is None


def test_what_was_named_is_known():
    _, place = OUTLINE.read("High risk. Worse: margins positive, age 71 years. Better: nodes 1 of 9.")
    assert (place.level, place.lists) == ("High", (("margins positive", "age 71 years"), ("nodes 1 of 9",)))


@pytest.mark.parametrize(
    "prose",
    [
        "High risk. Worse: grade 3. Better: nothing.",  # somebody else's
        "High risk. Worse: margins, margins. Better: nothing.",  # twice
        "High risk. Worse: margins. Better: margins.",  # on both sides
        "High risk. Worse: nothing, margins. Better: nothing.",
        "High risk. Worse: . Better: nothing.",
        "Great risk. Worse: nothing. Better: nothing.",
        "High risk. Worse: nothing.",
    ],
)
def test_what_may_not_be_said(prose):
    assert OUTLINE.read(prose) is None


def test_spaces_go_with_the_word_behind_them():
    parts, _ = OUTLINE.read("Low risk. Worse: margins positive. Better: nothing.")
    assert parts == ["Low risk. Worse:", " margins positive", ". Better:", " nothing", "."]
