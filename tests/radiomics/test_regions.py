"""Regions and settings of radiomics."""

import numpy as np
import pytest
import pywt
import torch
from radiomics import getFeatureClasses

from tests.project import ROOT
from workflow_scripts.lib.config.base import parse, plain
from workflow_scripts.lib.errors import ConfigError
from workflow_scripts.lib.radiomics.batched.regions import Regions
from workflow_scripts.lib.radiomics.geometry import patch_grid
from workflow_scripts.lib.radiomics.settings import DISCRETE, FEATURES, RadiomicsSettings, load_settings

SOUND = {"imageType": {"Original": {}}, "featureClass": {"firstorder": None}}


def test_patches_are_numbered_row_by_row():
    assert patch_grid(4, 2).tolist() == [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]


def test_regions_know_where_their_pixels_are():
    labels = torch.tensor([[0, 2, 2], [1, 2, 2], [1, 1, 2]])
    regions = Regions(labels)
    assert regions.order.tolist() == [3, 6, 7, 1, 2, 4, 5, 8]  # the small region first
    assert regions.owner.tolist() == [0, 0, 0, 1, 1, 1, 1, 1]
    assert [(part.which.tolist(), part.span) for part in regions.sized] == [([0], slice(0, 3)), ([1], slice(3, 8))]
    assert regions.back.tolist() == [8, 3, 4, 0, 5, 6, 1, 2, 7]
    assert regions.longest == 3


@pytest.mark.parametrize(("distances", "offsets"), [((1,), 4), ((2,), 8), ((1, 3), 16)])
def test_each_pair_of_pixels_is_seen_once(distances, offsets):
    regions = Regions(torch.ones((5, 5), dtype=int))
    shifts = regions.shifts(distances)
    place = torch.arange(25).view(1, 5, 5)
    pairs = [
        pair for shift in shifts for pair in zip(place[shift.here].flatten().tolist(), place[shift.there].flatten().tolist(), strict=True)
    ]
    rows, columns = np.divmod(np.array(pairs), 5)
    assert set(np.maximum(abs(np.diff(rows)), abs(np.diff(columns))).ravel()) == set(distances)
    assert len(shifts) == offsets
    assert len({tuple(sorted(pair)) for pair in pairs}) == len(pairs)


def test_names_of_features_are_those_of_pyradiomics():
    theirs = {name: kind.getFeatureNames() for name, kind in getFeatureClasses().items() if name != "shape"}
    assert {name: set(kinds) for name, kinds in FEATURES.items()} == {
        name: {feature for feature, deprecated in found.items() if not deprecated} for name, found in theirs.items()
    }


def test_names_of_wavelets_are_those_of_pywavelets():
    assert set(pywt.wavelist(kind="discrete")) == DISCRETE


def test_features_that_mean_the_same_are_the_same():
    spelt = [{"glcm": None, "firstorder": ["Mean", "Energy"]}, {"firstorder": ["Energy", "Mean", "Mean"], "glcm": sorted(FEATURES["glcm"])}]
    first, second = (parse(RadiomicsSettings, SOUND | {"featureClass": classes}, "settings") for classes in spelt)
    assert plain(first) == plain(second)
    assert (first.features("firstorder"), len(first.features("glcm")), first.features("gldm")) == (["Energy", "Mean"], 24, [])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"featureClass": {"glcm": ["Entropie"]}}, "glcm has no feature 'Entropie'"),
        ({"featureClass": {"glcn": None}}, "'glcn' is no class of features: did you mean 'glcm'"),
        ({"imageType": {"LBP2D": {}}}, "'LBP2D' is not a setting here"),
        ({"imageType": {}}, "name at least one"),
        ({"imageType": {"LoG": {"sigma": [0]}}}, "every sigma must be above 0"),
        ({"imageType": {"Wavelet": {"wavelet": "coif99"}}}, "no discrete wavelet 'coif99'"),
        ({"setting": {"binCount": 32}}, "'binCount' is not a setting here"),
        ({"setting": {"binWidth": 0}}, "greater than 0"),
        ({"setting": {"distances": [1, 1]}}, "whole numbers from 1, each once"),
    ],
)
def test_settings_that_are_refused(change, words):
    with pytest.raises(ConfigError, match=words):
        parse(RadiomicsSettings, SOUND | change, "settings")


def test_a_settings_file_must_be_there_and_be_yaml(tmp_path):
    with pytest.raises(ConfigError, match="there is no file"):
        load_settings(tmp_path / "none.yaml")
    (tmp_path / "odd.yaml").write_text("setting: {", encoding="utf-8")
    with pytest.raises(ConfigError, match="not valid YAML"):
        load_settings(tmp_path / "odd.yaml")


def test_every_setting_that_ships_has_its_reason():
    lines = (ROOT / "resources/radiomics/patches.yaml").read_text(encoding="utf-8").splitlines()
    values = [line for line in lines if line.startswith("  ") and line.rstrip()[-1] != ":"]
    assert values
    assert all("#" in line for line in values)
