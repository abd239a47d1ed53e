"""The scripts that draw, on a small cohort whose hazard is known: they read what the rules name and write what the report shows."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.evaluate.world import World, world_in
from workflow_scripts.figures import plot_agreement, plot_brier, plot_calibration, plot_leaderboard, plot_survival_by_third
from workflow_scripts.lib.config.evaluate import EvaluateConfig
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.evaluate import COMPARISONS, LEADERBOARD
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.report import show_leaderboard

SHOWN = [["student", "expectation"], ["noise", "risk"], ["teacher", "cox"]]
OUTPUTS = [["student", "expectation"], ["student", "generated"], ["noise", "risk"], ["teacher", "cox"]]
METRICS = ["harrell_c", "uno_c", "c_td", "auc", "ibs", "slope@300", "ici@300", "spearman_teacher", "mae_teacher", "parse_rate"]
HORIZONS = [100, 300, 2000]


@dataclass(frozen=True)
class Gallery:
    """A world with predictions of the first repeat, a leaderboard and comparisons."""

    world: World
    predictions: list[Path]

    @property
    def root(self) -> Path:
        return self.world.root

    @property
    def tables(self) -> list[Path]:
        return [self.root / f"{name}.parquet" for name in ("patients", "folds", "time_grid")]

    def drawn(self, name: str = "figure.svg") -> str:
        return (self.root / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def gallery(tmp_path_factory) -> Gallery:
    world = world_in(tmp_path_factory.mktemp("gallery"))
    noise = np.random.default_rng(1).normal(size=len(world.truth))
    unread = np.where(np.arange(len(noise)) % 10 == 0, np.nan, world.truth)
    predictions = world.predict("student", {"expectation": world.truth, "generated": unread})[:3]
    predictions += world.predict("noise", {"risk": noise})[:3]
    predictions += world.teach({"cox": world.truth + noise, "average": world.truth})[:3]
    board = [("small", family, output, metric, 0.7, 0.6, 0.8, 90, 60) for family, output in OUTPUTS for metric in METRICS]
    write_table(pd.DataFrame(board, columns=LEADERBOARD.schema().names), world.root / "leaderboard.parquet", LEADERBOARD)
    pairs = [
        ("small", "student", reference, metric, 0.01, -0.1, 0.1, 0.5) for reference in ("noise", "teacher:cox") for metric in METRICS[:5]
    ]
    write_table(pd.DataFrame(pairs, columns=COMPARISONS.schema().names), world.root / "comparisons.parquet", COMPARISONS)
    return Gallery(world, predictions)


def test_leaderboard_and_differences(gallery):
    root = gallery.root
    said = plot_leaderboard.main(
        root / "leaderboard.parquet", root / "comparisons.parquet", root / "figure.svg", root / "second.svg", "small", OUTPUTS
    )
    assert said == "4 rows, 10 differences"
    assert all(name in gallery.drawn() for name in ("student: expectation", "student: generated", "noise: risk", "teacher: cox"))
    assert "student − teacher: cox" in gallery.drawn("second.svg")


def test_survival_by_third(gallery):
    root = gallery.root
    plot_survival_by_third.main(*gallery.tables, gallery.predictions, root / "figure.svg", root / "second.svg", SHOWN)
    assert "student: what happened to each third" in gallery.drawn()
    assert all(name in gallery.drawn("second.svg") for name in ("student", "noise", "teacher: cox"))


def test_calibration(gallery):
    root, cfg = gallery.root, EvaluateConfig(calibration_bins=3)
    plot_calibration.main(
        *gallery.tables, gallery.predictions, root / "leaderboard.parquet", root / "figure.svg", cfg, "small", HORIZONS, SHOWN
    )
    assert gallery.drawn().count("slope a = 0.70") == 3
    assert gallery.drawn().count("beyond the follow-up") == 3


def test_brier(gallery):
    assert plot_brier.main(*gallery.tables, gallery.predictions, gallery.root / "figure.svg", SHOWN).endswith("up to day 400")
    assert all(name in gallery.drawn() for name in ("Kaplan-Meier", "student", "noise", "teacher: cox"))


def test_agreement_is_drawn_at_the_last_horizon_that_every_grid_reaches(gallery):
    pair, both = gallery.predictions[:3] + gallery.predictions[6:], [SHOWN[0], SHOWN[2]]
    said = plot_agreement.main(
        *gallery.tables,
        pair,
        gallery.root / "leaderboard.parquet",
        gallery.root / "figure.svg",
        "small",
        HORIZONS,
        both,
        ["student", "noise"],
    )
    assert said == "90 held-out patients"
    assert "risk by 300 days" in gallery.drawn()
    assert "Spearman 0.700 (0.600 to 0.800)" in gallery.drawn()


def test_predictions_of_another_family_are_refused(gallery):
    with pytest.raises(StageRefusal, match=r"predictions of output 'risk' in fold r1f1: .* test patients missing"):
        plot_brier.main(*gallery.tables, gallery.predictions[:3] * 3, gallery.root / "figure.svg", [SHOWN[0], SHOWN[1], SHOWN[0]])


def test_overview_page(gallery):
    root = gallery.root
    show_leaderboard.main(root / "leaderboard.parquet", root / "comparisons.parquet", root / "overview.html", OUTPUTS)
    assert all(words in gallery.drawn("overview.html") for words in ("small: 90 held-out patients", "student: generated", "70.0 %"))
