"""The evaluate scripts on a small cohort whose hazard is known: two repeats of three folds."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sksurv.metrics import concordance_index_censored

from workflow_scripts.evaluate import compare_families, join_comparisons, score_predictions, write_leaderboard
from workflow_scripts.lib.config.evaluate import EvaluateConfig
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.evaluate import COMPARISONS, FOLD_METRICS, LEADERBOARD, REPLICATES
from workflow_scripts.lib.contracts.ingest import PATIENTS
from workflow_scripts.lib.contracts.predictions import PREDICTIONS, prediction_rows
from workflow_scripts.lib.contracts.splits import FOLDS, TIME_GRID
from workflow_scripts.lib.contracts.teacher import TEACHER_CURVES
from workflow_scripts.lib.errors import StageRefusal

EDGES = np.array([0.0, 50, 100, 200, 300, 400])
HORIZONS = [100, 300, 2000]  # the last is beyond every grid
CFG = EvaluateConfig(bootstrap=60)
N = 90


@dataclass(frozen=True)
class World:
    """Where the tables are, who was when seen with what, and each patient's true log-risk."""

    root: Path
    patients: pd.DataFrame
    roles: pd.DataFrame
    truth: np.ndarray

    def rows(self, output: str, log_risk: np.ndarray, fold: str, roles: tuple[str, ...] = ("valid", "test")) -> pd.DataFrame:
        """Prediction rows in one fold of patients in ``roles``, from the log-risks of all patients."""
        who = self.roles[(self.roles["fold"] == fold) & self.roles["role"].isin(roles)]
        risk = log_risk[who.index % N]
        return prediction_rows(fold, who, output, risk, np.exp(-np.exp(np.nan_to_num(risk))[:, None] * EDGES[1:] / 300))

    def predict(self, family: str, outputs: dict[str, np.ndarray], roles: tuple[str, ...] = ("valid", "test")) -> list[Path]:
        paths = []
        for fold in self.roles["fold"].unique():
            paths.append(self.root / family / f"{fold}.parquet")
            write_table(pd.concat([self.rows(output, risk, fold, roles) for output, risk in outputs.items()]), paths[-1], PREDICTIONS)
        return paths

    def teach(self, outputs: dict[str, np.ndarray]) -> list[Path]:
        paths = []
        for fold in self.roles["fold"].unique():
            paths.append(self.root / "teacher" / f"{fold}.parquet")
            rows = pd.concat([self.rows(output, risk, fold, ("train", "valid", "test")) for output, risk in outputs.items()])
            write_table(rows.assign(out_of_fold=True, fitted_on="others"), paths[-1], TEACHER_CURVES)
        return paths

    def score(self, family: str, predictions: list[Path], teacher_curves: list[Path] | tuple = (), speaker: str | None = None) -> str:
        return score_predictions.main(
            self.root / "patients.parquet", self.root / "folds.parquet", self.root / "time_grid.parquet", predictions, teacher_curves,
            self.root / family / "fold_metrics.parquet", self.root / family / "replicates.parquet", CFG, HORIZONS, 1, speaker,
        )

    def fold_metrics(self, family: str) -> pd.Series:
        return read_table(self.root / family / "fold_metrics.parquet", FOLD_METRICS).set_index(["output", "metric", "fold"])["value"]

    def replicates(self, family: str) -> pd.Series:
        return read_table(self.root / family / "replicates.parquet", REPLICATES).set_index(["output", "metric", "replicate"])["value"]

    def outcome_of(self, rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        held = self.patients.set_index("patient_id").loc[rows["patient_id"]]
        return held["event"].to_numpy(), held["days"].to_numpy()


def world_in(root: Path, eventless_fold: bool = False) -> World:
    rng = np.random.default_rng(6)
    truth = rng.normal(0, 1.5, N)
    days, stops = rng.exponential(300 * np.exp(-truth)), rng.uniform(100, 900, N)
    ids = [f"p{i:02}" for i in range(N)]
    patients = pd.DataFrame({"patient_id": ids, "days": np.ceil(np.minimum(days, stops)), "event": days <= stops})
    roles = []
    for repeat in (1, 2):
        part = rng.permutation(N) % 3 + 1
        for fold in (1, 2, 3):
            role = np.where(part == fold, "test", np.where(part == fold % 3 + 1, "valid", "train"))
            roles.append(pd.DataFrame({"fold": f"r{repeat}f{fold}", "patient_id": patients["patient_id"], "role": role}))
    if eventless_fold:
        patients.loc[(roles[0]["role"] == "test").to_numpy(), "event"] = False
    world = World(root, patients, pd.concat(roles, ignore_index=True), truth)
    write_table(patients, root / "patients.parquet", PATIENTS)
    write_table(world.roles, root / "folds.parquet", FOLDS)
    grids = [pd.DataFrame({"fold": fold, "index": range(len(EDGES)), "days": EDGES}) for fold in world.roles["fold"].unique()]
    write_table(pd.concat(grids), root / "time_grid.parquet", TIME_GRID)
    return world


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
        world.score(family, world.predict(family, {"risk": world.truth}))
    world.score("noise", world.predict("noise", {"risk": noise}))
    world.score("student", world.predict("student", {"expectation": world.truth, "generated": unread}), taught, "average")
    world.score("teacher", taught)
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
    scored.score("noise alone", scored.predict("noise alone", {"risk": noise}, roles=("test",)))
    pd.testing.assert_series_equal(scored.replicates("noise alone"), scored.replicates("noise"))


def test_the_sample_is_the_mean_over_folds_and_calibration_that_over_repeats(scored):
    folds, replicates = scored.fold_metrics("truth"), scored.replicates("truth")
    for metric, where in (("harrell_c", 6), ("ibs", 6), ("brier@300", 6), ("parse_rate", 6), ("ici@100", 2), ("d_calibration", 2)):
        assert len(folds["risk", metric]) == where
        assert replicates["risk", metric, 0] == pytest.approx(folds["risk", metric].mean())
    assert list(folds["risk", "slope@300"].index) == ["r1", "r2"]
    deviation = (1 - folds["risk", "slope@300"]).abs()
    assert deviation.to_list() == pytest.approx(folds["risk", "slope_deviation@300"].to_list())


def test_every_metric_is_there_and_defined_but_beyond_the_grid(scored):
    folds = scored.fold_metrics("student")
    at = ["brier", "slope", "slope_deviation", "ici", "e50", "e90"]
    expected = {"harrell_c", "uno_c", "c_td", "auc", "ibs", "d_calibration", "d_calibration_p", "parse_rate",
                "spearman_teacher", "mae_teacher", *(f"{name}@{days}" for name in at for days in HORIZONS)}
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
        concordance_index_censored(*scored.outcome_of(read), scored.truth[read.index % N])[0])
    assert folds["expectation", "parse_rate", fold] == 1
    message = scored.score("counted", scored.predict("counted", {"risk": np.where(np.arange(N) < 9, np.nan, 0.0)}))
    assert "18 answers not parsed" in message


