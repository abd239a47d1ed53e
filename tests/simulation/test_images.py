"""Radiographs: what carries hazard can be measured in them, and only where it should be."""

import logging

import numpy as np
import pandas as pd
import pytest

from workflow_scripts.lib.config.simulation import ImageHazard
from workflow_scripts.lib.simulation import images
from workflow_scripts.lib.simulation.anatomy import field

N, SIDE = 160, 128
LEVELS = 255


def facts(n=N, **columns) -> pd.DataFrame:
    """Patients who are alike but for the columns given."""
    return pd.DataFrame({"grain": np.zeros(n), "size": np.zeros(n), "heart": np.zeros(n), **columns})


def rendered(rows: pd.DataFrame, side: int = SIDE, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, side, side) and masks, as booleans."""
    pictures, masks = zip(*images.render(np.random.default_rng(seed), rows, side), strict=True)
    return np.stack(pictures), np.stack(masks) > 0


def neighbours(picture: np.ndarray, inside: np.ndarray) -> float:
    """Correlation of each pixel inside with the one to its right: what a co-occurrence matrix calls correlation."""
    pairs = inside[:, 1:] & inside[:, :-1]
    return float(np.corrcoef(picture[:, 1:][pairs], picture[:, :-1][pairs])[0, 1])


@pytest.fixture(scope="module")
def by_grain():
    rows = facts(grain=np.linspace(-2, 2, N))
    return rows, *rendered(rows)


def test_effect_by_hand():
    rows = facts(3, grain=[1.0, 0.0, 0.0], size=[0.0, 1.0, 0.0], heart=[0.0, 0.0, -1.0])
    assert images.effect(rows, ImageHazard()).tolist() == [1.0, 0.5, -0.5]
    assert images.effect(rows, ImageHazard(grain=2, size=0, heart=-1)).tolist() == [2.0, 0.0, 1.0]
    drawn = images.draw(np.random.default_rng(0), 20_000)
    assert np.var(drawn["grain"]) / np.var(images.effect(drawn, ImageHazard())) == pytest.approx(2 / 3, abs=0.02)


def test_opacities_have_one_brightness_and_one_spread_however_coarse(by_grain):
    rows, pictures, masks = by_grain
    mean, spread = (np.array([f(picture[mask]) for picture, mask in zip(pictures, masks, strict=True)]) for f in (np.mean, np.std))
    assert spread == pytest.approx(LEVELS * images.GRAIN, rel=0.02)
    assert mean == pytest.approx(LEVELS * 0.54, abs=LEVELS * 0.06 + 0.5), "brightness is drawn within these bounds, and grain adds nothing"
    assert abs(np.corrcoef(mean, rows["grain"])[0, 1]) < 3 / np.sqrt(N)
    assert abs(np.corrcoef(spread, rows["grain"])[0, 1]) < 3 / np.sqrt(N)


def test_but_neighbouring_pixels_tell_the_grain(by_grain):
    rows, pictures, masks = by_grain
    alike = [neighbours(picture, mask) for picture, mask in zip(pictures, masks, strict=True)]
    assert np.corrcoef(alike, rows["grain"])[0, 1] > 0.9


def test_radiomics_sees_the_grain(by_grain):
    """PyRadiomics' own co-occurrence and run-length features, on the ten finest and the ten coarsest opacities."""
    import SimpleITK
    from radiomics.featureextractor import RadiomicsFeatureExtractor

    logging.getLogger("radiomics").setLevel(logging.ERROR)
    extractor = RadiomicsFeatureExtractor(binWidth=25, force2D=True)
    extractor.disableAllFeatures()
    extractor.enableFeaturesByName(firstorder=["Mean"], glcm=["Contrast", "Correlation"], glrlm=["RunPercentage"])
    _, pictures, masks = by_grain

    def features(which: int) -> list[float]:
        image = SimpleITK.GetImageFromArray(pictures[which][None].astype(np.float32))  # it overflows in 8 bits
        mask = SimpleITK.GetImageFromArray(masks[which][None].astype(np.uint8))
        found = extractor.execute(image, mask)
        names = ("firstorder_Mean", "glcm_Contrast", "glcm_Correlation", "glrlm_RunPercentage")
        return [float(found[f"original_{name}"]) for name in names]

    fine, coarse = (np.array([features(which) for which in rows]) for rows in (range(10), range(N - 10, N)))
    assert abs(fine[:, 0].mean() - coarse[:, 0].mean()) < 8, "brightness"
    assert fine[:, 1].min() > 1.5 * coarse[:, 1].max(), "contrast"
    assert fine[:, 2].max() < coarse[:, 2].min(), "correlation"
    assert fine[:, 3].min() > coarse[:, 3].max(), "run percentage"


