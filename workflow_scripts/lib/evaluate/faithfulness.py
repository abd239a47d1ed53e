"""Whether what is written of a patient is so: against what was read of the patient, and the curves that were predicted."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.cases import CASES
from workflow_scripts.lib.contracts.evaluate import PROSE_CHECKS, PROSE_SCORES
from workflow_scripts.lib.contracts.predictions import PREDICTIONS
from workflow_scripts.lib.contracts.splits import read_grid
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.evaluate.claims import Claim, Reader, Reading
from workflow_scripts.lib.evaluate.measures import Measures
from workflow_scripts.lib.prompts.prognosis import CaseTemplate
from workflow_scripts.lib.survival.metrics.bootstrap import interval, multiplicities
from workflow_scripts.lib.survival.metrics.ratios import ratio
from workflow_scripts.lib.survival.outcome import TimeGrid, log_risk_of
from workflow_scripts.lib.survival.scale import NUMBERS, RiskScale, fit_scale

VERBAL, COMBINED = CURVES = ("verbal", "combined")
CHECKS = (
    *("read", "formed", "line_verbal", "line_combined", "error_verbal", "error_combined"),
    *("finding", "number", "level", "level_taught", "side"),
)
FAITHFUL = ("line_verbal", "finding", "number", "level")  # what makes a text faithless; the other checks only describe it
FAULTLESS = "faultless"


@dataclass(frozen=True)
class Verdict:
    """One claim by one check: whether it ``holds``, what was ``expected`` instead, and of numbers of the line how many ``points`` apart."""

    check: str
    claim: Claim
    holds: bool
    expected: str = ""
    points: float = 0.0


@dataclass(frozen=True)
class Judged:
    """One text: what was read of the patient (a row of the cases contract), percentages (q,) by curve, and the verdicts on its claims.

    ``reading`` is None where the text could not be read; there is then nothing to judge.
    """

    case: pd.Series
    inputs: str
    text: str
    percent: Mapping[str, np.ndarray]
    reading: Reading | None
    verdicts: Sequence[Verdict]

    @property
    def faults(self) -> set[str]:
        """The checks that found something; ``read`` where the text could not be."""
        return {verdict.check for verdict in self.verdicts if not verdict.holds} if self.reading else {"read"}


class Judge:
    """Judges the texts of one fold. Levels are those of the risks that teachers see in its training patients."""

    def __init__(self, cases: pd.DataFrame, tolerance: float) -> None:
        own = cases[cases["copy"] == 0]
        train, first = own[own["role"] == "train"], own.iloc[0]
        template = CaseTemplate.model_validate_json(first["wording"])
        self.reader = Reader(template, first["horizon_days"], {phrase for named in own["findings"] for phrase in named})
        self.scale: RiskScale = fit_scale(log_risk_of(np.stack(train["teacher_survival"].tolist())))
        self.levels, self.tolerance = template.levels, tolerance

    def level_of(self, survival: np.ndarray) -> str:
        """The word for the part of the training patients' risks in which the risk of a curve (k,) lies."""
        number = self.scale.number(log_risk_of(survival[None]))[0]
        return self.levels[int(number) * len(self.levels) // NUMBERS]

    def judge(self, case: pd.Series, inputs: str, said: Mapping[str, pd.Series], percent: Mapping[str, np.ndarray]) -> Judged:
        """The verdicts on what was ``said``: by output, a row of the predictions contract."""
        verbal = said[VERBAL]
        reading = self.reader.read(verbal["text"]) if verbal["parsed"] and verbal["text"] else None
        verdicts: list[Verdict] = []
        if reading:
            verdicts += self._of_line(reading, percent)
            verdicts += _of_findings(reading, inputs, set(map(str.lower, case["findings"])))
            verdicts += self._of_numbers(
                reading, "\n".join([inputs, *case["findings"]]), verbal["text"], case["horizon_days"], percent[VERBAL]
            )
            verdicts += self._of_level("level", reading, verbal["survival"])
            if taught := self.reader.read(case["completion"]):
                verdicts += [*self._of_level("level_taught", taught, case["teacher_survival"]), *_of_sides(reading, taught)]
        return Judged(case, inputs, verbal["text"] or "", percent, reading, verdicts)

    def _of_line(self, reading: Reading, percent: Mapping[str, np.ndarray]) -> Iterator[Verdict]:
        for curve in CURVES:
            for claim, predicted in zip(reading.of("line"), percent[curve], strict=True):
                if np.isfinite(predicted):
                    points = abs(float(claim.said) - predicted)
                    yield Verdict(f"line_{curve}", claim, points <= self.tolerance + 1e-9, f"{predicted:.0f}", points)

    def _of_level(self, check: str, reading: Reading, survival: Sequence[float]) -> list[Verdict]:
        level = self.level_of(np.asarray(survival, dtype=float))
        return [Verdict(check, claim, (claim.said.lower() == level.lower()) != claim.denied, level) for claim in reading.of("level")]

    def _of_numbers(self, reading: Reading, inputs: str, text: str, days: Sequence[float], percent: np.ndarray) -> list[Verdict]:
        """Numbers in prose; see ``Measures.judge``. A horizon beyond the grid has what the line says there."""
        line, numbers = reading.of("line"), reading.of("number")
        stated = np.where(np.isfinite(percent), percent, [float(claim.said) for claim in line])
        measures = Measures(inputs, text[: line[-1].end], days, stated, self.tolerance)
        return [Verdict("number", *one) for one in zip(numbers, measures.judge(text, numbers), strict=True)]


def _of_findings(reading: Reading, inputs: str, own: set[str]) -> list[Verdict]:
    """Own are the patient's ``own`` findings, and what else was read; not what a report only holds to be possible."""
    return [Verdict("finding", claim, claim.said.lower() in own or is_in(claim.said, inputs)) for claim in reading.of("finding")]


def is_in(phrase: str, inputs: str) -> bool:
    """Whether ``phrase`` was read as a whole item, between marks: part of one may say the opposite, as "invasion" of "invasion absent"."""
    return bool(re.search(rf"(?:^|[;:]\s*|[,.]\s+){re.escape(phrase)}\s*(?:$|;|[,.](?!\d))", inputs, re.IGNORECASE | re.MULTILINE))


def _of_sides(reading: Reading, taught: Reading) -> Iterator[Verdict]:
    """Of findings that the teacher's text names, too, where both say on which side."""
    sides = {claim.said.lower(): claim.side for claim in taught.of("finding") if claim.side}
    for claim in reading.of("finding"):
        if claim.side and (side := sides.get(claim.said.lower())):
            yield Verdict("side", claim, claim.side == side, side)


def read_judged(
    time_grid: str | Path, cases: Sequence[str | Path], predictions: Sequence[str | Path], folds: Sequence[str], **how: Any
) -> list[Judged]:
    """The judged texts of all test patients of ``folds``, each of which has a file of cases and one of predictions; see ``judge_fold``."""
    found = []
    for fold, told, said in zip(folds, cases, predictions, strict=True):
        rows = read_table(told, CASES, {"copy": 0}), read_table(said, PREDICTIONS, {"role": "test"})
        found += judge_fold(*rows, read_grid(time_grid, fold), **how)
    return found


def judge_fold(cases: pd.DataFrame, predictions: pd.DataFrame, grid: TimeGrid, tolerance: float, covariates: bool) -> list[Judged]:
    """Every text of a fold's test patients, in their order, from rows of the contracts of these names.

    ``covariates`` says whether the family reads them. A horizon beyond the grid has no curve to be compared with. Raises StageRefusal
    where a patient who was told about has no answer.
    """
    judge = Judge(cases, tolerance)
    test = cases[(cases["role"] == "test") & (cases["copy"] == 0)].set_index("patient_id", drop=False)
    said = {output: _answers_of(output, predictions, test.index) for output in CURVES}
    percent = (
        {output: _percents(rows["survival"], grid, test["horizon_days"].iloc[0]) for output, rows in said.items()} if len(test) else {}
    )
    judged = []
    for place, (_, case) in enumerate(test.iterrows()):
        inputs = "\n".join([case["report"], case["patient"].strip()]) if covariates else case["report"]
        stated = {output: rows.iloc[place] for output, rows in said.items()}
        judged.append(judge.judge(case, inputs, stated, {output: found[place] for output, found in percent.items()}))
    return judged


def _answers_of(output: str, predictions: pd.DataFrame, patients: pd.Index) -> pd.DataFrame:
    rows = predictions[predictions["output"] == output].set_index("patient_id")
    missing = int((~patients.isin(rows.index)).sum())
    if missing:
        raise StageRefusal(
            f"prose: output '{output}' has no answer for {missing} of {len(patients)} test patients; predict that fold again"
        )
    return rows.loc[patients]


def _percents(curves: pd.Series, grid: TimeGrid, horizon_days: np.ndarray) -> np.ndarray:
    """Percent event-free (n, q); NaN where nothing was answered, and beyond the grid."""
    nothing, days = np.full(len(grid), np.nan), np.asarray(horizon_days, dtype=float)
    found = 100 * grid.survival_at(np.stack([nothing if curve is None else np.asarray(curve, dtype=float) for curve in curves]), days)
    return np.where(days <= grid.edges[-1], found, np.nan)


def check_rows(judged: Sequence[Judged]) -> pd.DataFrame:
    """Rows of the prose_checks contract: one per patient and check."""
    lines = [(one.case["fold"], one.case["patient_id"], *counted) for one in judged for counted in _counts(one)]
    return pd.DataFrame(lines, columns=PROSE_CHECKS.schema().names)


def _counts(one: Judged) -> Iterator[tuple[str, int, float]]:
    """By check, the claims and the amount."""
    there = int(one.reading is not None)
    whole_text = {"read": (1, there), "formed": (there, there and int(one.reading.formed))}
    whole_text |= {FAULTLESS: (there, there and int(one.faults.isdisjoint(FAITHFUL)))}
    for check in (*CHECKS, FAULTLESS):
        kind, _, curve = check.partition("_")
        own = [verdict for verdict in one.verdicts if verdict.check == (f"line_{curve}" if kind == "error" else check)]
        amount = sum(verdict.points if kind == "error" else verdict.holds for verdict in own)
        claims, amount = whole_text.get(check, (len(own), amount))
        yield check, claims, float(amount)


def score_rows(checks: pd.DataFrame, resamples: int, seed: int) -> pd.DataFrame:
    """Rows of the prose_scores contract: the part of all claims that hold, or the mean error, by fold and over all.

    Intervals are percentiles over resamples of the patients, who bring all their claims with them. What nobody claims has no rate.
    """
    patients = pd.Index(sorted(checks["patient_id"].unique()))
    drawn = multiplicities(len(patients), resamples, seed)
    lines = []
    for fold, rows in (("all", checks), *checks.groupby("fold")):
        for check, own in rows.groupby("check"):
            sums = own.groupby("patient_id")[["claims", "amount"]].sum()
            claims, amount = sums.reindex(patients, fill_value=0).to_numpy(dtype=float).T
            values = ratio(drawn @ amount, drawn @ claims)
            lines.append((check, str(fold), values[0], *interval(values[1:]), int(claims.sum()), int((claims > 0).sum())))
    return pd.DataFrame(lines, columns=PROSE_SCORES.schema().names)
