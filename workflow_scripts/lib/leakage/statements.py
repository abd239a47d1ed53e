"""Reports that say how the patient fared: not what befell relatives, cells or reagents, nor what is denied, feared or only possible."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workflow_scripts.lib.leakage.evidence import Evidence
from workflow_scripts.lib.leakage.findings import Finding, counted

CHANCE = 0.05


@dataclass(frozen=True)
class Statement:
    """Words that state an outcome: whether they mean the ``event`` or its absence, and the words of the ``endpoint`` they belong to."""

    name: str
    event: bool
    endpoint: str
    said: str


CARE = r"(?:icu|itu|intensive care)"
STATEMENTS = (
    Statement(
        "death",
        True,
        "",
        r"died|deceased|passed away|expired|succumbed|pronounced dead|found dead|demise|before (?:his |her |the )?death|autops(?:y|ies)|"
        r"post-?mortem|hospice|comfort (?:care|measures) only|(?:cause|date|time|certificate) of death|death certificate|fatal outcome",
    ),
    Statement(
        "survival",
        False,
        "",
        r"survived|(?:is|was|remains|remained|still|discharged) alive|alive (?:and well|at last|with disease|without)|"
        r"(?:was|were) discharged|(?:at|on) last follow-?up|"
        r"no evidence of (?:disease|recurrence) (?:at|after|on) (?:\w+ ){0,3}(?:months?|years?|follow-?up)",
    ),
    Statement(
        "intensive care",
        True,
        r"icu|intensive",
        rf"(?:admitted|transferred|moved|admission|transfer|treated) (?:to|in) (?:the |an? |our )?{CARE}|{CARE} (?:admission|stay)",
    ),
    Statement(
        "ventilation",
        True,
        r"ventilat|intubat",
        r"(?:was|were|been|subsequently) intubated|mechanical ventilation|mechanically ventilated",
    ),
    Statement(
        "recurrence",
        True,
        r"recur|relaps|progress",
        r"recurred|relapsed|has progressed|developed (?:a |an |local |distant |multiple )*(?:recurrence|relapse|metastas[ei]s)|"
        r"recurrence (?:was|is) (?:found|seen|detected|diagnosed|confirmed)",
    ),
)
RELATIVES = (
    r"mother|father|parents?|brothers?|sisters?|siblings?|sons?|daughters?|wife|husband|spouse|partner|uncles?|aunts?|cousins?|nephews?|nieces?|"
    r"grand\w+|famil\w+|relatives?|donors?|child(?:ren)?|friends?"
)
OTHERS = re.compile(
    rf"\b(?:{RELATIVES}|cells?|tissue|reagents?|kits?|lots?|batch|films?|licen[cs]e|warranty|insurance|air|co2|gas|volume)\b", re.IGNORECASE
)
UNSAID = re.compile(
    r"\b(?:no|not|never|nor|without|denie[sd]|denying|cannot|\w+n't|if|should|unless|whether|may|might|could|would|will|can|risk|rates?|"
    r"probability|likel\w+|chances?|expected|prevent\w*|avoid\w*|versus|history of|had been|prior to|previously)\b",
    re.IGNORECASE,
)
SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n\s*\n")
BEFORE, AFTER = 6, 3  # words of a sentence around a statement that may take it back
REMEDY = (
    "Use reports that were written before the index date, or cut out what was added later; "
    "a model that reads these learns the outcome from the words that state it."
)


def reports_that_state(evidence: Evidence) -> Iterator[Finding]:
    """Reports that state an outcome; an error where those who have it say so beyond chance (Fisher's exact test, one-sided)."""
    if "reports" not in evidence.modalities:
        return
    texts = evidence.modalities["reports"]["text"].to_numpy(dtype=object)
    event = evidence.outcome.event[evidence.positions("reports")]
    for statement in STATEMENTS:
        if re.search(statement.endpoint, evidence.endpoint, re.IGNORECASE):
            stating = which_state(texts, statement)
            if stating.any():
                yield _finding(statement, stating, event == statement.event)


def _finding(statement: Statement, stating: np.ndarray, fits: np.ndarray) -> Finding:
    from scipy.stats import hypergeom

    n, right = int(stating.sum()), int((stating & fits).sum())
    chance = hypergeom.sf(right - 1, len(fits), int(fits.sum()), n)
    outcome = "had the event" if statement.event else "had no event"
    said = f"{counted(n, 'report')} of {len(fits):,} speak of the patient's {statement.name}; {right:,} of these patients {outcome}."
    return Finding("report_states_outcome", statement.name, "error" if chance < CHANCE else "warning", n, said, REMEDY)


def which_state(texts: np.ndarray, statement: Statement) -> np.ndarray:
    """Which of ``texts`` (n,) state it of the patient."""
    words = rf"\b(?:{statement.said})\b"
    mention = pc.match_substring_regex(pa.array(texts, pa.string()), f"(?i){words}").to_numpy(zero_copy_only=False)
    said, found = re.compile(words, re.IGNORECASE), np.zeros(len(texts), dtype=bool)
    for row in np.flatnonzero(mention):
        found[row] = any(_stated(sentence, said) for sentence in SENTENCE.split(texts[row]))
    return found


def _stated(sentence: str, said: re.Pattern[str]) -> bool:
    return any(not _taken_back(sentence[: place.start()], sentence[place.end() :]) for place in said.finditer(sentence))


def _taken_back(before: str, after: str) -> bool:
    """Whether the words around a statement deny it, only fear it, or say it of somebody or something else."""
    lead, trail = " ".join(before.split()[-BEFORE:]), " ".join(after.split()[:AFTER])
    return bool(UNSAID.search(lead) or OTHERS.search(lead) or OTHERS.search(trail))
