"""Marks that a scan has set wrong: apart from the word that they belong to, doubled, where none belong, or for a space."""

import re
from collections.abc import Iterator

from workflow_scripts.lib.reports.rules.edited import Edit

LINKS = "through|thr0ugh|into|of|in|by|and|with|to"  # words that no sentence begins with where no space stands before them
INSTEAD = {"glued": " ", "before": "\n"}
MARKS = re.compile(
    r"(?<! )[ ]+(?=\n)|(?<=[^\s,;:_.\])])[ ]+(?P<mark>[,;:])[ ]*(?=[^\s,;:.?])"
    r"|(?<! )[ ]+[:;?!^~'\"<>|\\]{2,}(?=\s|$)"
    r"|(?<=[,:;])[ ]?\.+(?=\s|$)|(?<=[0-9])\.(?=\.[0-9])|(?i:(?<=\bno))\.(?=[ ](?!of\b|lymph|node|exam|pos|invol)[a-z])"
    r"|(?P<before>(?<=\S)[ %]{0,3}(?=(?:FINAL|PERMANENT|MICROSCOPIC)[ -](?:DIAGNOSIS|EXAMINATION) ?[:;]))"
    rf"|(?P<glued>(?<=[A-Za-z]{{3}})\.(?=(?i:{LINKS})[ ]))"
)


def tidied(text: str) -> Iterator[Edit]:
    """What to put instead of each wrong mark of ``text``."""
    for found in MARKS.finditer(text):
        yield *found.span(), f"{found['mark']} " if found["mark"] else INSTEAD.get(found.lastgroup, "")
