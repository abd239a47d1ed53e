"""Stage, as stated."""

import re
from collections.abc import Iterator

from workflow_scripts.lib.reports.rules.codes import coded
from workflow_scripts.lib.reports.rules.passages import Passage
from workflow_scripts.lib.reports.statements import Statement

PREFIX = r"(?P<prefix>(?:(?:y|r|m|a|u)?[pc]|y)?)"
T = re.compile(
    rf"(?<![a-z0-9])(?:st)?(?!up[ ]?to|[a-z]?pto[a-z]{{3}}){PREFIX}[ ]?t[ ]?(?P<value>is(?![a-z])|[0-4olx]"
    rf"|i(?=[ab]?(?:[^a-z0-9]|[npm][0-3ox]|$))"
    rf"|a(?![a-z]))(?:[ ]?\(?(?P<sub>[a-e](?![a-z])"
    rf"|[a-e](?=[npm][ ]?[0-3ox])))?(?P<third>[1-3](?=[ ,;n]|$))?\)?"
)
GLUED = rf"(?:(?<![a-z0-9]){PREFIX}|(?:(?<=[0-4x)])|(?<=[0-4][a-e])|(?<=[tn][olxi])|(?<=t[li][a-e]))(?P<glued>[pc]?))"
N = re.compile(
    rf"{GLUED}[ ]?n[ ]?(?P<value>[0-3lx](?![0-9])|o(?= \(|[ ,;/]*(?:[pc]?m[ ]?[x01o](?![a-z])|[).,;]|$))|i(?=[ ,;/]+p?m[ ]?[x01o](?![a-z]))"
    rf"|(?<=pn)o"
    rf"|(?<=pn )o)(?P<sub>[a-c](?![a-z]))?(?![abd-ln-z])"
)
M = re.compile(rf"{GLUED}[ ]?m[ ]?(?P<value>[01olx](?![0-9d-z]|[.,][0-9]|[ ]?(?:cm|mm)))(?P<sub>[a-c](?![a-z]))?")
SPEAKS = re.compile(
    r"\b(?:st)?p ?t ?[0-4aoxil]|\b[ymrau]pt[0-4aoxil]|\by?p?t[0-4][a-e]?[ ,]{0,2}n|\bstag(?:e|ing)\b|tnm|primary tumou?r"
    r"|\bp[ ]?[tnm][ ]?[0-4xol]\b"
    r"|\bp[nm][0-4xo]|regional lymph nodes ?\(p|distant metastas\w+ ?\(p"
    r"|\bt[ ]?[0-4lx][ ]?[a-d]?[ ,;]+n[ ]?[0-3ox][ ,;]+m[ ]?[01xo]\b|\b(?:pathological|clinical) [tnm]\b|\b[yc]p?t[0-4]"
    r"|\b[pc]?t[1-4][a-e]?\b|\b[pc]n[0-3x]\b|\b[pc]m[01x]\b"
)
GROUP = re.compile(
    r"\bstage(?: group(?:ing)?)?(?: \([^)]{0,30}\))?(?: is| summary)?[ ]?[:=-]?[ ]?(?:stage )?(?P<value>iv|i{1,3}|[0-4]"
    r"|[l1]{2,3}|ill?|lv)[ ]?(?P<sub>[abc][1-3]?(?![a-z0-9]))?(?![a-z0-9/]|[.][0-9]|[ ]?(?:of|/|renal disease|kidney))"
)
ROMAN = {
    "1": "I",
    "2": "II",
    "3": "III",
    "4": "IV",
    "0": "0",
    "ll": "II",
    "11": "II",
    "lll": "III",
    "111": "III",
    "ill": "III",
    "il": "II",
    "lv": "IV",
}
ORGAN = r"kidney|renal|liver|hepatic|lung|pulmonary|heart"
OTHER = re.compile(rf"\b(?:clinical|end) $|\b(?:{ORGAN}) (?:disease|failure|fibrosis)[ (]*(?:ckd)?[ )]*$|\bckd $")  # no tumour's
DENIED = re.compile(r"\b(?:not|rather than|instead of) (?:a )?$|_{3,}$|\bnot (?:meet|qualify|fulfil\w*|reach)\b[a-z ]{0,30}$")
DOUBTED = re.compile(
    r"[ ]?(?:disease |stage |tumou?r |invasion )?(?:can ?not be (?:\w+ )?(?:excluded|ruled out)|(?:is )?not (?:\w+ )?excluded|versus|vs)\b"
)
MAYBE = re.compile(r"\b(?:can ?not exclude|favou?r\w*|likely|versus|vs[.]?|consider)[ ](?:an? |stage )?$")
N_BEHIND = re.compile(r"[ ,;]{0,2}p?n[ ]?[0-3ox](?![a-ln-z])")
READ = {"o": "0", "l": "1", "i": "1"}


