"""Identifiers taken out of free text, each replaced by its kind in brackets.

Presidio, the best-kept library for this, needs spaCy and a language model that package registries do not carry, and knows neither
TCGA barcodes nor what OCR makes of them; so the patterns are ours (``resources/identifiers.yaml``), reviewed as data. Names are found
where a label, a title or the cohort's own tables give them away, not wherever they stand: reports that are to leave the hospital need
more than this.
"""

import re
from collections.abc import Iterable

from workflow_scripts.lib.ingest.identifiers import Lexicon
from workflow_scripts.lib.ingest.texts.codes import cut_codes

SHORTEST = 3  # characters of a value that is looked for in a patient's own reports


def deidentify(text: str, own: Iterable[str], lexicon: Lexicon, dates: bool = True) -> tuple[str, int]:
    """``text`` with identifiers replaced by [KIND], and how many were; ``own`` are values that identify this patient, as [ID].

    Exact dates stay where ``dates`` is False. Replacing twice changes nothing.
    """
    own = list(own)
    text, count = cut_codes(text, own)
    for kind, pattern in lexicon.texts:
        if dates or kind != "DATE":
            text, found = pattern.subn(lambda match, kind=kind: _replaced(match, kind), text)
            count += found
    mine = _own_pattern(own)
    if mine:
        text, found = mine.subn("[ID]", text)
        count += found
    return text, count


def _replaced(match: re.Match, kind: str) -> str:
    """The match with its group ``it`` replaced, or as a whole."""
    if "it" not in match.re.groupindex:
        return f"[{kind}]"
    start, end = (place - match.start() for place in match.span("it"))
    return f"{match[0][:start]}[{kind}]{match[0][end:]}"


def _own_pattern(own: Iterable[str]) -> re.Pattern | None:
    """Any of these values as whole words, in any case, the longest first."""
    values = sorted({value.strip() for value in own if len(value.strip()) >= SHORTEST}, key=lambda value: (-len(value), value))
    return re.compile(rf"(?i)(?<!\w)({'|'.join(map(re.escape, values))})(?!\w)") if values else None
