"""One image made like all others: where its pixels go, what its greys become, and what is refused by name."""

import numpy as np
import pytest

from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.modalities.standardise import StandardiseConfig
from workflow_scripts.lib.errors import ConfigError, StageRefusal
from workflow_scripts.lib.radiomics.geometry import box_of, fit
from workflow_scripts.lib.radiomics.standardise import lay, lay_mask, limits, place, spread

SHAPES = ("resize", "pad", "crop_to_mask")
RAMP = np.tile(np.arange(101, dtype=np.uint8), (20, 1))  # every level from 0 to 100 as often


def settings(**changes):
    return parse(StandardiseConfig, {"side": 64, "patch": 16, **changes}, "cfg")


def made(grey, inside=None, /, **changes):
    """The standardised image, its mask or None, and where its pixels came from."""
    cfg = settings(**changes)
    at = place(grey, inside, cfg)
    picture = lay(spread(grey[at.source], *limits(grey, inside, cfg)), at, cfg)
    return picture, None if inside is None else lay_mask(inside, at, cfg.side), at


def blob(shape, x, y, width=3.0):
    """A bright spot at (x, y) on black."""
    rows, columns = np.indices(shape)
    return np.rint(250 * np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * width**2))).astype(np.uint8)


def centre(picture):
    """Where the brightness has its centre, as x and y."""
    rows, columns = np.indices(picture.shape)
    return (picture * columns).sum() / picture.sum(), (picture * rows).sum() / picture.sum()


def test_geometry_worked_by_hand():
    box = (slice(10, 60), slice(0, 100))  # 50 rows, 100 columns
    padded, stretched = fit(box, 20, stretch=False), fit(box, 20, stretch=True)
    assert (padded.content, padded.pad_left, padded.pad_top, padded.scale_x, padded.scale_y) == ((20, 10), 0, 5, 0.2, 0.2)
    tall = fit((slice(0, 100), slice(10, 60)), 20, stretch=False)
    assert (tall.content, tall.pad_left, tall.pad_top) == ((10, 20), 5, 0)
    assert (stretched.content, stretched.pad_left, stretched.pad_top) == ((20, 20), 0, 0)
    assert (stretched.scale_x, stretched.scale_y) == (0.2, 0.4)
    assert (padded.left, padded.top, padded.width, padded.height) == (0, 10, 100, 50)


def test_the_box_around_a_mask_keeps_to_the_image():
    inside = np.zeros((100, 100), dtype=bool)
    inside[40:60, 0:50] = True
    assert box_of(inside, 0.0) == (slice(40, 60), slice(0, 50))
    assert box_of(inside, 0.1) == (slice(38, 62), slice(0, 55))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [(200, 120), (90, 150), (40, 40)])
