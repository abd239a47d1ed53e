"""Texts beside what was read of the patient: rates of faithfulness, then examples with the evidence highlighted and every fault marked."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain, zip_longest

import numpy as np
import pandas as pd

from workflow_scripts.lib.contracts.ingest import Cohort
from workflow_scripts.lib.evaluate.claims import whole
from workflow_scripts.lib.evaluate.faithfulness import COMBINED, FAULTLESS, VERBAL, Judged, Verdict
from workflow_scripts.lib.evaluate.figures.pages import page, table
from workflow_scripts.lib.evaluate.style import say_number
from workflow_scripts.lib.prompts.wording import say_days

RATES = {
    FAULTLESS: "Texts without a fault of the four kinds below",
    f"line_{VERBAL}": "Probabilities stated within {tolerance:g} points of the curve through them",
    "finding": "Findings named that are the patient's own: in what was read, without a doubt",
    "number": "Numbers in prose that are so: percent within {tolerance:g} points of the curve, all else as read, or in the line",
    "level": "Levels of risk that are those of the curve, by equal parts of the training patients",
    "level_taught": "The same of what its teacher would write: near the limits of the parts even a teacher's level and curve may differ",
    "side": "Findings that its teacher names too, on the same side as the teacher",
    f"error_{VERBAL}": "Mean distance of stated probabilities from the curve through them",
    f"line_{COMBINED}": "Probabilities stated within {tolerance:g} points of the combined curve",
    f"error_{COMBINED}": "Mean distance of stated probabilities from the combined curve",
    "read": "Texts whose line of probabilities could be read; the others count nowhere else",
    "formed": "Texts in the form of the template; in others only findings in known words are seen",
}
FAULTS = {
    "read": "a text that could not be read",
    f"line_{VERBAL}": "a probability off its curve",
    "finding": "a finding that is not the patient's own",
    "number": "a number from nowhere",
    "level": "a level that does not fit the curve",
    "side": "a finding on the other side than its teacher has it",
}
SAID = {
    f"line_{VERBAL}": "is stated; the curve through all that is stated has {expected}.",
    "finding": "is not in what was read of this patient.",
    "number": "was neither read of this patient, in that unit, nor lies on the curve or stands in the line of probabilities.",
    "level": "is stated; the curve lies in the part of training patients called {expected}.",
    "side": "is named; its teacher names it as {expected}.",
}
SYMBOLS = {"worse": "▲", "better": "▼", "named": "●", "fault": "✗"}
LONGEST = 4000  # characters of what was read, per patient


@dataclass(frozen=True)
class Example:
    """A text that is shown, what became of the patient, and ``why`` it was chosen."""

    judged: Judged
    outcome: str
    why: str


@dataclass(frozen=True)
class Mark:
    """From ``start`` to ``end`` of a text, in the style of ``kind``: worse, better, named or fault."""

    start: int
    end: int
    kind: str


def choose(judged: Sequence[Judged], cohort: Cohort, count: int, seed: int) -> list[Example]:
    """``count`` texts drawn at random, in turn of patients whose event was seen and of others; and for every kind of fault that these do
    not show and others have, the first of those in the order drawn."""
    order = [judged[place] for place in np.random.default_rng(seed).permutation(len(judged))]
    event = cohort.rows["event"]
    by_outcome = [[one for one in order if bool(event[one.case["patient_id"]]) == seen] for seen in (True, False)]
    drawn = [one for one in chain.from_iterable(zip_longest(*by_outcome)) if one is not None][:count]
    chosen = [(one, "drawn at random") for one in drawn]
    for fault, words in FAULTS.items():
        if not any(fault in one.faults for one, _ in chosen):
            chosen += [(one, f"drawn among those with {words}") for one in order if fault in one.faults][:1]
    return [Example(one, _outcome(cohort.rows.loc[one.case["patient_id"]]), why) for one, why in chosen]


def _outcome(row: pd.Series) -> str:
    return f"event on day {row['days']:,.0f}" if row["event"] else f"last seen on day {row['days']:,.0f}, without the event"


def prose_page(cohort: str, family: str, scores: pd.DataFrame, examples: Sequence[Example], tolerance: float) -> str:
    """The page, from rows of the prose_scores contract over all folds, and the texts that are shown."""
    parts = ["<h2>How much of it is so</h2>", _rates(scores, tolerance)]
    if examples:
        legend = ", ".join(_wrapped(kind, words) for kind, words in (("worse", "named for the worse"), ("better", "named for the better")))
        known = f"{legend}, {_wrapped('named', 'named on no side')}, {_wrapped('fault', 'a fault')}"
        parts.append(f"<h2>Texts beside what was read</h2><p>{known}</p>")
    parts += [_shown(place, len(examples), example) for place, example in enumerate(examples, 1)]
    return page(f"{cohort}: whether what {family} writes is so", "\n".join(parts))


def _rates(scores: pd.DataFrame, tolerance: float) -> str:
    found, rows = scores.set_index("check"), []
    for check, words in RATES.items():
        score, error = found.loc[check], check.startswith("error")
        value, lower, upper = (say_number(score[name] if error else 100 * score[name], places=1) for name in ("value", "lower", "upper"))
        of = f"{score['claims']:,}<small>of {score['n_patients']:,} patients</small>"
        rate = f"{value} {'points' if error else '%'}<small>{lower} – {upper}</small>" if score["claims"] else value
        rows.append([_wide(words.format(tolerance=tolerance)), rate, of])
    return table(["", "rate or mean, 95 % interval", "how many"], rows)


def _wide(words: str) -> str:
    return f'<div style="white-space: normal">{escape(words)}</div>'


def _shown(place: int, count: int, example: Example) -> str:
    one = example.judged
    heading = f"Patient {place} of {count}: {escape(example.outcome)}<small>{escape(example.why)}</small>"
    left = f"<h3>What was read</h3><pre>{_evidence(one)}</pre>"
    right = f"<h3>What was written</h3><pre>{_marked(one.text, _marks(one.verdicts))}</pre>{_numbers(one)}{_faults(one)}"
    taught = f"<small>Its teacher would write: {escape(one.case['completion'])}</small>"
    return f'<div class="patient"><h2>{heading}</h2><div class="sides"><div>{left}</div><div>{right}{taught}</div></div></div>'


def _evidence(one: Judged) -> str:
    """What was read, those findings highlighted that the text names; findings which do not stand there in these words, below it."""
    genes = [f"Gene expression: {'measured' if one.case['has_genes'] else 'not measured'}."] if len(one.case["genes"]) else []
    text, marks, elsewhere = "\n".join([one.inputs, *genes]), [], []
    for verdict in one.verdicts:
        if verdict.check == "finding" and verdict.holds:
            places = list(re.finditer(whole(re.escape(verdict.claim.said)), text, re.IGNORECASE))
            marks += [Mark(*found.span(), _kind(verdict)) for found in places]
            elsewhere += [] if places else [_wrapped(_kind(verdict), verdict.claim.said)]
    cut = f"\n… and {len(text) - LONGEST:,} more characters" if len(text) > LONGEST else ""
    also = f"\nStated in other words: {', '.join(elsewhere)}" if elsewhere else ""
    return _marked(text[:LONGEST], [mark for mark in marks if mark.end <= LONGEST]) + cut + also


def _kind(verdict: Verdict) -> str:
    return (verdict.claim.side or "named") if verdict.holds else "fault"


def _marks(verdicts: Iterable[Verdict]) -> list[Mark]:
    """Findings by their side, and faults; which side a teacher has it on, and the combined curve, are no matter of the text itself."""
    shown = [verdict for verdict in verdicts if verdict.check in SAID and verdict.check != "side"]
    return [Mark(v.claim.start, v.claim.end, _kind(v)) for v in shown if v.check == "finding" or not v.holds]


def _marked(text: str, marks: Sequence[Mark]) -> str:
    """``text`` as HTML with its marks; of those that overlap the one that begins first, and of these the longest."""
    parts, at = [], 0
    for mark in sorted(marks, key=lambda one: (one.start, -one.end)):
        if mark.start >= at:
            parts += [escape(text[at : mark.start]), _wrapped(mark.kind, text[mark.start : mark.end])]
            at = mark.end
    return "".join([*parts, escape(text[at:])])


def _wrapped(kind: str, words: str) -> str:
    return f'<mark class="{kind}">{SYMBOLS[kind]}&nbsp;{escape(words)}</mark>'


def _numbers(one: Judged) -> str:
    """The stated probabilities, and the level, beside the curves."""
    if one.reading is None:
        return ""
    rows = []
    off = {verdict.claim for verdict in one.verdicts if verdict.check in (f"line_{VERBAL}", "level") and not verdict.holds}
    for place, claim in enumerate(one.reading.of("line")):
        curves = [say_number(one.percent[curve][place], places=0) for curve in (VERBAL, COMBINED)]
        rows.append([escape(say_days(int(one.case["horizon_days"][place]))), _flagged(claim.said, claim in off), *curves])
    for verdict in (verdict for verdict in one.verdicts if verdict.check == "level"):
        rows.append(["level", _flagged(verdict.claim.words, verdict.claim in off), escape(verdict.expected), ""])
    return table(["percent event-free at", "written", "curve through it", "combined curve"], rows)


def _flagged(words: str, off: bool) -> str:
    return f'<span class="alarm">{SYMBOLS["fault"]} {escape(words)}</span>' if off else escape(words)


def _faults(one: Judged) -> str:
    """Every fault in a sentence; of a finding that is not the patient's own, its numbers go with it."""
    if one.reading is None:
        said = ["The line of probabilities could not be read: nothing that this text says is counted."]
    else:
        found = [verdict for verdict in one.verdicts if verdict.check in SAID and not verdict.holds]
        strange = [verdict.claim for verdict in found if verdict.check == "finding"]
        told = [v for v in found if v.check != "number" or not any(claim.start <= v.claim.start < claim.end for claim in strange)]
        said = [f"“{verdict.claim.words}” {SAID[verdict.check].format(expected=verdict.expected)}" for verdict in told]
    listed = "".join(f"<li>{SYMBOLS['fault']} {escape(sentence)}</li>" for sentence in dict.fromkeys(said))
    return f'<ul class="faults">{listed}</ul>' if said else "<p>✓ No fault was found.</p>"