def find(passage: Passage) -> Iterator[Statement]:
    """T, N, M and the stage group."""
    text = passage.text
    if SPEAKS.search(text):
        yield from _tnm(passage)
    for found in GROUP.finditer(text):
        value = ROMAN.get(found["value"], found["value"].upper()) + (found["sub"] or "").upper()
        if not OTHER.search(text[max(0, found.start() - 40) : found.start()]):
            yield from _statement(passage, "group", value, found)


def _tnm(passage: Passage) -> Iterator[Statement]:
    text = passage.text
    shared, end = "", -1
    for found in T.finditer(text):
        value = found["value"]
        if not (
            found["prefix"] or ((value not in "oli" or (value != "o" and N_BEHIND.match(text, found.end()))) and _in_stage(text, found))
        ):
            continue
        value = "is" if value == "is" else READ.get(value, value.upper() if value == "x" else value)
        sub = (found["sub"] or "") if value.isdigit() else ""
        yield from _statement(passage, "T", f"{found['prefix']}T{value}{sub}{(found['third'] or '') if sub else ''}", found)
        shared, end = found["prefix"], found.end()
    nerves = {found.start("figure") for found in coded(text) if found["name"] == "pn"}
    for letter, pattern in (("N", N), ("M", M)):
        for found in pattern.finditer(text):
            if found.start("value") in nerves:
                continue
            near = 0 <= found.start() - end <= 30
            own = found["prefix"] or found["glued"] or ""
            if not (own or near or _in_stage(text, found)):
                continue
            prefix = own or (shared if near and letter == "N" else "")
            value = READ.get(found["value"], found["value"].upper())
            yield from _statement(passage, letter, f"{prefix}{letter}{value}{found['sub'] or ''}", found)


def _in_stage(text: str, found: re.Match) -> bool:
    """Whether a category without a prefix stands where a stage is given."""
    before, after = text[max(0, found.start() - 50) : found.start()], text[found.end() : found.end() + 12]
    return (
        re.search(
            r"stag(?:e|ing)|tnm|classif|primary tumou?r|(?:pathologic(?:al)?|clinical) [tnm] ?$|[( ]t[0-4x][a-e]?[ ,]*$"
            r"|n[ ]?[0-3xo][a-c]?[ ,]*$",
            before,
        )
        is not None
        or N_BEHIND.match(after) is not None
    )


def _statement(passage: Passage, aspect: str, value: str, found: re.Match) -> Iterator[Statement]:
    """The category as it is stated or doubted; nothing where it is denied."""
    before, after = passage.text[max(0, found.start() - 50) : found.start()], passage.text[found.end() : found.end() + 60]
    if DENIED.search(before):
        return
    doubt = re.search(r"probabl|possibl|suspect|\?", before[-20:] + " " + after[:15]) or DOUBTED.match(after) or MAYBE.search(before)
    certainty = "uncertain" if doubt else "stated"
    yield passage.statement("stage", aspect, value, certainty, *found.span())
