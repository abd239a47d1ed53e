"""Forms on which boxes are ticked: what is left of them is what the ticks say."""

import re
from collections.abc import Iterator
from itertools import pairwise

from workflow_scripts.lib.reports.rules.edited import Edit

TICK = "[xX✓✔√]"
BOX = re.compile(
    rf"(?<!\bp[TNM])(?<!\bp[TNM] )[\[(] ?(?:(?P<tick>{TICK})|✗)? ?[\])]|[☐□]|(?P<mark>[☒☑])|(?<!\w)_+ ?(?P<ticked>{TICK}) ?_+(?![0-9])"
    r"|(?P<line>(?<!\w)_{2,}(?=[ ][A-Za-z]))"
)
OPENS = re.compile(r"(?:^|[:;])\s*$")  # before the first of a row of boxes
ENDS = re.compile(r"[;.][ ](?=[ ]*[A-Z])|[ ]+(?=[A-Z][A-Za-z /-]{2,40}:)")  # what is said behind an option is of another line
CHOICE = re.compile(  # what may be said, before what is
    r"(?i)[\[(](?:yes|y|present)[ ]?/[ ]?(?:no|n|absent)(?:[ ]?/[ ]?[a-z]{1,15})?[\])] ?"
)
FILLER = " .,;*\n"


def unticked(text: str) -> Iterator[Edit]:
    """What must go of ``text``: the boxes of its forms, and the options whose boxes are empty."""
    if not (BOX.search(text) or CHOICE.search(text)):
        return
    lines = any(box["ticked"] for box in BOX.finditer(text))  # else a line to write on is no box
    start = 0
    for line in text.splitlines(keepends=True):
        boxes = [box for box in BOX.finditer(text, start, start + len(line)) if lines or not box["line"]]
        if boxes and (any(map(_is_ticked, boxes)) or OPENS.search(text[start : boxes[0].start()])):
            yield from _whole_line(text, start, start + len(line), [*_of_line(text, start, start + len(line), boxes)])
        else:
            yield from ((*choice.span(), "") for choice in CHOICE.finditer(text, start, start + len(line)))
        start += len(line)


def _is_ticked(box: re.Match) -> bool:
    return bool(box["tick"] or box["ticked"] or box["mark"])


def _of_line(text: str, start: int, end: int, boxes: list[re.Match]) -> Iterator[Edit]:
    """The same of one line, on which the boxes stand before what they are for, or behind it."""
    first = max(start, *(text.rfind(mark, start, boxes[0].start()) + 1 for mark in ":;"))
    behind = not text[boxes[-1].end() : end].strip(FILLER) and text[first : boxes[0].start()].strip(FILLER)
    before = [first, *(box.end() for box in boxes[:-1])]
    after = [*(box.start() for box in boxes[1:]), end]
    for box, last, following in zip(boxes, before, after, strict=True):
        if behind:
            yield (box.start() if _is_ticked(box) else last), box.end(), ""
        elif _is_ticked(box):
            yield box.start(), box.end() + (text[box.end() : box.end() + 1] == " "), ""
        else:
            ends = ENDS.search(text, box.end(), following)
            yield box.start(), min(ends.end() if ends else following, end - (text[end - 1] == "\n")), ""


def _whole_line(text: str, start: int, end: int, edits: list[Edit]) -> list[Edit]:
    """The ``edits`` of a line, or one that takes all of it where they leave nothing."""
    left = text[start : edits[0][0]] + "".join(text[one[1] : other[0]] for one, other in pairwise(edits))
    return edits if (left + text[edits[-1][1] : end]).strip(FILLER) else [(start, end, "")]
