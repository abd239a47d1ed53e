"""The evaluate scripts on a small cohort whose hazard is known."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sksurv.metrics import concordance_index_censored

from tests.evaluate.world import EDGES, N, World, world_in
from workflow_scripts.evaluate import compare_families, join_comparisons, score_predictions, write_leaderboard
from workflow_scripts.lib.config.evaluate import EvaluateConfig
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.evaluate import COMPARISONS, LEADERBOARD
from workflow_scripts.lib.contracts.predictions import PREDICTIONS
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.survival.metrics.bootstrap import multiplicities
from workflow_scripts.lib.survival.metrics.calibration import d_calibration
from workflow_scripts.lib.survival.seeds import derive_seed

HORIZONS = [100, 300, 2000]  # the last is beyond every grid
CFG = EvaluateConfig(bootstrap=60)


def score(world: World, family: str, predictions: list[Path], teacher_curves: Sequence[Path] = (), speaker: str | None = None) -> str:
    patients, folds, time_grid = (world.root / f"{name}.parquet" for name in ("patients", "folds", "time_grid"))
    fold_metrics, replicates = (world.root / family / f"{name}.parquet" for name in ("fold_metrics", "replicates"))
    return score_predictions.main(
        patients, folds, time_grid, predictions, teacher_curves, fold_metrics, replicates, CFG, HORIZONS, 1, speaker
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    return world_in(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    return np.random.default_rng(1).normal(size=N)


@pytest.fixture(scope="module")
def scored(world, noise) -> World:
    """Two families that know the truth, one that knows nothing, a student of the average teacher, and the teacher."""
    taught = world.teach({"cox": world.truth + 0.1 * noise, "average": world.truth})
    unread = np.where(np.arange(N) % 10 == 0, np.nan, world.truth)
    for family in ("truth", "twin"):
        score(world, family, world.predict(family, {"risk": world.truth}))
    score(world, "noise", world.predict("noise", {"risk": noise}))
    score(world, "student", world.predict("student", {"expectation": world.truth, "generated": unread}), taught, "average")
    score(world, "teacher", taught)
    return world


FAMILIES = {
    "truth": {"output": "risk", "teacher": None},
    "twin": {"output": "risk", "teacher": None},
    "noise": {"output": "risk", "teacher": None},
    "student": {"output": "expectation", "teacher": "average"},
}


@pytest.fixture(scope="module")
def comparisons(scored) -> pd.DataFrame:
    path = scored.root / "comparisons.parquet"
    replicates = [scored.root / family / "replicates.parquet" for family in [*FAMILIES, "teacher"]]
    compare_families.main(replicates, path, EvaluateConfig(references=["noise"]), FAMILIES, "small")
    return read_table(path, COMPARISONS).set_index(["family", "reference", "metric"])


def test_a_fold_is_scored_on_its_test_patients(scored):
    found = scored.fold_metrics("noise")
    for fold in scored.roles["fold"].unique():
        test = scored.roles[(scored.roles["fold"] == fold) & (scored.roles["role"] == "test")]
        risk = np.random.default_rng(1).normal(size=N)[test.index % N]
        assert found["risk", "harrell_c", fold] == pytest.approx(concordance_index_censored(*scored.outcome_of(test), risk)[0])


def test_who_else_was_predicted_does_not_matter(scored, noise):
    score(scored, "noise alone", scored.predict("noise alone", {"risk": noise}, roles=("test",)))
    pd.testing.assert_series_equal(scored.replicates("noise alone"), scored.replicates("noise"))


def test_the_sample_is_the_mean_over_folds_and_calibration_that_over_repeats(scored):
    folds, replicates = scored.fold_metrics("truth"), scored.replicates("truth")
    for metric, where in (("harrell_c", 6), ("ibs", 6), ("brier@300", 6), ("parse_rate", 6), ("ici@100", 2), ("d_calibration", 2)):
        assert len(folds["risk", metric]) == where
        assert replicates["risk", metric, 0] == pytest.approx(folds["risk", metric].mean())
    assert list(folds["risk", "slope@300"].index) == ["r1", "r2"]
    deviation = (1 - folds["risk", "slope@300"]).abs()
    assert deviation.to_list() == pytest.approx(folds["risk", "slope_deviation@300"].to_list())


def test_d_calibration_takes_the_end_of_the_grid_for_a_censoring(scored):
    days, event = scored.patients["days"].to_numpy(), scored.patients["event"].to_numpy()
    assert (event & (days > EDGES[-1])).any()
    curves = np.c_[np.ones(N), np.exp(-np.exp(scored.truth)[:, None] * EDGES[1:] / 300)]
    then = np.array([np.interp(last, EDGES, curve) for last, curve in zip(days, curves, strict=True)])
    statistic, _ = d_calibration(then, event & (days <= EDGES[-1]), np.ones((1, N)))
    assert scored.fold_metrics("truth")["risk", "d_calibration", "r1"] == pytest.approx(statistic[0])


def test_every_metric_is_there_and_defined_but_beyond_the_grid(scored):
    folds = scored.fold_metrics("student")
    at = ["brier", "slope", "slope_deviation", "ici", "e50", "e90"]
    expected = {
        "harrell_c",
        "uno_c",
        "c_td",
        "auc",
        "ibs",
        "d_calibration",
        "d_calibration_p",
        "parse_rate",
        "spearman_teacher",
        "mae_teacher",
        *(f"{name}@{days}" for name in at for days in HORIZONS),
    }
    assert set(folds.index.get_level_values("metric")) == expected
    undefined = folds[folds.isna()].index.get_level_values("metric").unique()
    assert sorted(undefined) == sorted(f"{name}@2000" for name in at)


def test_knowing_the_truth_is_better_than_noise(scored):
    truth, noise = scored.replicates("truth"), scored.replicates("noise")
    for metric in ("harrell_c", "uno_c", "c_td", "auc"):
        assert truth["risk", metric, 0] - noise["risk", metric, 0] > 0.02, metric
    for metric in ("ibs", "brier@300", "ici@300", "slope_deviation@300"):
        assert truth["risk", metric, 0] - noise["risk", metric, 0] < -0.02, metric


def test_what_was_not_parsed_is_counted_and_left_out(scored):
    folds = scored.fold_metrics("student")
    fold = "r1f1"
    test = scored.roles[(scored.roles["fold"] == fold) & (scored.roles["role"] == "test")]
    read = test[test.index % N % 10 != 0]
    assert folds["generated", "parse_rate", fold] == pytest.approx(len(read) / len(test))
    assert folds["generated", "harrell_c", fold] == pytest.approx(
        concordance_index_censored(*scored.outcome_of(read), scored.truth[read.index % N])[0]
    )
    assert folds["expectation", "parse_rate", fold] == 1
    message = score(scored, "counted", scored.predict("counted", {"risk": np.where(np.arange(N) < 9, np.nan, 0.0)}))
    assert "18 answers not parsed" in message


def test_a_replicate_is_the_metric_on_the_patients_drawn(scored):
    drawn = multiplicities(N, CFG.bootstrap, derive_seed(1, "bootstrap"))[7].astype(int)
    found, parsed = [], []
    for fold in scored.roles["fold"].unique():
        test = scored.roles[(scored.roles["fold"] == fold) & (scored.roles["role"] == "test")]
        copies = test.loc[np.repeat(test.index, drawn[test.index % N])]
        read = copies[copies.index % N % 10 != 0]
        found.append(concordance_index_censored(*scored.outcome_of(read), scored.truth[read.index % N])[0])
        parsed.append(len(read) / len(copies))
    replicates = scored.replicates("student")
    assert replicates["generated", "harrell_c", 7] == pytest.approx(np.mean(found))
    assert replicates["generated", "parse_rate", 7] == pytest.approx(np.mean(parsed))


def test_nothing_parsed_leaves_no_number_but_the_parse_rate(scored):
    score(scored, "mute", scored.predict("mute", {"risk": np.full(N, np.nan)}), scored.teach({"average": scored.truth}), "average")
    folds = scored.fold_metrics("mute")
    assert folds[folds.notna()].index.get_level_values("metric").unique().to_list() == ["parse_rate"]
    assert set(folds["risk", "parse_rate"]) == {0.0}


def test_a_student_that_repeats_its_teacher_agrees_with_it(scored):
    folds = scored.fold_metrics("student")
    for output in ("expectation", "generated"):
        assert folds[output, "spearman_teacher"].to_list() == pytest.approx([1] * 6)
        assert folds[output, "mae_teacher"].to_list() == [0] * 6
    assert "spearman_teacher" not in scored.fold_metrics("truth")["risk"].index.get_level_values("metric")


def test_the_teacher_is_scored_as_a_family(scored):
    teacher, truth = scored.replicates("teacher"), scored.replicates("truth")
    assert teacher["average"].to_list() == pytest.approx(truth["risk"].to_list(), nan_ok=True)


def test_resamples_are_those_of_the_seed(scored):
    before = (scored.root / "truth" / "replicates.parquet").read_bytes()
    score(scored, "truth", [scored.root / "truth" / f"{fold}.parquet" for fold in scored.roles["fold"].unique()])
    assert (scored.root / "truth" / "replicates.parquet").read_bytes() == before


def test_a_fold_without_events_is_left_out_of_the_mean(tmp_path):
    world = world_in(tmp_path, eventless_fold=True)
    score(world, "truth", world.predict("truth", {"risk": world.truth}))
    folds, replicates = world.fold_metrics("truth"), world.replicates("truth")
    assert np.isnan(folds["risk", "harrell_c", "r1f1"])
    assert replicates["risk", "harrell_c", 0] == pytest.approx(folds["risk", "harrell_c"].drop("r1f1").mean())


def test_a_patient_without_a_row_is_refused(scored):
    paths = scored.predict("partial", {"risk": scored.truth})
    rows = read_table(paths[1], PREDICTIONS)
    write_table(rows.drop(rows.index[(rows["role"] == "test").to_numpy().nonzero()[0][:2]]), paths[1], PREDICTIONS)
    with pytest.raises(StageRefusal, match="output 'risk' in fold r1f2: 2 of 30 test patients missing, 0 others"):
        score(scored, "partial", paths)


def test_a_fold_without_predictions_is_refused(scored):
    with pytest.raises(StageRefusal, match="fold r1f1: 30 of 30 test patients missing"):
        score(scored, "partial", scored.predict("partial", {"risk": scored.truth})[1:])


def test_curves_of_another_grid_are_refused(scored):
    paths = scored.predict("short", {"risk": scored.truth})
    rows = read_table(paths[0], PREDICTIONS)
    rows["survival"] = [curve[:4] for curve in rows["survival"]]
    write_table(rows, paths[0], PREDICTIONS)
    with pytest.raises(StageRefusal, match="30 curves are not of the grid's 5 edges"):
        score(scored, "short", paths)


def test_a_family_does_not_differ_from_itself(comparisons):
    same = comparisons.loc[("student", "truth")]
    assert same[["difference", "lower", "upper"]].to_numpy().tolist() == [[0, 0, 0]] * 5
    assert same["p_value"].to_list() == [1] * 5


def test_a_better_family_has_an_interval_above_0(comparisons):
    for metric in ("harrell_c", "uno_c", "c_td", "auc"):
        row = comparisons.loc[("truth", "noise", metric)]
        assert row["lower"] > 0
        assert row["lower"] < row["difference"] < row["upper"]
        assert row["p_value"] == pytest.approx(2 / 61 * 6)  # the smallest of 60 resamples, times 6 comparisons
    assert comparisons.loc[("truth", "noise", "ibs"), "upper"] < 0


def test_who_meets_whom(comparisons):
    pairs = comparisons.index.droplevel("metric").unique().to_list()
    assert sorted(pairs) == [
        ("student", "noise"),
        ("student", "teacher:average"),
        ("student", "truth"),
        ("student", "twin"),
        ("truth", "noise"),
        ("twin", "noise"),
    ]


def test_leaderboard_and_joined_comparisons(scored, comparisons):
    scored_pairs = [["small", "truth"], ["small", "student"], ["large", "truth"]]
    tables = [[scored.root / family / f"{name}.parquet" for _, family in scored_pairs] for name in ("fold_metrics", "replicates")]
    write_leaderboard.main(*tables, scored.root / "leaderboard.parquet", scored_pairs)
    board = read_table(scored.root / "leaderboard.parquet", LEADERBOARD).set_index(["cohort", "family", "output", "metric"])
    assert len(board.loc["small"].loc["truth"]) == len(board.loc["large"].loc["truth"]) == 26
    for metric in ("harrell_c", "ici@100"):
        row = board.loc[("small", "truth", "risk", metric)]
        assert row["mean"] == scored.replicates("truth")["risk", metric, 0]
        assert row["lower"] < row["upper"]
        assert (row["n_patients"], row["n_events"]) == (N, scored.patients["event"].sum())
    parts = [scored.root / "comparisons.parquet", scored.root / "other.parquet"]
    write_table(comparisons.reset_index().assign(cohort="other"), parts[1], COMPARISONS)
    join_comparisons.main(parts, scored.root / "all.parquet")
    assert set(read_table(scored.root / "all.parquet", COMPARISONS)["cohort"]) == {"small", "other"}
