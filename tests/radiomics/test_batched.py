"""The batched engine says what PyRadiomics says: of every filter, feature and patch, whatever the patches look like."""

import csv

import numpy as np
import pytest
from PIL import Image

from tests.project import ROOT
from tests.radiomics.pictures import adversarial, irregular
from tests.shared import shared
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.radiomics.batched.engine import Batched
from workflow_scripts.lib.radiomics.geometry import patch_grid
from workflow_scripts.lib.radiomics.reference import PyRadiomics, feature_names
from workflow_scripts.lib.radiomics.settings import FEATURES, RadiomicsSettings, load_settings

SETTINGS = load_settings(ROOT / "resources/radiomics/patches.yaml")
GRID = patch_grid(128, 32)
POINTWISE = ("square", "squareroot", "logarithm", "exponential")
RELATIVE, ABSOLUTE = 1e-9, 1e-12


def both(image, labels, settings=SETTINGS, spacing_mm=1.0):
    return [engine(settings, labels, spacing_mm)(image) for engine in (Batched, PyRadiomics)]


def flat_moments(image, labels):
    """Where PyRadiomics' own rounding decides: moments of constant regions of filters whose values take all bits of a float64."""
    constant = [np.ptp(image[labels == number]) == 0 for number in range(1, labels.max() + 1)]
    pointwise = [f"{kind}_firstorder_{moment}" for kind in POINTWISE for moment in ("Skewness", "Kurtosis")]
    return np.outer(constant, np.isin(feature_names(SETTINGS), pointwise))


def assert_same(got, want, exempt=False):
    away = np.abs(got - want)
    bad = (away > ABSOLUTE) & (away > RELATIVE * np.abs(want)) & ~np.broadcast_to(exempt, got.shape)
    assert np.isfinite(got).all()
    assert not bad.any(), [(int(row), feature_names(SETTINGS)[column]) for row, column in np.argwhere(bad)[:5]]


def test_the_default_are_1218_features_of_13_images():
    names = feature_names(SETTINGS)
    assert (len(names), len(set(names))) == (1218, 1218)
    assert len({name.split("_")[0] for name in names}) == 13


@pytest.mark.parametrize("below", [0, 128], ids=["as a picture", "with negative values"])
def test_adversarial_patches(below):
    image = adversarial() - below
    exempt = flat_moments(image, GRID)
    got, want = both(image, GRID)
    assert_same(got, want, exempt)
    assert (got[exempt] == 0).all()  # as PyRadiomics says of flat regions, where it finds them flat


def test_values_that_are_no_whole_numbers():
    assert_same(*both(np.random.default_rng(2).normal(0, 100, (128, 128)), GRID))


def test_regions_of_any_shape():
    labels = irregular()
    assert_same(*both(np.random.default_rng(3).integers(0, 256, (128, 128)), labels))
    image = adversarial()
    assert_same(*both(image, labels), flat_moments(image, labels))


def test_other_settings_mean_the_same():
    filters = {"Original": {}, "Wavelet": {"wavelet": "haar"}, "LoG": {"sigma": [0.5]}, "Gradient": {"gradientUseSpacing": False}}
    raw = {
        "setting": {"binWidth": 0.7, "distances": [1, 3], "gldm_a": 2, "voxelArrayShift": 300.0},
        "imageType": filters,
        "featureClass": dict.fromkeys(FEATURES) | {"glszm": ["ZoneEntropy"]},
    }
    settings = parse(RadiomicsSettings, raw, "settings")
    image = np.random.default_rng(4).normal(10, 6, (64, 64))
    assert_same(*both(image, patch_grid(64, 32), settings, spacing_mm=0.7))