def test_a_spot_is_found_back_in_the_source(shape, size):
    x, y = 0.6 * size[1], 0.4 * size[0]
    grey = blob(size, x, y, width=min(size) / 12)
    inside = np.zeros(size, dtype=bool)
    inside[size[0] // 8 : -size[0] // 8, size[1] // 8 : -size[1] // 8] = True
    picture, _, at = made(grey, inside, shape=shape, grey="as_is", margin=0.0)
    column, row = centre(picture)
    assert at.left - 0.5 + (column + 0.5 - at.pad_left) / at.scale_x == pytest.approx(x, abs=0.1)
    assert at.top - 0.5 + (row + 0.5 - at.pad_top) / at.scale_y == pytest.approx(y, abs=0.1)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_mask_goes_where_its_image_goes(shape):
    inside = np.zeros((230, 170), dtype=bool)
    inside[31:203, 17:120] = True
    picture, mask, _ = made(np.where(inside, 255, 0).astype(np.uint8), inside, shape=shape, grey="as_is", margin=0.2)
    assert set(np.unique(mask)) == {0, 255}
    assert 0.2 < (mask > 0).mean() < 0.9
    assert ((picture > 127) == (mask > 0)).mean() > 0.97


def test_an_image_of_the_right_size_and_bits_stays_as_it_is():
    grey = np.random.default_rng(1).integers(0, 256, (64, 64), dtype=np.uint8)
    assert np.array_equal(made(grey, grey="as_is")[0], grey)
    wide = grey.astype(np.uint16) * 257
    assert np.array_equal(made(wide, grey="as_is")[0], grey)


def test_percentiles_worked_by_hand():
    cfg = settings(low_percentile=10, high_percentile=90)
    low, high = limits(RAMP, None, cfg)
    assert (low, high) == (10, 90)
    assert spread(RAMP, low, high)[0, [0, 10, 50, 90, 100]].tolist() == [0, 0, 127.5, 255, 255]


def test_zscores_worked_by_hand():
    grey = np.tile(np.array([[90, 110]], dtype=np.uint8), (64, 32))  # mean 100, standard deviation 10
    low, high = limits(grey, None, settings(grey="zscore", sds=2))
    assert (low, high) == (80, 120)
    assert spread(grey, low, high)[0, :2].tolist() == [63.75, 191.25]
    assert made(grey, grey="zscore", sds=2)[0][0, :2].tolist() == [64, 191]


def test_a_brighter_and_steeper_exposure_is_the_same_image():
    """Percentiles and z-scores do not see a shift or a factor of the grey levels, nor how many bits they have."""
    grey = np.random.default_rng(2).integers(0, 100, (80, 64), dtype=np.uint8)
    for kind in ("percentile", "zscore"):
        assert np.array_equal(made(grey, grey=kind)[0], made(grey.astype(np.uint16) * 300 + 70, grey=kind)[0])


def test_what_lies_outside_the_mask_it_is_cut_to_sets_no_limit():
    grey = np.random.default_rng(3).integers(50, 100, (128, 128), dtype=np.uint8)
    inside = np.zeros(grey.shape, dtype=bool)
    inside[32:96, 32:96] = True
    pictures = [made(np.where(inside, grey, other).astype(np.uint8), inside, shape="crop_to_mask", margin=0.0)[0] for other in (0, 255)]
    assert np.array_equal(*pictures)
    assert (pictures[0].min(), pictures[0].max()) == (0, 255)
    assert not np.array_equal(*(made(np.where(inside, grey, other).astype(np.uint8), inside)[0] for other in (0, 255)))


def test_padding_is_as_dark_as_the_darkest_pixel():
    grey = np.random.default_rng(4).integers(40, 200, (32, 64), dtype=np.uint8)
    picture, mask, at = made(grey, grey > 100, grey="as_is")
    assert (at.pad_top, at.pad_left) == (16, 0)
    assert set(np.unique(picture[:16])) == set(np.unique(picture[48:])) == {grey.min()}
    assert not mask[:16].any()


def test_a_letter_does_not_smear():
    """What is brighter than the upper limit is cut before pixels are averaged."""
    grey = np.where(np.indices((128, 128))[1] % 2, 100, 50).astype(np.uint8)
    grey[64, 64] = 255
    assert made(grey, interpolation="box")[0][32, 32] == round((0 + 255 + 255 + 255) / 4)  # of 50, 100, 100 and the letter


TINY = np.arange(300, dtype=np.uint8).reshape(3, 100) % 200
DOTS = np.zeros((100, 100), dtype=bool)
DOTS[0, 0] = DOTS[99, 99] = True
LINE = np.zeros((100, 100), dtype=bool)
LINE[50, 10:90] = True
NOISE = np.random.default_rng(5).integers(0, 200, (100, 100), dtype=np.uint8)
ONE = np.zeros((100, 100), dtype=np.uint8)
ONE[7, 7] = 255
BAD = {
    "smaller than the grid": (TINY, None, {}, "fewer pixels along a side than the 4 patches"),
    "the mask's box is": (NOISE, LINE, {"shape": "crop_to_mask"}, "fewer pixels along a side than the 4 patches"),
    "no mask": (NOISE, None, {"shape": "crop_to_mask"}, "no mask to crop to; give one, or set without_mask: whole"),
    "one pixel differs": (ONE, None, {}, "flat: "),
    "flat inside the mask": (np.where(DOTS, 9, NOISE), DOTS, {"shape": "crop_to_mask"}, "flat: "),
    "12 of 16 bits": (NOISE.astype(np.uint16) * 16, None, {"grey": "as_is"}, "its 16 bits are not half used; set grey to percentile"),
}  # fmt: skip


@pytest.mark.parametrize("situation", BAD)
def test_what_is_refused_by_name(situation):
    grey, inside, changes, words = BAD[situation]
    with pytest.raises(StageRefusal, match=words):
        made(grey, inside, **changes)


def test_flat_once_averaged_is_refused():
    grey = np.zeros((640, 640), dtype=np.uint8)
    grey[:, ::10] = 1  # a tenth of a grey level on average
    with pytest.raises(StageRefusal, match="flat: "):
        made(grey, grey="as_is")


def test_without_a_mask_the_whole_image_where_that_is_asked_for():
    whole = made(NOISE, shape="crop_to_mask", without_mask="whole")[0]
    assert np.array_equal(whole, made(NOISE, shape="pad")[0])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"patch": 24}, "24 does not divide side, which is 64"),
        ({"low_percentile": 99.0}, "expected less than high_percentile"),
        ({"gray": "as_is"}, "did you mean 'grey'"),
        ({"shape": "stretch"}, "'resize', 'pad' or 'crop_to_mask'"),
        ({"side": 8}, "greater than or equal to 16"),
    ],
)
def test_settings_that_cannot_be_meant(changes, words):
    with pytest.raises(ConfigError, match=words):
        settings(**changes)
