"""Features of patches in shards: read as one array, or refused by the name of the shard."""

import numpy as np
import pandas as pd
import pytest

from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.radiomics import patch_features_contract, read_patch_features
from workflow_scripts.lib.errors import ContractError

NAMES = ["original_firstorder_Mean", "original_glcm_Contrast", "original_glcm_Id"]
AGAIN = "delete it and run again: images already computed are taken from the cache"


def shard(path, patients, names=NAMES, patches=2, values=None):
    """A table of ``patients``, whose values count up from 100 times the patient's number."""
    length = patches**2 * len(names)
    rows = [100 * int(patient[1:]) + np.arange(length, dtype=np.float32) for patient in patients] if values is None else values
    table = pd.DataFrame({"patient_id": pd.Series(patients, dtype=object), "image_id": "001", "values": pd.Series(rows, dtype=object)})
    write_table(table, path, patch_features_contract(names, patches))
    return path


def test_shards_become_one_in_the_order_of_patients(tmp_path):
    paths = [shard(tmp_path / "1.parquet", ["p2", "p4"]), shard(tmp_path / "2.parquet", []), shard(tmp_path / "3.parquet", ["p3", "p1"])]
    found = read_patch_features(paths)
    assert list(found.patient_ids) == ["p1", "p2", "p3", "p4"]
    assert (found.names, found.patches, found.values[0].dtype) == (tuple(NAMES), 2, np.float32)
    np.testing.assert_array_equal(found.values, (100 * np.arange(1, 5)[:, None] + np.arange(12)).reshape(4, 4, 3))
    assert found.values[1][2].tolist() == [206, 207, 208]  # the third patch of p2


def test_nobody_has_an_image(tmp_path):
    found = read_patch_features([shard(tmp_path / "1.parquet", [])])
    assert (found.values, found.names) == ([], tuple(NAMES))


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"names": NAMES[::-1]}, "features differ from"),
        ({"names": NAMES[:2]}, "features differ from"),
        ({"patches": 3}, "grid of patches differ from"),
    ],
)
def test_shards_of_other_settings_are_refused_by_name(tmp_path, other, words):
    paths = [shard(tmp_path / "1.parquet", ["p1"]), shard(tmp_path / "2.parquet", ["p2"], **other)]
    with pytest.raises(ContractError, match=rf"2\.parquet: its {words} .*1\.parquet"):
        read_patch_features(paths)


def test_a_patient_in_two_shards(tmp_path):
    paths = [shard(tmp_path / f"{number}.parquet", ["p1", f"p{number}"]) for number in (2, 3)]
    with pytest.raises(ContractError, match="1 patients are in more than one of 2 shards"):
        read_patch_features(paths)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.r_[np.nan, np.zeros(11)], "every value is a finite number: not so in 1 of 1 rows"),
        (np.r_[np.inf, np.zeros(11)], "every value is a finite number: not so in 1 of 1 rows"),
        (np.zeros(11), "12 values: not so in 1 of 1 rows"),
    ],
)
def test_values_that_cannot_be(tmp_path, values, words):
    with pytest.raises(ContractError, match=words):
        shard(tmp_path / "1.parquet", ["p1"], values=[values.astype(np.float32)])


SPOILT = [lambda data: data[:-50], lambda data: data[:150] + bytes([data[150] ^ 1]) + data[151:], lambda data: b""]


@pytest.mark.parametrize("damage", SPOILT)
def test_a_damaged_shard_is_refused_by_name_and_says_what_to_do(tmp_path, damage):
    paths = [shard(tmp_path / "1.parquet", ["p1"]), shard(tmp_path / "2.parquet", [f"p{number}" for number in range(2, 50)])]
    paths[1].write_bytes(damage(paths[1].read_bytes()))
    with pytest.raises(ContractError, match=rf"2\.parquet.*; {AGAIN}"):
        read_patch_features(paths)


def test_other_tables_and_none(tmp_path):
    pd.DataFrame({"patient_id": ["p1"], "values": [[1.0]]}).to_parquet(tmp_path / "other.parquet")
    for name in ("other", "none"):
        with pytest.raises(ContractError, match=rf"{name}\.parquet: not a table of patch features .*; {AGAIN}"):
            read_patch_features([tmp_path / f"{name}.parquet"])
