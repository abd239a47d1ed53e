"""What is coded beside a stage: vessels (L, V), nerves (Pn), and what is left at the margins (R)."""

import re
from collections.abc import Iterator

STAGED = re.compile(r"\b[a-z]{0,2}p[tn][0-4x]")
CODE = re.compile(r"(?<![a-z0-9])(?:(?P<name>[lvr]|pn)(?P<figure>[012]|(?<!n)o))(?![a-z0-9]|[.][0-9]|[ ,;/]{1,3}[pc]?m[01x])")
BEFORE_NERVES = re.compile(r"(?<![a-z0-9])(?:[lv][0-2x]|pn[0-3x][a-c]?(?:[ ]?\([^)]{0,20}\))?)[ ,;/]{1,3}$")  # else pN is of nodes
LONGEST = 40  # characters of a code before


def coded(text: str) -> Iterator[re.Match]:
    """Each code with its ``name`` and its ``figure``, where ``text`` gives a stage."""
    for found in CODE.finditer(text) if STAGED.search(text) else ():
        if found["name"] != "pn" or BEFORE_NERVES.search(text, max(0, found.start() - LONGEST), found.start()):
            yield found