def test_pixel_by_pixel_nothing_tells_the_grain(by_grain):
    """No more pixels go with the grain than chance allows, so a linear reading of pixels has nothing to hold on to."""
    rows, pictures, _ = by_grain
    flat = pictures.reshape(N, -1).astype(float)
    flat = (flat - flat.mean(0)) / flat.std(0).clip(1e-9)
    correlation = flat.T @ ((rows["grain"] - rows["grain"].mean()) / rows["grain"].std(ddof=0)).to_numpy() / N
    assert np.mean(np.abs(correlation) > 3.3 / np.sqrt(N)) < 0.01


def test_larger_opacities_cover_more():
    _, small = rendered(facts(40, size=np.full(40, -1.5)))
    _, large = rendered(facts(40, size=np.full(40, 1.5)))
    assert large.sum() / small.sum() == pytest.approx(np.exp(2 * 0.22 * 3), rel=0.1)
    assert small.any(axis=(1, 2)).all()


def test_wider_hearts_brighten_the_pixels_beside_the_spine():
    (narrow, _), (wide, _) = (rendered(facts(40, heart=np.full(40, heart))) for heart in (-2.0, 2.0))
    changed = np.abs(wide.mean(axis=0) - narrow.mean(axis=0)) > 15
    rows, columns = np.nonzero(changed)
    assert changed.mean() > 0.02
    assert np.percentile(rows, 5) > 0.45 * SIDE
    assert np.percentile(columns, 5) > 0.25 * SIDE
    assert np.percentile(columns, 95) < 0.9 * SIDE


def test_a_chest_looks_like_one():
    """On average over patients: dark corners above the shoulders, dark lungs, a bright middle, a bright abdomen."""
    mean = rendered(facts(60))[0].mean(axis=0)
    corner, middle, below = mean[:8, :8].mean(), mean[70:95, 60:72].mean(), mean[118:, 20:100].mean()
    lungs = (mean[45:80, 24:40].mean() + mean[45:80, 88:104].mean()) / 2
    assert corner < lungs < middle
    assert lungs < below


@pytest.mark.parametrize("side", [64, 130, 384])
def test_any_size_is_drawn(side):
    pictures, masks = rendered(facts(2, grain=[-2.0, 2.0]), side)
    assert pictures.shape == masks.shape == (2, side, side)
    assert pictures.dtype == np.uint8
    fine, coarse = (neighbours(picture, mask) for picture, mask in zip(pictures, masks, strict=True))
    assert fine < coarse


def test_no_two_are_alike_and_the_same_numbers_draw_the_same():
    one = rendered(facts(3))[0]
    assert len({picture.tobytes() for picture in one}) == 3
    assert np.array_equal(one, rendered(facts(3))[0])


def test_a_second_image_is_the_same_patient_moved():
    pictures, masks = rendered(facts(20))
    for picture, mask in zip(pictures, masks, strict=True):
        again, mask_again = images.taken_again(np.random.default_rng(1), picture, mask * np.uint8(255))
        assert again.shape == picture.shape
        assert again.dtype == mask_again.dtype == np.uint8
        assert np.corrcoef(again.ravel(), picture.ravel())[0, 1] > 0.8
        assert not np.array_equal(again, picture)
        assert (mask_again > 0).sum() == pytest.approx(mask.sum(), rel=0.25)


def test_noise_fields_are_standard_and_as_smooth_as_asked():
    for sigma, expected in ((1.0, np.exp(-1 / 4)), (2.0, np.exp(-1 / 16))):
        noise = field(np.random.default_rng(0), 4, 128, sigma)
        assert noise.mean(axis=(1, 2)) == pytest.approx(0, abs=1e-5)
        assert noise.std(axis=(1, 2)) == pytest.approx(1, abs=1e-5)
        assert np.mean(noise[:, :, 1:] * noise[:, :, :-1]) == pytest.approx(expected, abs=0.03)
