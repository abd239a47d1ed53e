"""What scanning and printing put into reports, taken out; what the pathologist wrote stays.

Every pattern matches within one line and without backtracking (atomic groups), so that time grows with the length alone.
"""

import re
from collections import Counter
from itertools import pairwise

import pandas as pd

from workflow_scripts.lib.contracts.reports import CLEANED_REPORTS

PLAIN = str.maketrans(
    {"\u00a0": " ", "\t": " ", "\f": "\n", "‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "·": "-"}
)
POINT = re.compile(r"(?<=[0-9])·(?=[0-9]{1,2}[ ]?(?:cm|mm|x)\b)")  # of a size a point, of a grade's range a hyphen
MARKS = re.compile(  # whatever stands around them
    r"""
    \bUUID[ ]?:?[ ]?(?:[0-9A-Za-z]{6,8}(?:[ .,-]{1,4}[0-9A-Za-z]{3,5}){3}[ .,-]{1,4}[0-9A-Za-z][0-9A-Za-z ]{8,13}|\[ID\])
    | \bUUID[ ]?:?[ ]?(?>(?:[0-9A-Fa-fSOIZe]{1,12}[ .,-]{1,3}){3,7})[0-9A-Fa-f]{3,14}
    | \b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}
    | \bT[CO]GA[ ]?-[ ]?[0-9A-Z]{2}[ ]?-[ ]?[0-9A-Z]{4}(?:[ ]?-[ ]?[0-9A-Z]{3})?(?:[ ]?-[ ]?P[RI])?
    | \[ID\](?:[ ]?-[ ]?[0-9A-Z]{3})?(?:[ ]?-[ ]?PR)?
    | \bRedacted\b
    | (?i:\bpage[ ]*:?[ ]*[0-9il]{1,3}[ ]*of[ ]*[0-9il]{1,3}\b)
    | [Il1|!^(0]{8,}                                    # a barcode, as it is read
    | (?<!\S)(?>[Il1|!^iDH()]+(?!\S)[ ]?){4,}             # and in pieces
    """,
    re.VERBOSE,
)
BARS = re.compile(r"[Il1|!^()0V. ]*")  # what is left of a barcode beside its parts
AWAITED = re.compile(r"(?i)(?:\b(?:grade|stage|type|group|grading|is)|[:/=])$")  # what a Roman figure stands behind, that looks alike
FORM = re.compile(  # lines of forms and letterheads, as a whole
    r"""(?ix)
    [^a-z0-9]*(?:
      (?:surgical[ ])?pathology[ ](?:consultation[ ])?report[ .:]* | (?:\**[ ]*)?end[ ]of[ ]report[ .*]* | [.]?\(?continued\)?
    | (?:diagnosis|primary[ ]tumor[ ]site|hipaa)[ ]discrepancy.{0,30} | (?:prior[ ]malignancy[ ]history|dual/synchronous[ ]primary).{0,20}
    | case[ ]is[ ]\(?circle.{0,60} | reviewer[ ]initials.{0,60} | criteria | tss[ ](?:identifier|unique).{0,60} | yes[ ]+no
    )[^a-z0-9]*"""
)
OFFICE = re.compile(  # lines that an office has written, but for what may stand behind it
    r"""(?ix)
    [^a-z0-9]*(?:
      (?:printed|dictated|transcribed|typed)[ ](?:by|on)\b.{0,80}
    | (?:patient(?:'s)?[ ]name|patient[ ]id|med(?:ical|[.])?[ ]?rec(?:ord|[.])?|accession|account|visit|mrn|ssn|soc[.][ ]sec[.]|dob)
      [ ]*(?:no|number)?[ ]*[.]?[ ]*[#]?[ ]*:[^:]{0,40}(?::[^:]{0,40}){0,3}
    | \**[ ]*(?:report[ ])?electronically[ ]signed(?:[ ]out|[ ]by)?.{0,80}
    )[^a-z0-9]*"""
)
ODD = re.compile(r"[\^`~|\\{}<>_°»«§©®•■¢¥€$@=]")
LONG_WORD = re.compile(r"[^\W\d_]{5}")
KNOWN = re.compile(r"(?i)[0-9]|\b(?:no|yes|not|none|free|low|high)\b")
TELLS = (
    r"tumou?r|carcinoma|sarcoma|malignan|neoplas|metasta|margin|node|invas|necro|grade|stage|diagnos|\bpt|benign|identif|negative|positive"
    r"|absent|present"
)
FINDING = re.compile(rf"(?i){TELLS}")  # no office writes this
OFTEN = re.compile(rf"(?i){TELLS}|\bno\b|normal")  # no letterhead says this, however often it stands
FIGURE = re.compile(r"[^\W_]")
HALF = re.compile(r"[a-z]{2}-")
LONGEST = 240  # characters of a line that words are joined in
WHOLE_WORDS = {"non", "high", "low", "well", "poorly", "moderately", "intermediate", "clear", "pre", "post", "tan", "pink", "red", "gray"}
NOTHING = "nothing is left of the report once marks of scanning and forms are out"
REPEATED, NEAR = 3, 3  # a letterhead stands so often, each time so few lines from where a page ends


def clean(text: str) -> tuple[str, int]:
    """The report without marks of scanning, forms and letterheads, and how many characters less it has; cleaning twice changes nothing."""
    lines, pages = _lines(POINT.sub(".", text).translate(PLAIN))
    heads = _letterheads(lines, pages)
    kept = [line for place, line in enumerate(lines) if place not in heads and not _noise(line)]
    whole = "\n".join(_joined(kept)).strip("\n")
    return whole, len(text) - len(whole)


def clean_table(reports: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of the cleaned_reports contract, and of refusals, of a table of reports."""
    rows, refused = [], []
    for patient, text in zip(reports["patient_id"], reports["text"], strict=True):
        whole, removed = clean(text)
        if whole:
            rows.append((patient, whole, len(whole.split()), removed))
        else:
            refused.append((patient, NOTHING))
    columns = [field.name for field in CLEANED_REPORTS.fields]
    return pd.DataFrame(rows, columns=columns), pd.DataFrame(refused, columns=["patient_id", "reason"], dtype=object)


def _lines(text: str) -> tuple[list[str], list[int]]:
    """Lines without marks and spare spaces, and the places among them where a page ends."""
    lines, pages = [], []
    for line in text.split("\n"):
        plain = " ".join(line.split())
        if any(mark[0][:4].lower() == "page" for mark in MARKS.finditer(plain)):
            pages.append(len(lines))
        lines += _pieces(plain) if plain else [""]
    return lines, pages


def _pieces(line: str) -> list[str]:
    """What is left of a line between marks; taking one out may show another, that stood against it."""
    if not MARKS.search(line):
        return [line] if line else []
    found = [" ".join(piece.split()) for piece in MARKS.sub("\n", line).split("\n")]
    kept = (piece for last, piece in pairwise(["", *found]) if AWAITED.search(last) or not BARS.fullmatch(piece))
    return [one for piece in kept for one in _pieces(piece)]


def _letterheads(lines: list[str], pages: list[int]) -> set[int]:
    """Where lines stand that come back at every page."""
    near = {place + step for place in pages for step in range(-NEAR, NEAR + 1) if 0 <= place + step < len(lines)}
    often, everywhere = Counter(lines[place] for place in near if lines[place] and not OFTEN.search(lines[place])), Counter(lines)
    return {place for place in near if REPEATED <= often[lines[place]] == everywhere[lines[place]]}


def _noise(line: str) -> bool:
    """Whether the line holds nothing that was written: no letter and no digit, a form's line, or what a scan makes of handwriting."""
    if not line:
        return False
    if not FIGURE.search(line) or FORM.fullmatch(line) or (OFFICE.fullmatch(line) and not FINDING.search(line)):
        return True
    odd = len(ODD.findall(line))
    return odd >= 2 and odd * 10 >= len(line) and not LONG_WORD.search(line) and not KNOWN.search(line)


def _joined(lines: list[str]) -> list[str]:
    """Lines with words that were broken over two of them made whole, and never two empty lines in a row."""
    found: list[str] = []
    for line in lines:
        if found and line[:1].islower() and HALF.fullmatch(found[-1][-3:]) and len(found[-1]) + len(line) <= LONGEST:
            whole = _word(found[-1], line)
            if not MARKS.search(whole) and not _noise(whole):
                found[-1] = whole
                continue
        if line or (found and found[-1]):
            found.append(line)
    return found


def _word(line: str, rest: str) -> str:
    """Both as one line: the hyphen stays where it belongs to the word."""
    first = re.split(r"[^a-zA-Z]", line[-20:-1])[-1].lower()
    return (line if first in WHOLE_WORDS else line[:-1]) + rest
