import numpy as np
import pandas as pd
import pytest

from workflow_scripts.lib.evaluate.comparing import COMPARED, Contender, compare, leaderboard, pairs_of

COX, FOREST = Contender("cox", "risk"), Contender("random_forest", "risk")
OF_COX, OF_AVERAGE = Contender("of_cox", "expectation", "cox"), Contender("of_average", "expectation", "average")


def names(pairs) -> list[tuple[str, str]]:
    return [(one.family, f"{other.family}:{other.output}") for one, other in pairs]


def replicates(values: dict[str, np.ndarray], output: str = "risk") -> pd.DataFrame:
    return pd.concat(
        [
            pd.DataFrame({"output": output, "metric": metric, "replicate": range(len(held)), "value": held})
            for metric, held in values.items()
        ]
    )


def test_references_and_the_own_teacher():
    assert names(pairs_of([COX, FOREST, OF_COX], ["cox"])) == [
        ("random_forest", "cox:risk"),
        ("of_cox", "cox:risk"),
        ("of_cox", "teacher:cox"),
    ]


def test_a_student_of_the_average_meets_every_baseline_once():
    assert names(pairs_of([COX, FOREST, OF_COX, OF_AVERAGE], ["cox"]))[3:] == [
        ("of_average", "cox:risk"),
        ("of_average", "random_forest:risk"),
        ("of_average", "teacher:average"),
    ]


def test_differences_are_paired_and_corrected_within_a_metric():
    rng = np.random.default_rng(0)
    shared = rng.normal(size=200)  # what makes every family's C rise and fall together
    better = replicates({metric: 0.7 + shared + 0.001 * rng.random(200) for metric in COMPARED})
    worse = replicates(dict.fromkeys(COMPARED, 0.6 + shared))
    rows = compare({"cox": worse, "random_forest": better, "other": worse}, [(FOREST, COX), (Contender("other", "risk"), COX)], "gbsg2")
    rows = rows.set_index(["family", "metric"])
    assert rows.loc[("random_forest", "harrell_c"), "lower"] == pytest.approx(0.1, abs=0.001)
    assert rows.loc[("random_forest", "harrell_c"), "p_value"] == pytest.approx(2 * 2 / 200)
    assert rows.loc[("other", "harrell_c"), ["difference", "p_value"]].to_list() == [0, 1]


def test_two_that_are_set_beside_each_other_both_ways_are_one_comparison():
    rng = np.random.default_rng(1)
    held = {
        name: replicates({metric: level + 0.1 * rng.random(200) for metric in COMPARED})
        for name, level in (("cox", 0.6), ("random_forest", 0.7))
    }
    pairs = pairs_of([COX, FOREST], ["cox", "random_forest"])
    assert len(pairs) == 2
    rows = compare(held, pairs, "gbsg2").set_index(["family", "metric"])
    assert rows["p_value"].unique() == pytest.approx([2 / 200])
    assert rows.loc[("cox", "ibs"), "difference"] == -rows.loc[("random_forest", "ibs"), "difference"]


def test_an_undefined_difference_has_no_p_value():
    nothing = replicates(dict.fromkeys(COMPARED, np.full(30, np.nan)))
    rows = compare({"cox": nothing, "random_forest": nothing}, [(FOREST, COX)], "gbsg2")
    assert rows[["difference", "lower", "upper", "p_value"]].isna().all(axis=None)


def test_no_pairs_no_rows():
    assert compare({}, [], "gbsg2").empty


def test_patients_of_the_leaderboard_are_counted_once():
    folds = pd.DataFrame(
        {
            "output": "risk",
            "metric": ["harrell_c"] * 4 + ["ici@365"] * 2,
            "fold": ["r1f1", "r1f2", "r2f1", "r2f2", "r1", "r2"],
            "value": 0.5,
            "n_patients": [10, 11, 12, 9, 21, 21],
            "n_events": [3, 4, 5, 2, 7, 7],
        }
    )
    held = replicates({"harrell_c": np.array([0.5, 0.4, 0.6]), "ici@365": np.array([0.1, np.nan, 0.3])})
    board = leaderboard("gbsg2", "cox", folds, held).set_index("metric")
    assert board.loc["harrell_c", ["n_patients", "n_events"]].to_list() == [21, 7]
    assert board.loc["ici@365", ["mean", "lower", "upper", "n_patients"]].to_list() == [0.1, 0.3, 0.3, 21]