def test_images_are_computed_alike_one_by_one_and_together(monkeypatch):
    image, together = adversarial(), Batched(SETTINGS, GRID)
    found = together(image)
    monkeypatch.setattr("workflow_scripts.lib.radiomics.batched.engine.PIXELS_AT_ONCE", 1)
    np.testing.assert_allclose(together(image), found, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("number", [0, 5])
def test_real_chest_radiographs(number):
    paths = sorted((shared("cxr_covid") / "images").iterdir())
    image = np.asarray(Image.open(paths[number]).convert("L").resize((384, 384)), dtype=np.float32)[96:288, 96:288]
    labels = patch_grid(192, 32)
    assert_same(*both(image, labels), flat_moments(image, labels))


def stored(kind, case):
    with open(shared("radiomics_pyradiomics") / "baseline" / f"baseline_{kind}.csv", encoding="utf-8") as stream:
        rows = list(csv.reader(stream))
    column = rows[0].index(case)
    return {row[0]: float(row[column]) for row in rows[1:] if row[0].startswith("original")}


def slices(case):
    """Image and label of a case of PyRadiomics' own tests: slice beside slice, with a gap, so that no neighbours are of two slices."""
    import SimpleITK

    read = (SimpleITK.ReadImage(shared("radiomics_pyradiomics") / f"{case}_{part}.nrrd") for part in ("image", "label"))
    (image, label), spacing = zip(*((SimpleITK.GetArrayFromImage(one), one.GetSpacing()) for one in read), strict=True)
    rows, columns = (np.flatnonzero(label.any(axis)) for axis in ((0, 2), (0, 1)))
    cut = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    chosen = np.flatnonzero(label.any((1, 2)))
    return [np.concatenate([np.pad(part[place][cut], 1) for place in chosen], axis=1) for part in (image, label)], spacing[0]


@pytest.mark.parametrize("case", ["brain1", "breast1"])
@pytest.mark.parametrize(("kind", "suffix"), [("firstorder", ""), *((name, "_2d") for name in ("glcm", "glrlm", "glszm", "gldm", "ngtdm"))])
def test_values_that_pyradiomics_stores(case, kind, suffix):
    """Its baseline of textures within slices, and of first-order features, which know no places; energies there are shifted by 2000."""
    (image, label), spacing = slices(case)
    raw = {"setting": {"voxelArrayShift": 2000}, "imageType": {"Original": {}}, "featureClass": {kind: None}}
    settings = parse(RadiomicsSettings, raw, "settings")
    got = dict(zip(feature_names(settings), Batched(settings, label)(image)[0], strict=True))
    want = stored(kind, case + suffix)
    if kind == "firstorder":  # a slice has no thickness here
        want["original_firstorder_TotalEnergy"] /= np.prod(spacing)
    assert got.keys() == want.keys()
    assert got == pytest.approx(want, rel=1e-9)


@pytest.mark.parametrize("case", ["brain1", "breast1"])
def test_shapes_that_pyradiomics_stores(case):
    import SimpleITK

    want = stored("shape2D", f"{case}_shape2D")
    label = SimpleITK.ReadImage(shared("radiomics_pyradiomics") / f"{case}_label.nrrd")
    one_slice = SimpleITK.GetArrayFromImage(label)[16 if case == "brain1" else 9]
    settings = parse(RadiomicsSettings, {"imageType": {"Original": {}}, "featureClass": {"shape2D": None}}, "settings")
    found = Batched(settings, one_slice, label.GetSpacing()[0])(np.ones(one_slice.shape))[0]
    assert dict(zip(feature_names(settings), found, strict=True)) == pytest.approx(want, rel=1e-9)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda image: image.__setitem__((0, 0), np.nan), "a pixel is not a finite number"),
        (lambda image: image.__setitem__((0, 0), np.inf), "a pixel is not a finite number"),
        (lambda image: image.fill(0), "all pixels are zero"),
    ],
)
@pytest.mark.parametrize("engine", [Batched, PyRadiomics])
def test_images_that_have_no_features(engine, spoil, words):
    image = adversarial()
    spoil(image)
    with pytest.raises(StageRefusal, match=words):
        engine(SETTINGS, GRID)(image)


def test_an_image_smaller_than_a_filter():
    with pytest.raises(StageRefusal, match="too small for log-sigma-1-0-mm-3D"):
        Batched(SETTINGS, np.ones((3, 3), dtype=int))(np.arange(9.0).reshape(3, 3))


@pytest.mark.parametrize("labels", [np.eye(8, dtype=int)[:1].repeat(8, 0), np.kron([[1, 3]], np.ones((4, 4), dtype=int))])
def test_regions_without_an_area(labels):
    with pytest.raises(StageRefusal, match="spans fewer than two rows or columns"):
        Batched(SETTINGS, labels)


def test_too_many_levels_for_memory():
    image = np.random.default_rng(5).permutation(128**2).reshape(128, 128) * 25.0
    with pytest.raises(StageRefusal, match="binWidth 25 leaves 1024 grey levels in a patch"):
        Batched(SETTINGS, GRID)(image)
