"""Figures draw what they are given, and nothing else."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sksurv.nonparametric import kaplan_meier_estimator

from tests.evaluate.shown import GRID, folds_of, outcome_of, said, shown_of
from workflow_scripts.lib.evaluate.comparing import COMPARED
from workflow_scripts.lib.evaluate.figures.agreement import agreement_words, draw_agreement, paired_percentiles, paired_risks
from workflow_scripts.lib.evaluate.figures.brier import brier_of, brier_of_kaplan_meier, draw_brier
from workflow_scripts.lib.evaluate.figures.calibration import calibration_words, draw_calibration, groups_at
from workflow_scripts.lib.evaluate.figures.hidden import draw_hidden_states, percentiles, principal_components
from workflow_scripts.lib.evaluate.figures.leaderboard import draw_differences, draw_leaderboard
from workflow_scripts.lib.evaluate.figures.survival import draw_families, draw_student
from workflow_scripts.lib.evaluate.shown import Shown, pooled_outcome, thirds
from workflow_scripts.lib.evaluate.style import TALLEST, Look, save_svg, time_unit
from workflow_scripts.lib.survival.outcome import Outcome

N = 120
OUTCOME = outcome_of(N)
RISK = np.random.default_rng(4).normal(size=N)
LEVEL = {"harrell_c": 0.7, "uno_c": 0.68, "c_td": 0.69, "auc": 0.75, "ibs": 0.17}


@pytest.fixture(scope="module")
def shown() -> Shown:
    return shown_of({"student": RISK, "cox": RISK + 0.1, "teacher: cox": -RISK}, OUTCOME)


def outcome(days: list[float], event: list[bool]) -> Outcome:
    return Outcome(np.array(days, dtype=float), np.array(event))


def board(rows: dict[tuple[str, str], float]) -> pd.DataFrame:
    """Leaderboard rows by family and output, each metric ``shift`` off its level."""
    return pd.DataFrame([
        {"cohort": "small", "family": family, "output": output, "metric": metric, "mean": value + shift, "lower": value + shift - 0.05,
         "upper": value + shift + 0.04, "n_patients": 90, "n_events": 40}
        for (family, output), shift in rows.items() for metric, value in LEVEL.items()
    ])  # fmt: skip


def pairs() -> pd.DataFrame:
    return pd.DataFrame([
        {"cohort": "small", "family": "b", "reference": reference, "metric": metric, "difference": 0.01, "lower": -0.02, "upper": 0.03,
         "p_value": 0.01 if reference == "a" else 0.5}
        for reference in ("a", "teacher:cox") for metric in COMPARED
    ])  # fmt: skip


def states_and_probe() -> tuple[dict[str, np.ndarray], np.ndarray, pd.DataFrame]:
    rng, risk = np.random.default_rng(1), RISK[:50]
    noise = rng.normal(size=(50, 6))
    states = {"trained": noise + 5 * risk[:, None], "untrained": noise}
    rows = [(fold, weights, metric, value, 50) for fold, value in (("r1f1", 0.5), ("r1f2", 0.7))
            for weights in states for metric in ("probe_r2", "neighbour_spearman")]  # fmt: skip
    return states, risk, pd.DataFrame(rows, columns=["fold", "weights", "metric", "value", "n_patients"])


def points(line) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in zip(*line.get_data(), strict=True)]


def words_in(figure) -> str:
    return "\n".join(
        text.get_text() for axes in figure.axes for text in [*axes.texts, axes.title, axes._left_title, *axes.get_yticklabels()]
    )


def test_leaderboard_has_a_dot_and_a_whisker_for_every_value():
    outputs = [("b", "risk"), ("a", "risk"), ("teacher", "cox")]
    figure = draw_leaderboard(board({("a", "risk"): 0.01, ("b", "risk"): 0.0, ("teacher", "cox"): 0.02}), outputs)
    for axes, metric in zip(figure.axes, COMPARED, strict=True):
        dots = [points(line)[0] for line in axes.get_lines() if line.get_marker() == "o"]
        assert dots == [(LEVEL[metric] + shift, place) for place, shift in enumerate([0.0, 0.01, 0.02])]
        ends = [whisker.get_segments()[0][:, 0].tolist() for whisker in axes.collections]
        assert ends == [pytest.approx([x - 0.05, x + 0.04]) for x, _ in dots]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["b: risk", "a: risk", "teacher: cox"]


def test_leaderboard_draws_an_oracle_only_where_there_is_one():
    outputs = [("a", "risk"), ("oracle", "risk")]
    for there in (outputs, outputs[:1]):
        labels = draw_leaderboard(board(dict.fromkeys(there, 0.0)), outputs).axes[0].get_yticklabels()
        assert [label.get_text() for label in labels] == [f"{family}: {output}" for family, output in there]


def test_leaderboard_says_so_where_a_value_is_undefined():
    rows = board({("a", "risk"): 0.0})
    rows.loc[rows["metric"] == "ibs", ["mean", "lower", "upper"]] = np.nan
    axes = draw_leaderboard(rows, [("a", "risk")]).axes[-1]
    assert [text.get_text() for text in axes.texts] == ["–"]
    assert not axes.collections


def test_a_difference_is_filled_only_beyond_chance():
    figure = draw_differences(pairs(), ["a", "b", "teacher"])
    dots = [line for line in figure.axes[0].get_lines() if line.get_marker() == "o"]
    assert [line.get_markerfacecolor() == "white" for line in dots] == [False, True]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["b − a", "b − teacher: cox"]


def test_steps_are_those_of_kaplan_meier(shown):
    axes = draw_student(shown, "student").axes[0]
    answers, (unit, _) = shown.answers["student"], time_unit(shown.last_day)
    seen, third = pooled_outcome(answers), thirds(answers)
    steps = [line for line in axes.get_lines() if line.get_drawstyle() == "steps-post"]
    assert len(steps) == 3
    for which, line in enumerate(steps):
        when, curve = kaplan_meier_estimator(seen.event[third == which], seen.days[third == which])
        there = dict(zip(when, curve, strict=True))
        ours = {round(x * unit): y for x, y in points(line)}
        assert len(ours) > 5
        assert all(there[day] == pytest.approx(value) for day, value in ours.items() if day in there)
        assert {day for day in when[np.diff(curve, prepend=1.0) < 0] if day < shown.last_day} <= set(ours)


def test_dashes_are_the_mean_of_predicted_curves(shown):
    axes = draw_student(shown, "student").axes[0]
    answers, (unit, _) = shown.answers["student"], time_unit(shown.last_day)
    third = thirds(answers)
    curves = np.concatenate([one.said.survival for one in answers])
    dashed = [line for line in axes.get_lines() if line.get_linestyle() == "--" and len(line.get_xdata())]
    for which, line in enumerate(dashed):
        x, y = (np.asarray(part) for part in line.get_data())
        for edge, expected in zip(GRID.days, curves[third == which].mean(axis=0), strict=True):
            assert np.interp(edge / unit, x, y) == pytest.approx(expected, abs=2e-3)


def test_axis_starts_below_everything_that_is_drawn(shown):
    assert draw_student(shown, "student").axes[0].get_ylim()[0] == 0
    rare = outcome(np.tile([900.0, 300], 30).tolist(), ([False] * 19 + [True]) * 3)
    assert draw_families(shown_of({"low": np.full(60, -6.0) + RISK[:60] / 9}, rare)).axes[0].get_ylim()[0] in (0.5, 0.75)


def test_a_patient_is_at_risk_on_the_last_day(shown):
    """Half leave on the very day of a tick, and are counted there for the last time."""
    seen = outcome([365.25, 800.0] * 15, [False, True] * 15)
    table = draw_student(shown_of({"student": np.arange(30.0) / 30}, seen), "student").axes[1]
    counts = {text.get_position()[0]: 0 for text in table.texts if text.get_text().isdigit()}
    for text in table.texts:
        if text.get_text().isdigit():
            counts[text.get_position()[0]] += int(text.get_text())
    assert counts[0] == counts[1] == 30
    assert counts[max(counts)] == 15


@pytest.mark.parametrize("families", [1, 4, 9, 20])
def test_no_figure_is_taller_than_a_window(families, shown):
    """Rows of dots aside, which grow slowly: twenty families, each with an output, still fit."""
    many = Shown(shown.outcome, shown.folds, {str(place): shown.answers["student"] for place in range(families)})
    drawn = [draw_families(many), draw_calibration(many, [100, 200, 400], 3, {}), draw_brier(many), draw_student(many, "0")]
    assert all(figure.get_figheight() <= TALLEST for figure in drawn)


def test_numbers_at_risk_are_counts(shown):
    table = draw_student(shown, "student").axes[1]
    answers, (unit, _) = shown.answers["student"], time_unit(shown.last_day)
    seen, third = pooled_outcome(answers), thirds(answers)
    counts = {text.get_position(): int(text.get_text()) for text in table.texts if text.get_text().isdigit()}
    assert counts[0, 0] == 40
    assert len(counts) > 9
    for (tick, which), count in counts.items():
        assert count == (seen.days[third == which] >= tick * unit).sum()


def test_every_family_has_a_panel(shown):
    panels = [axes for axes in draw_families(shown).axes if axes.get_visible()]
    assert [axes.get_title(loc="left") for axes in panels] == list(shown.answers)


def test_groups_of_calibration_by_hand():
    """Four patients in two groups; by day 100 one of the two at high risk had the event, of the others nobody."""
    (fold,) = folds_of(outcome([50, 900, 900, 900], [True] * 4), 1)
    found = groups_at([said(fold, [2.0, 2.0, -3.0, -3.0])], 100, 2)
    assert found.observed.tolist() == [0, 0.5]
    assert found.predicted.tolist() == pytest.approx([1 - np.exp(-np.exp(-3) / 6), 1 - np.exp(-np.exp(2) / 6)])
    assert found.lower[1] < 0.5 < found.upper[1]


def test_calibration_panels_hold_the_groups(shown):
    figure = draw_calibration(shown, [200, 5000], 4, {("student", 200): "slope a = 1.00"})
    panels = np.array(figure.axes).reshape(2, 3)
    for axes, name in zip(panels[0], shown.answers, strict=True):
        found = groups_at(shown.answers[name], 200, 4)
        dots = next(line for line in axes.get_lines() if line.get_marker() == "o")
        assert points(dots) == list(zip(found.predicted, found.observed, strict=True))
        assert axes.get_title(loc="left") == name
    assert panels[0, 0].get_ylabel().startswith("200 days")
    assert "slope a = 1.00" in [text.get_text() for text in panels[0, 0].texts]
    assert all("beyond the follow-up" in [text.get_text() for text in axes.texts] for axes in panels[1])


def test_calibration_words_are_those_of_the_leaderboard():
    rows = pd.DataFrame({"family": "a", "output": "risk", "metric": ["slope@365", "ici@365"], "mean": [0.951, 0.0312]})
    assert calibration_words(rows, [("a", "risk")], [365, 700]) == {("a", 365): "slope a = 0.95\nICI 3.1 points"}


def test_brier_by_hand_without_censoring():
    (fold,) = folds_of(outcome([50, 150, 300, 700], [True] * 4), 1)
    answer = said(fold, [0.0, 0.0, 0.0, 0.0])
    alive = np.exp(-200 / 600)
    assert brier_of([answer], np.array([200.0])) == pytest.approx([(2 * alive**2 + 2 * (1 - alive) ** 2) / 4])


def test_kaplan_meier_reference_comes_from_the_other_folds():
    """Everybody in the second fold has had the event by day 10, everybody in the first lives: each is told the opposite."""
    everybody = outcome([900, 900, 10, 10], [True] * 4)
    assert brier_of_kaplan_meier(folds_of(everybody), everybody, np.array([100.0])) == pytest.approx([1.0])


def test_brier_figure_draws_score_and_gain(shown):
    score, gain = draw_brier(shown).axes
    lines = {line.get_label(): np.asarray(line.get_ydata()) for line in score.get_lines()}
    gains = {line.get_label(): np.asarray(line.get_ydata()) for line in gain.get_lines()}
    assert set(lines) == {"Kaplan-Meier (knows no patient)", *shown.answers}
    days = np.linspace(0, 800, 81)[1:]
    for name, answers in shown.answers.items():
        assert lines[name] == pytest.approx(brier_of(answers, days))
        assert gains[name] == pytest.approx(lines["Kaplan-Meier (knows no patient)"] - lines[name])


def test_percentiles_and_components():
    assert percentiles(np.array([5.0, 1, 1, 9])).tolist() == [62.5, 25, 25, 87.5]
    states = np.outer(-RISK, [1.0, 2, 0]) + np.random.default_rng(1).normal(size=(N, 3)) * 0.01
    found = principal_components(states, RISK)
    assert spearmanr(found[:, 0], RISK)[0] > 0.99
    assert found.mean(axis=0) == pytest.approx([0, 0], abs=1e-9)


def test_hidden_states_are_coloured_by_percentile_and_say_the_numbers():
    states, risk, probe = states_and_probe()
    figure = draw_hidden_states(states, risk, probe, "r1f1", 30)
    for axes in figure.axes[:4]:
        (dots,) = axes.collections
        assert np.asarray(dots.get_array()).tolist() == percentiles(risk).tolist()
    assert np.asarray(figure.axes[0].collections[0].get_offsets()) == pytest.approx(principal_components(states["trained"], risk))
    said_above = words_in(figure)
    assert said_above.count("linear probe R² 0.50 (all folds 0.60)") == 2
    assert "after training" in said_above
    assert "before training" in said_above


def test_agreement_pairs_patients_whom_both_answered():
    (fold,) = folds_of(outcome_of(4), 1)
    student, teacher = said(fold, [3.0, 1.0, 2.0], np.array([True, False, True, True])), said(fold, [0.9, 0.1, 0.7, 0.3])
    theirs, ours = paired_percentiles([student], [teacher])
    assert theirs.tolist() == pytest.approx([250 / 3, 50, 50 / 3])
    assert ours.tolist() == pytest.approx([250 / 3, 50 / 3, 50])
    risks, _ = paired_risks([student], [teacher], 100)
    assert risks == pytest.approx(1 - teacher.said.survival[[0, 2, 3], 0])


def test_agreement_figure_draws_the_pairs(shown):
    student, teacher = shown.answers["student"], shown.answers["teacher: cox"]
    figure = draw_agreement(student, teacher, 400, Look("red", "-"), "Spearman 1")
    panels = {axes.get_label(): axes for axes in figure.axes}
    for name, pair in (("rank", paired_percentiles(student, teacher)), ("risk", paired_risks(student, teacher, 400))):
        dots = next(line for line in panels[name].get_lines() if line.get_marker() == "o")
        assert points(dots) == list(zip(*(part.tolist() for part in pair), strict=True))
    assert "Spearman 1" in words_in(figure)
    assert sum(bar.get_height() for bar in panels["top"].patches) == N


def test_agreement_words():
    rows = pd.DataFrame({
        "family": "a", "output": "risk", "metric": ["spearman_teacher", "mae_teacher"],
        "mean": [0.9, 0.02], "lower": [0.8, 0.01], "upper": [0.95, 0.03],
    })  # fmt: skip
    assert agreement_words(rows, "a", "risk") == "Spearman 0.900 (0.800 to 0.950)\ncurves 2.0 points apart (1.0 to 3.0)"


FIGURES = {
    "leaderboard": lambda shown: draw_leaderboard(board({("a", "risk"): 0.0}), [("a", "risk")]),
    "differences": lambda shown: draw_differences(pairs(), ["a", "b"]),
    "student": lambda shown: draw_student(shown, next(iter(shown.answers))),
    "families": draw_families,
    "calibration": lambda shown: draw_calibration(shown, [200], 3, {}),
    "brier": draw_brier,
    "agreement": lambda shown: draw_agreement(*list(shown.answers.values())[:2], 400, Look("red", "-"), ""),
    "hidden": lambda shown: draw_hidden_states(*states_and_probe(), "r1f1", 30),
}


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_same_bytes_twice(draw, shown, tmp_path):
    for name in "ab":
        save_svg(draw(shown), tmp_path / f"{name}.svg")
    first, second = ((tmp_path / f"{name}.svg").read_bytes() for name in "ab")
    assert first == second
    assert first.startswith(b"<?xml")
    assert not re.search(rb"<dc:date>|\d{4}-\d\d-\d\dT", first)


@pytest.mark.parametrize("name", ["student", "families", "calibration", "brier", "agreement"])
def test_tied_risks_and_unread_answers_are_drawn(name, tmp_path):
    seen = outcome_of(40)
    tied = shown_of({"student": np.zeros(40), "teacher: cox": np.repeat([0.0, 1.0], 20)}, seen)
    save_svg(FIGURES[name](tied), tmp_path / "tied.svg")
    mute = [said(fold, [], np.zeros(len(fold.rows), dtype=bool)) for fold in tied.folds]
    save_svg(FIGURES[name](Shown(seen, tied.folds, {"mute": mute, "teacher: cox": tied.answers["teacher: cox"]})), tmp_path / "mute.svg")
