"""Tables and texts of the report as small HTML pages; whatever comes from data is escaped."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.lib.contracts.files import atomic_path
from workflow_scripts.lib.contracts.ingest import Covariate
from workflow_scripts.lib.evaluate.figures.examples import Example
from workflow_scripts.lib.evaluate.style import ORACLE, name_of, say_number
from workflow_scripts.lib.provenance.log import logger

STYLE = """
body {font: 15px/1.5 system-ui, "DejaVu Sans", Verdana, sans-serif; color: #222; background: #fff; margin: 2rem auto; max-width: 78rem;
  padding: 0 1rem}
h1 {font-size: 1.5rem} h2 {font-size: 1.15rem; margin-top: 2.2rem} h2 small {font-weight: normal}
table {border-collapse: collapse; font-size: .92rem} th, td {padding: .35rem .6rem; text-align: right; white-space: nowrap}
th {border-bottom: 2px solid #777; vertical-align: bottom; white-space: normal} td {border-bottom: 1px solid #ddd}
th:first-child, td:first-child {text-align: left}
small {color: #666; display: block} .best {font-weight: bold} .alarm {color: #a03800; font-weight: bold}
.patient {border: 1px solid #ccc; border-radius: 6px; padding: .2rem 1.2rem 1rem; margin: 1.2rem 0}
.sides {display: grid; grid-template-columns: 1fr 1fr; gap: 1.6rem} .sides h3 {font-size: 1rem; margin: .4rem 0}
.faults {list-style: none; padding: 0; color: #a03800} mark {color: inherit; padding: 0 .2em; border-radius: 3px;
  -webkit-box-decoration-break: clone; box-decoration-break: clone}
.worse {background: #fbe0d0; border-bottom: 2px solid #d55e00} .better {background: #d5e8f5; border-bottom: 2px solid #0072b2}
.named {background: #e6e6e6; border-bottom: 2px solid #777} .fault {background: #fff; border: 2px dashed #a03800; color: #a03800}
pre {white-space: pre-wrap; background: #f5f5f5; padding: .8rem; border-radius: 4px; font-size: .88rem}
"""
COLUMNS = {
    "harrell_c": "Harrell's C", "uno_c": "Uno's C", "c_td": "C of the curves", "auc": "AUC over time", "ibs": "Integrated Brier",
    "spearman_teacher": "Spearman with teacher", "parse_rate": "answers read",
}  # fmt: skip
LARGEST = 1_500_000  # bytes: the report holds pages as addresses in base64, of which browsers open two mebibytes
LOWER_IS_BETTER = frozenset({"ibs"})
NEVER_BEST = frozenset({"spearman_teacher", "parse_rate"})


def page(title: str, body: str) -> str:
    """A page that stands alone: no script, nothing fetched."""
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head><body><h1>{escape(title)}</h1>\n{body}\n</body></html>\n'


def write_page(path: str | Path, text: str) -> None:
    """Write a page atomically; one that the report cannot show is said in the log."""
    if len(text.encode()) > LARGEST:
        logger.warning("%s is larger than %d bytes: browsers leave it blank within report.html; lower report.examples", path, LARGEST)
    with atomic_path(path) as part:
        part.write_text(text, encoding="utf-8")


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that are HTML already."""
    top = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "\n".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>\n{body}\n</tbody></table>"


def leaderboard_page(leaderboard: pd.DataFrame, comparisons: pd.DataFrame, outputs: Sequence[tuple[str, str]]) -> str:
    """Every cohort's families with their metrics, and how the families differ from their references."""
    parts = []
    for cohort, rows in leaderboard.groupby("cohort", sort=False):
        counted = rows.iloc[0]
        parts.append(f"<h2>{escape(str(cohort))}: {counted['n_patients']} held-out patients, {counted['n_events']} events</h2>")
        parts.append(_metrics_table(rows, outputs))
        parts.append("<h3>Paired differences</h3>")
        parts.append(_differences_table(comparisons[comparisons["cohort"] == cohort], outputs))
    note = "<p>Bold: the best mean of a column, which may well be chance; small: 95 % interval over resampled patients. "
    return page("Leaderboard", note + "Integrated Brier: lower is better; all others: higher is better.</p>" + "\n".join(parts))


def _metrics_table(rows: pd.DataFrame, outputs: Sequence[tuple[str, str]]) -> str:
    found = rows.set_index(["family", "output", "metric"]).sort_index()
    answered = rows[rows["family"] != ORACLE]  # which is no model: nobody is to beat it
    best = {metric: _best(answered[answered["metric"] == metric], metric) for metric in COLUMNS}
    body = []
    for family, output in (pair for pair in outputs if pair in found.index):  # only a simulated cohort has an oracle
        cells = [escape(name_of(family, output))]
        for metric in COLUMNS:
            key = (family, output, metric)
            cells.append(_cell(found.loc[key], metric, key[:2] == best[metric]) if key in found.index else "")
        body.append(cells)
    return table(["", *COLUMNS.values()], body)


def _cell(row: pd.Series, metric: str, best: bool) -> str:
    return f"{100 * row['mean']:.1f} %" if metric == "parse_rate" else _interval_cell(row, "mean", best)


def _best(rows: pd.DataFrame, metric: str) -> tuple[str, str] | None:
    means = rows.set_index(["family", "output"])["mean"].dropna()
    if metric in NEVER_BEST or means.empty:
        return None
    return means.idxmin() if metric in LOWER_IS_BETTER else means.idxmax()


def _interval_cell(row: pd.Series, column: str, best: bool = False, signed: bool = False) -> str:
    value, lower, upper = (say_number(row[name], signed) for name in (column, "lower", "upper"))
    words = f'<span class="best">{value}</span>' if best else value
    return f"{words}<small>{lower} {'to' if signed else '–'} {upper}</small>"


def _differences_table(comparisons: pd.DataFrame, outputs: Sequence[tuple[str, str]]) -> str:
    body, order = [], {family: place for place, (family, _) in enumerate(outputs)}
    ordered = comparisons.sort_values("family", key=lambda names: names.map(order), kind="stable")
    for (family, reference), pair in ordered.groupby(["family", "reference"], sort=False):
        found, cells = pair.set_index("metric"), [escape(f"{name_of(str(family))} − {reference.replace('_', ' ').replace(':', ': ')}")]
        for metric in ("harrell_c", "ibs"):
            cells += [_interval_cell(found.loc[metric], "difference", signed=True), p_words(found.loc[metric, "p_value"])]
        body.append(cells)
    return table(["", "Harrell's C", "p", "Integrated Brier", "p"], body)


def p_words(p_value: float) -> str:
    """A p-value as it is read aloud."""
    return "–" if np.isnan(p_value) else "&lt; 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def hazards_page(checks: pd.DataFrame, cohort: str, words: dict[str, str]) -> str:
    """The proportional-hazards check of the Cox teacher: a row per column of its design, in ``words``, over all folds."""
    body = []
    for column, rows in checks.groupby("column", sort=True):
        low = int((rows["p_value"] < 0.05).sum())
        count = f'<span class="alarm">{low} of {len(rows)}</span>' if 2 * low > len(rows) else f"{low} of {len(rows)}"
        body.append([escape(words[str(column)]), p_words(rows["p_value"].median()), p_words(rows["p_value"].min()), count])
    return page(f"{cohort}: proportional hazards", table(["covariate", "median p", "smallest p", "folds with p < 0.05"], body))


def words_of(columns: Iterable[str], covariates: Sequence[Covariate]) -> dict[str, str]:
    """Columns of the Cox design (``name``, ``name=level`` or ``name missing``) in a clinician's words."""
    known = {covariate.name: covariate for covariate in covariates}
    found = {}
    for column in columns:
        name, _, level = column.partition("=")
        covariate = known.get(name)
        if covariate is None:
            missing = known.get(column.removesuffix(" missing"))
            found[column] = f"{missing.label}: missing" if missing else column
        else:
            found[column] = f"{covariate.label}: {covariate.levels.get(level, level)}" if level else covariate.label
    return found


def prompts_page(cohort: str, student: str, examples: Sequence[Example]) -> str:
    """Example patients: what the student read, what it answered, and what its teacher says."""
    parts = []
    for place, example in enumerate(examples, 1):
        rows = [[escape(cell) for cell in row] for row in example.rows]
        heading = f"Patient {place} of {len(examples)}, from lowest to highest risk"
        parts.append(f'<div class="patient"><h2>{heading}</h2><pre>{escape(example.prompt)}</pre>{table(example.header, rows)}</div>')
    return page(f"{cohort}: what {student} reads and answers", "\n".join(parts))
