"""Scores of what a model looks at: by hand, and what is drawn of them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from workflow_scripts.lib.evaluate.figures.attention import (
    Looked,
    attention_page,
    draw_agreement_with_masks,
    draw_looked,
    looks_of,
    ordered,
)
from workflow_scripts.lib.evaluate.figures.hybrids import draw_hybrids, label_of
from workflow_scripts.lib.evaluate.figures.importance import draw_importance, share_words
from workflow_scripts.lib.evaluate.figures.pages import LARGEST, write_page
from workflow_scripts.lib.evaluate.interpreting import (
    ALL_GROUPS,
    agreement_rows,
    attention_auc,
    deviation_shares,
    patches_inside,
    score_all,
    with_all_groups,
)
from workflow_scripts.lib.evaluate.style import TALLEST, svg_text
from workflow_scripts.lib.ingest.images.grey import save_png

ALIKE = np.ones((1, 4))


def attention_of(*rows: tuple[str, str, list[float]]) -> pd.DataFrame:
    found = [(patient, view, round(len(values) ** 0.5), np.array(values, dtype=np.float32)) for patient, view, values in rows]
    return pd.DataFrame(found, columns=["patient_id", "view", "patches", "values"])


def masked(folder, **masks):
    """The masks (side, side) of 0 and 1 as files, by patient."""
    for patient, mask in masks.items():
        save_png((255 * np.array(mask)).astype(np.uint8), folder / f"{patient}.png")
    return {patient: folder / f"{patient}.png" for patient in masks}


def test_a_patch_is_inside_where_more_than_a_quarter_of_it_is():
    """Four patches of 2 x 2 pixels, row by row: a quarter, a half, nothing, all of it."""
    mask = np.array([[1, 0, 1, 1], [0, 0, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]])
    assert patches_inside(mask, 2).tolist() == [False, True, False, True]
    assert patches_inside(255 * mask.T, 2).tolist() == [False, False, True, True]


def test_auc_by_hand():
    """Inside .4 and .2, outside .3, .2 and .1: .4 wins thrice; .2 loses, ties and wins."""
    values, inside = np.array([0.4, 0.3, 0.2, 0.2, 0.1]), np.array([True, False, True, False, False])
    assert attention_auc(values, inside) == pytest.approx(4.5 / 6)
    assert attention_auc(np.ones(5), inside) == 0.5


def test_auc_is_that_of_scikit_learn():
    rng = np.random.default_rng(1)
    for _ in range(5):
        values, inside = rng.integers(0, 9, 40).astype(float), rng.random(40) < 0.3
        assert attention_auc(values, inside) == pytest.approx(roc_auc_score(inside, values))


def test_agreement_by_hand(tmp_path):
    """All attention of a on its mask; b has no mask; the mask of c touches too little of any patch, that of d covers all."""
    corner, dot, everything = np.zeros((4, 4)), np.zeros((4, 4)), np.ones((4, 4))
    corner[:2, :2] = dot[0, 0] = 1
    masks = masked(tmp_path, a=corner, c=dot, d=everything)
    seen = attention_of(
        *[(patient, "pixels", [1.0, 0, 0, 0]) for patient in "abcd"], ("a", "glcm", [0.1, 0.3, 0.3, 0.3]), ("a", "ngtdm", [0.5, 0.5, 0, 0])
    )
    found = agreement_rows(seen, masks, "r1f1").set_index("view")
    assert set(found["patient_id"]) == {"a"}
    assert found["auc"].to_dict() == pytest.approx({"pixels": 1.0, "glcm": 0.0, "ngtdm": 2.5 / 3, ALL_GROUPS: 2 / 3})
    assert found["mass"].to_dict() == pytest.approx({"pixels": 1.0, "glcm": 0.1, "ngtdm": 0.5, ALL_GROUPS: 0.3})
    assert set(found["area"]) == {0.25}


def test_pixels_alone_have_no_mean_over_groups():
    assert list(with_all_groups(attention_of(("a", "pixels", [1.0])))["view"]) == ["pixels"]


def test_shares_by_hand():
    """Deviations of 1 and of 3 on average: a quarter and three quarters; weights drop patients; a constant part has no share."""
    parts = np.array([[1.0, 3], [-1, -3], [1, 3], [-1, -3]])
    assert deviation_shares(parts, ALIKE)[0].tolist() == [0.25, 0.75]
    assert deviation_shares(parts + np.array([5, -7]), ALIKE)[0].tolist() == [0.25, 0.75]
    assert deviation_shares(np.array([[0.0, 1], [0, 2]]), np.ones((1, 2)))[0].tolist() == [0, 1]
    assert deviation_shares(np.array([[0.0, 1], [4, 1], [0, 9]]), np.array([[1.0, 1, 0]]))[0].tolist() == [1, 0]
    assert np.isnan(deviation_shares(np.ones((4, 2)), ALIKE)).all()


def risks(fold: str, pixels: list[float], radiomics: list[float]) -> pd.DataFrame:
    parts = {"pixels": pixels, "radiomics": radiomics}
    return pd.concat([pd.DataFrame({"patient_id": [f"{fold}p{i}" for i in range(len(part))], "branch": name, "log_risk": part})
                      for name, part in parts.items()])  # fmt: skip


def scores() -> pd.DataFrame:
    rows = [(fold, f"{fold}p{i}", view, auc - less, 0.3, 0.1) for fold, aucs in (("r1f1", [0.5, 0.7]), ("r1f2", [0.9, 0.9, 0.9]))
            for i, auc in enumerate(aucs) for view, less in (("pixels", 0), ("glcm", 0.25))]  # fmt: skip
    agreement = pd.DataFrame(rows, columns=["fold", "patient_id", "view", "auc", "mass", "area"])
    parts = {"r1f1": risks("r1f1", [0, 1, 2], [0, 3, 6]), "r1f2": risks("r1f2", [0, 1, 2], [0, 1, 2])}
    return score_all(agreement, parts, 200, 1)


def test_scores_are_means_over_folds_of_means_over_patients():
    found = scores().set_index(["metric", "view", "fold"])
    assert found.loc[("auc", "pixels"), "value"].to_dict() == pytest.approx({"all": 0.75, "r1f1": 0.6, "r1f2": 0.9})
    assert found.loc[("gain", "glcm"), "value"].to_dict() == pytest.approx({"all": 3.0, "r1f1": 3.0, "r1f2": 3.0})
    assert found.loc[("share", "radiomics"), "value"].to_dict() == pytest.approx({"all": 0.625, "r1f1": 0.75, "r1f2": 0.5})
    whole = found.loc[("auc", "pixels", "all")]
    assert whole["n_patients"] == 5
    assert 0.7 <= whole["lower"] < 0.75 < whole["upper"] <= 0.8  # the second fold's patients are all alike
    assert (whole["fold_lower"], whole["fold_upper"]) == pytest.approx((0.6, 0.9))
    assert found.xs("r1f1", level="fold")["lower"].isna().all()


def test_without_masks_only_shares_are_scored():
    found = score_all(agreement_rows(attention_of(("a", "pixels", [1.0])), {}, "r1f1"), {"r1f1": risks("r1f1", [0, 1], [1, 1])}, 20, 1)
    assert set(found["metric"]) == {"share"}


def importance() -> pd.DataFrame:
    rows = [(group, group.split()[0], 3, ["original"], size, 2 * size + shift, rank, rank, fold)
            for fold, shift in (("r1f1", 0.0), ("r1f2", 0.2)) for rank, (group, size) in enumerate(GROUPS.items(), 1)]  # fmt: skip
    names = ["group", "feature_class", "features", "image_types", "mean_abs", "l2", "rank_mean_abs", "rank_l2", "fold"]
    return pd.DataFrame(rows, columns=names)


GROUPS = {"glcm 1": 0.9, "firstorder": 0.5, "glcm 2": 0.1}


def dots(axes) -> set[tuple[float, float]]:
    return {
        (round(float(x), 6), float(y))
        for line in axes.get_lines()
        if line.get_marker() == "o"
        for x, y in zip(*line.get_data(), strict=True)
    }


def test_importance_has_a_dot_per_fold_and_the_mean_and_a_colour_per_class():
    figure = draw_importance(importance(), scores())
    left, right = figure.axes
    assert [label.get_text() for label in left.get_yticklabels()] == list(GROUPS)
    assert dots(left) == {(size, place) for place, size in enumerate(GROUPS.values())}
    assert dots(right) == {(round(2 * size + more, 6), place) for place, size in enumerate(GROUPS.values()) for more in (0, 0.1, 0.2)}
    colours = {line.get_ydata()[0]: line.get_color() for line in left.get_lines()}
    assert colours[0] == colours[2] != colours[1]
    assert share_words(scores()).startswith("radiomics share of the risk 0.62 (")


def test_agreement_figure_has_a_row_per_view():
    left, right = draw_agreement_with_masks(scores().query("metric != 'share'")).axes
    assert [label.get_text() for label in left.get_yticklabels()] == ["pixels", "glcm"]
    assert dots(left) == {(round(x - 0.25 * y, 6), y) for x in (0.6, 0.75, 0.9) for y in (0.0, 1.0)}
    assert dots(right) == {(3.0, 0.0), (3.0, 1.0)}
    assert "no test patient has a mask" in svg_text(draw_agreement_with_masks(scores().query("metric == 'none'")))


def test_hybrids_stand_in_the_order_of_their_settings():
    mixtures = {name: {"mixing": mixing, "contrast": 0.9, "temperature": 0.07} for name, mixing in (("b", 0.0), ("a", 0.5))}
    board = pd.DataFrame({"family": ["a", "b", "other"], "mean": [0.7, 0.6, 0.1], "lower": 0.5, "upper": 0.8})
    shares = pd.DataFrame({"family": ["a", "b"], "value": [0.4, 0.0], "lower": [0.3, 0], "upper": [0.5, 0]})
    groups = pd.concat([importance().assign(family="a"), importance().assign(family="b", rank_l2=2.0)])
    left, middle, right = draw_hybrids(mixtures, board, shares, groups).axes
    assert [label.get_text() for label in left.get_yticklabels()] == ["α 0.00, λ 0.90, τ 0.07", "α 0.50, λ 0.90, τ 0.07"]
    assert dots(left) == {(0.6, 0.0), (0.7, 1.0)}
    assert dots(middle) == {(0.0, 0.0), (0.4, 1.0)}
    assert [text.get_text() for text in right.texts] == ["2.0", "2.0", "2.0", "1.0", "2.0", "3.0"]
    assert [label.get_text() for label in right.get_xticklabels()] == list(GROUPS)
    assert label_of(mixtures["a"]) == "α 0.50, λ 0.90, τ 0.07"


def pictured(folder, groups: int):
    """Five patients of one fold whose risk rises; the second has a mask."""
    grey = np.arange(64, dtype=np.uint8).reshape(8, 8)
    for name in "abcde":
        save_png(grey + ord(name), folder / f"{name}.png")
    masked(folder, mask=np.eye(8))
    listed = pd.DataFrame({"patient_id": list("abcde"), "path": [f"{name}.png" for name in "abcde"]})
    listed["mask_path"] = np.where(listed["patient_id"] == "a", "mask.png", None)
    views = ["pixels", *(f"glcm {number}" for number in range(1, groups + 1))]
    seen = attention_of(*[(patient, view, [0.7, 0.1, 0.1, 0.1]) for patient in "abcde" for view in views]).assign(fold="r1f1")
    parts = pd.concat([risks("", list(range(5)), [0.0] * 5)]).assign(fold="r1f1")
    parts["patient_id"] = parts["patient_id"].map(dict(zip([f"p{i}" for i in range(5)], "abcde", strict=True)))
    return seen, parts, listed, folder


def test_lowest_middle_and_highest_risk_are_shown(tmp_path):
    seen, parts, listed, folder = pictured(tmp_path, 1)
    found = looks_of(seen, parts, listed, folder, 6)
    assert [one.percentile for one in found] == [10, 50, 90]
    assert [int(one.image[0, 0]) for one in found] == [ord(name) for name in "ace"]
    assert [one.mask is not None for one in found] == [True, False, False]
    assert found[0].attention["glcm 1"].tolist() == pytest.approx(np.array([[0.7, 0.1], [0.1, 0.1]]))
    assert found[2].parts == {"pixels": 4.0, "radiomics": 0.0}
    assert len(looks_of(seen, parts, listed, folder, 1)) == 1


@pytest.mark.parametrize("groups", [0, 1, 12])
def test_maps_of_a_patient_fit_in_a_window_and_are_the_same_bytes_each_time(tmp_path, groups):
    looked = looks_of(*pictured(tmp_path, groups), 3)[0]
    figure = draw_looked(looked)
    assert figure.get_figheight() <= TALLEST
    words = svg_text(figure)
    assert words == svg_text(draw_looked(looked))
    assert words.count("up to 2.8×") == (1 + groups + 1 if groups else 1)
    assert "image, mask outlined" in words


def test_views_are_in_the_order_of_the_page():
    assert ordered(["glrlm", ALL_GROUPS, "glcm", "pixels"]) == ["pixels", ALL_GROUPS, "glcm", "glrlm"]


def test_the_page_opens_within_the_report_whatever_the_grain(caplog, tmp_path):
    """Three images of pure noise at the size of real ones, with all views; a page that is larger than browsers open is said."""
    rng = np.random.default_rng(1)
    views = ["pixels", ALL_GROUPS, *(f"group {number}" for number in range(12))]
    looks = [
        Looked(rng.integers(0, 256, (512, 512)), None, {view: rng.dirichlet(np.ones(64)).reshape(8, 8) for view in views}, {}, 50, "r1f1")
        for _ in range(3)
    ]
    text = attention_page("cohort", "hybrid", looks)
    assert text.count("data:image/jpeg;base64,") == 3
    assert text == attention_page("cohort", "hybrid", looks)
    assert len(text.encode()) < LARGEST
    write_page(tmp_path / "page.html", text)
    assert "browsers leave it blank" not in caplog.text
    write_page(tmp_path / "large.html", text + "x" * LARGEST)
    assert "browsers leave it blank within report.html" in caplog.text
