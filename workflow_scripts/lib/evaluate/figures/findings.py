"""The leakage audit as a page: what was found, what is accepted and why, and what was looked for."""

from collections.abc import Sequence
from html import escape

import pandas as pd

from workflow_scripts.lib.contracts.leakage import CHECKS
from workflow_scripts.lib.evaluate.figures.pages import page, table

LEVELS = {"error": "stops the run", "warning": "to be read"}


def findings_page(findings: pd.DataFrame, cohort: str, notes: Sequence[str]) -> str:
    """Every row of the findings contract, errors first, below ``notes`` on how the cohort was analysed."""
    ordered = findings.sort_values(["level", "accepted", "check", "subject"])
    parts = [f'<p class="alarm">{escape(note)}</p>' for note in notes]
    parts += ["<h2>What was found</h2>", *([_finding(row) for _, row in ordered.iterrows()] or ["<p>Nothing.</p>"])]
    parts += ["<h2>What was looked for</h2>", _looked_for(findings["check"].value_counts())]
    return page(f"{cohort}: leakage audit", "\n".join(parts))


def _finding(row: pd.Series) -> str:
    name = escape(f"{row['check']}:{row['subject']}" if row["subject"] else row["check"])
    state = f"{row['level']}, accepted" if row["accepted"] else f'<span class="alarm">{row["level"]}</span>: {LEVELS[row["level"]]}'
    accepted = f"<p><strong>Accepted because:</strong> {escape(row['reason'])}</p>" if row["accepted"] else ""
    said = f"<p>{escape(row['sentence'])}</p><p><strong>What to do:</strong> {escape(row['remedy'])}</p>"
    return f'<div class="patient"><p><code>{name}</code> <small>{state}</small></p>{said}{accepted}</div>'


def _looked_for(counts: pd.Series) -> str:
    rows = [[_wide(escape(words)), str(counts.get(check, "none"))] for check, words in CHECKS.items()]
    return table(["", "findings"], rows)


def _wide(words: str) -> str:
    return f'<div style="white-space: normal">{words}</div>'