def test_nothing_parsed_leaves_no_number_but_the_parse_rate(scored):
    scored.score("mute", scored.predict("mute", {"risk": np.full(N, np.nan)}), scored.teach({"average": scored.truth}), "average")
    folds = scored.fold_metrics("mute")
    assert folds[folds.notna()].index.get_level_values("metric").unique().to_list() == ["parse_rate"]
    assert set(folds["risk", "parse_rate"]) == {0.0}


def test_a_student_that_repeats_its_teacher_agrees_with_it(scored):
    folds = scored.fold_metrics("student")
    assert folds["expectation", "spearman_teacher"].to_list() == pytest.approx([1] * 6)
    assert folds["expectation", "mae_teacher"].to_list() == [0] * 6
    assert "spearman_teacher" not in scored.fold_metrics("truth")["risk"].index.get_level_values("metric")


def test_the_teacher_is_scored_as_a_family(scored):
    teacher, truth = scored.replicates("teacher"), scored.replicates("truth")
    assert teacher["average"].to_list() == pytest.approx(truth["risk"].to_list(), nan_ok=True)


def test_resamples_are_those_of_the_seed(scored):
    before = (scored.root / "truth" / "replicates.parquet").read_bytes()
    scored.score("truth", [scored.root / "truth" / f"{fold}.parquet" for fold in scored.roles["fold"].unique()])
    assert (scored.root / "truth" / "replicates.parquet").read_bytes() == before


def test_a_fold_without_events_is_left_out_of_the_mean(tmp_path):
    world = world_in(tmp_path, eventless_fold=True)
    world.score("truth", world.predict("truth", {"risk": world.truth}))
    folds, replicates = world.fold_metrics("truth"), world.replicates("truth")
    assert np.isnan(folds["risk", "harrell_c", "r1f1"])
    assert replicates["risk", "harrell_c", 0] == pytest.approx(folds["risk", "harrell_c"].drop("r1f1").mean())


def test_a_patient_without_a_row_is_refused(scored):
    paths = scored.predict("partial", {"risk": scored.truth})
    rows = read_table(paths[1], PREDICTIONS)
    write_table(rows.drop(rows.index[(rows["role"] == "test").to_numpy().nonzero()[0][:2]]), paths[1], PREDICTIONS)
    with pytest.raises(StageRefusal, match="output 'risk' in fold r1f2: 2 of 30 test patients missing, 0 others"):
        scored.score("partial", paths)


def test_a_fold_without_predictions_is_refused(scored):
    with pytest.raises(StageRefusal, match="fold r1f1: 30 of 30 test patients missing"):
        scored.score("partial", scored.predict("partial", {"risk": scored.truth})[1:])


def test_curves_of_another_grid_are_refused(scored):
    paths = scored.predict("short", {"risk": scored.truth})
    rows = read_table(paths[0], PREDICTIONS)
    rows["survival"] = [curve[:4] for curve in rows["survival"]]
    write_table(rows, paths[0], PREDICTIONS)
    with pytest.raises(StageRefusal, match="30 curves are not of the grid's 5 edges"):
        scored.score("short", paths)


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
        ("student", "noise"), ("student", "teacher:average"), ("student", "truth"), ("student", "twin"),
        ("truth", "noise"), ("twin", "noise"),
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
