"""Asking a language model what a report states, and holding its answer against the report. A report is data: nothing in it is obeyed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pandas as pd

from workflow_scripts.lib.config.base import parse, read_yaml
from workflow_scripts.lib.contracts.reports import ENGINE_CALLS, REFINED_REPORTS
from workflow_scripts.lib.reports.answers import Read, read_answer
from workflow_scripts.lib.reports.cache import Answers, kinds
from workflow_scripts.lib.reports.engines.base import Conversation, Reply
from workflow_scripts.lib.reports.fields import ReportField
from workflow_scripts.lib.reports.framed import FramedTemplate, shortened
from workflow_scripts.lib.reports.rules import refine_by_rules
from workflow_scripts.lib.reports.statements import Statement

ANSWERED, UNREAD, EMPTY = "answered", "unread answer", "empty report"
NOTHING = Read((), 0)


class RefineTemplate(FramedTemplate):
    """`resources/reports/refine.yaml`; {structure} is the list of fields."""

    placeholders: ClassVar[tuple[str, ...]] = ("structure",)

    def conversation(self, report: str, structure: str) -> Conversation:
        """What is asked about one report."""
        return self.framed(report, structure=structure)


def load_refine_template(path: str | Path) -> RefineTemplate:
    """Read and check the template; raises ConfigError."""
    return parse(RefineTemplate, read_yaml(path), str(path))


def structure_of(fields: Mapping[str, ReportField]) -> str:
    """The list of fields as a model reads it."""
    lines = []
    for name, rules in fields.items():
        own = rules.pattern if isinstance(rules.pattern, dict) else {}
        allowed = f"one of {', '.join(rules.values)}" if rules.values else f"text that matches the pattern {rules.pattern}"
        lines += [f"- {name}: {rules.meaning}; value: {'text that matches the pattern of its aspect' if own else allowed}"]
        lines += [f"    aspect {aspect}: {rules.aspects[aspect]}{f'; pattern {own[aspect]}' if own else ''}" for aspect in rules.aspects]
    return "\n".join(lines)


@dataclass(frozen=True)
class Refined:
    """What became of one report; ``outcome`` is ANSWERED, or what went wrong in words that quote nothing."""

    outcome: str
    read: Read = NOTHING
    cut: int = 0  # characters that were not shown


def refine_with_model(texts: Sequence[str], answers: Answers, template: RefineTemplate, fields: Mapping, longest: int) -> list[Refined]:
    """What a model says of each text; raises StageRefusal where nobody answers."""
    structure, shown = structure_of(fields), [shortened(text, longest) for text in texts]
    asked = [place for place, text in enumerate(texts) if text.strip()]
    replies = answers.to([template.conversation(shown[place][0], structure) for place in asked], "reports")
    done = [Refined(EMPTY)] * len(texts)
    for place, reply in zip(asked, replies, strict=True):
        done[place] = _held_against(texts[place], reply, fields, shown[place][1])
    return done


def _held_against(text: str, reply: Reply, fields: Mapping[str, ReportField], cut: int) -> Refined:
    if reply.text is None:
        return Refined(reply.failure, cut=cut)
    read = read_answer(reply.text, text, fields)
    return Refined(UNREAD, cut=cut) if read is None else Refined(ANSWERED, read, cut)


def refine_with_rules(texts: Sequence[str]) -> list[Refined]:
    """What the rules find in each text."""
    return [Refined(ANSWERED, Read(tuple(refine_by_rules(text)), 0)) if text.strip() else Refined(EMPTY) for text in texts]


def tables(reports: pd.DataFrame, done: Sequence[Refined]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Rows of REFINED_REPORTS, ENGINE_CALLS and REFUSALS of ``reports``, rows of CLEANED_REPORTS; everybody is in the first or the last."""
    rows, calls, refused = [], [], []
    for report, one in zip(reports.itertuples(), done, strict=True):
        found = one.read.statements
        rows += [_row(report, number, said) for number, said in enumerate(found)]
        unsupported = sum(said.start is None for said in found)
        calls.append((report.patient_id, one.outcome, len(found), unsupported, one.read.dropped, one.cut))
        if not found:
            why = "states nothing that the structure has a place for" if one.outcome == ANSWERED else f"could not be refined: {one.outcome}"
            refused.append((report.patient_id, f"report: {why}"))
    columns = [field.name for field in REFINED_REPORTS.fields]
    refined = pd.DataFrame(rows, columns=columns).astype({"start": "Int64", "end": "Int64", "supported": bool})
    counted = pd.DataFrame(calls, columns=[field.name for field in ENGINE_CALLS.fields])
    return refined, counted, pd.DataFrame(refused, columns=["patient_id", "reason"], dtype=object)


def _row(report, number: int, said: Statement) -> tuple:
    words = None if said.start is None else report.text[said.start : said.end]
    stated = (said.specimen, said.field, said.aspect, said.value, said.certainty)
    return (report.patient_id, number, *stated, words is not None, said.start, said.end, words)


def said_of(calls: pd.DataFrame, answers: Answers | None) -> str:
    """One line about a whole cohort: counts alone."""
    by = "the rules" if answers is None else f"{answers.engine.name} ({answers.asked} asked anew)"
    failures = [outcome for outcome in calls["outcome"] if outcome != ANSWERED]
    said = f"{calls['statements'].sum()} statements of {len(calls)} reports by {by}, {calls['unsupported'].sum()} without their words"
    said += f"; {calls['dropped'].sum()} dropped, {(calls['cut'] > 0).sum()} reports cut; failures: {kinds(failures) or 'none'}"
    return said
