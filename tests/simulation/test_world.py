"""What is written: the same bytes for the same seed, the right parts, and who lacks what by chance alone."""

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tests.simulation.worlds import patients, reports, table, truth, whole, written
from workflow_scripts.lib.contracts.oracle import read_oracle
from workflow_scripts.lib.errors import ContractError
from workflow_scripts.lib.simulation import blocks, expression, visits
from workflow_scripts.lib.simulation.covariates import CLOSURE

SMALL = {"patients": 30, "genes": 20}
FILES = {"MANIFEST.json", "patients.csv", "oracle.parquet"}
OF_PART = {
    "expression": {"expression.parquet"},
    "images": {"images", "masks", "images.csv"},
    "reports": {"reports.jsonl"},
    "visits": {"visits.csv"},
}


def names_in(manifest, part):
    """The patients who have something of a part."""
    if part == "expression":
        return pd.Series(pq.read_table(manifest.parent / "expression.parquet")["sample"].to_pylist()).str.removesuffix("-T").unique()
    rows = reports(manifest) if part == "reports" else table(manifest, f"{part}.csv")
    return rows["patient"].unique()


def test_the_same_seed_is_the_same_bytes_and_another_is_not(tmp_path):
    one, same, other = (
        json.loads(written(tmp_path / name, **SMALL, seed=seed).read_text()) for name, seed in (("one", 5), ("same", 5), ("other", 6))
    )
    assert one == same
    assert all(digest != other.get(name) for name, digest in one.items() if name != "oracle.parquet" and "mask" not in name)


@pytest.mark.parametrize("parts", [["covariates"], ["covariates", "visits"], ["covariates", "expression", "images", "reports"]])
def test_only_the_parts_asked_for_are_there(tmp_path, parts):
    manifest = written(tmp_path, **SMALL, parts=parts)
    expected = FILES.union(*(OF_PART[part] for part in parts if part != "covariates"))
    assert {path.name for path in manifest.parent.iterdir()} == expected
    found = truth(manifest)
    assert {part for part in ("covariates", *OF_PART) if found[part].any()} == set(parts)


def test_blocks_join_into_one_cohort(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", 7)
    manifest = written(tmp_path, **SMALL, missing=0.0)
    ids = [f"SIM-{number:07d}" for number in range(1, 31)]
    assert patients(manifest).index.tolist() == truth(manifest).index.tolist() == ids
    for part in OF_PART:
        assert names_in(manifest, part).tolist() == ids
    assert reports(manifest)["text"].nunique() > 25, "blocks repeat each other"


def test_the_oracle_is_the_sum_of_its_parts():
    found = truth(whole())
    assert found["log_hazard"].to_numpy() == pytest.approx(found[["covariates", *OF_PART]].sum(axis=1).to_numpy())
    assert found["scale_days"].to_numpy() == pytest.approx(1500 * np.exp(-found["log_hazard"] / 1.2))


def test_an_altered_world_is_refused(tmp_path):
    manifest = written(tmp_path, **SMALL, parts=["covariates"])
    (manifest.parent / "patients.csv").write_text("patient\n", encoding="utf-8")
    with pytest.raises(ContractError, match=r"patients\.csv missing or altered"):
        read_oracle(manifest)


@pytest.mark.parametrize("part", list(OF_PART))
def test_a_tenth_lack_each_part_by_chance_alone(part):
    raw, found = patients(whole()), truth(whole())
    lacking = ~raw.index.isin(names_in(whole(), part))
    assert 20 <= lacking.sum() <= 62  # of 400, expected 40: four standard deviations
    for column in ("log_hazard", part):
        gap = found[column][lacking].mean() - found[column][~lacking].mean()
        assert abs(gap) < 3.5 * found[column].std() / np.sqrt(lacking.sum())


def test_nearly_everything_missing_is_still_a_world(tmp_path):
    manifest = written(tmp_path, patients=20, missing=0.99, sites=1)
    assert len(patients(manifest)) == 20
    assert table(manifest, "images.csv").columns.tolist() == ["file", "patient", "study", "view"]
    assert table(manifest, "visits.csv").columns.tolist() == ["patient", "date", "code", "vocabulary", "value"]


def test_some_patients_have_a_second_image_and_every_image_a_mask():
    listed = table(whole(), "images.csv")
    counts = listed["patient"].value_counts()
    assert set(counts) == {1, 2}
    assert 10 <= (counts == 2).sum() <= 55
    folder = whole().parent
    assert {path.name for path in (folder / "images").iterdir()} == set(listed["file"])
    assert {path.name for path in (folder / "masks").iterdir()} == set(listed["file"].str.replace(".png", "_mask.png"))


def test_the_patients_table_is_raw():
    raw = patients(whole())
    assert (raw["cea"] == "N/A").mean() == pytest.approx(0.1, abs=0.06)
    assert (raw["smoking"] == "?").mean() == pytest.approx(0.05, abs=0.045)
    assert set(raw["vital_status"]) == {"DECEASED", "LIVING"}
    assert set(raw["hospital"]) == {"H001", "H002", "H003", "H004", "H005"}
    assert raw["followup_days"].str.fullmatch(r"[1-9]\d*").all()
    end = pd.to_datetime(raw["surgery_date"]) + pd.to_timedelta(raw["followup_days"].astype(int), unit="D")
    assert end.max() == pd.Timestamp(CLOSURE)
    assert (end[raw["vital_status"] == "DECEASED"] < CLOSURE).mean() > 0.9
    assert (end[raw["vital_status"] == "LIVING"] == CLOSURE).mean() > 0.5


def read_visits(manifest):
    """What the coded diseases add, computed from the raw codes."""
    codes = table(manifest, "visits.csv")
    ago = pd.to_datetime(patients(manifest).loc[codes["patient"], "surgery_date"]).to_numpy() - pd.to_datetime(codes["date"])
    before = codes.assign(ago=ago.dt.days)[ago.dt.days > 0]
    names = {code: name for name, row in visits.DISEASES.items() for code in row[:2]}
    last = before.assign(name=before["code"].map(names)).pivot_table(index="patient", columns="name", values="ago", aggfunc="min")
    return pd.Series(visits.effect(last.reindex(columns=list(visits.DISEASES))), last.index)


def read_expression(manifest):
    """The mean of each programme's genes."""
    raw = pq.read_table(manifest.parent / "expression.parquet").to_pandas().set_index("sample")
    programmes = [raw[[name for name in genes if name in raw]].mean(axis=1) for genes in (expression.PROLIFERATION, expression.CYTOTOXIC)]
    return (programmes[0] - 0.8 * programmes[1]).rename(lambda sample: sample.removesuffix("-T"))


def read_reports(manifest):
    """The grade, where it is written in one way of four."""
    raw = reports(manifest).set_index("patient")["text"]
    return raw.str.extract(r"GRADE: (\d) of 3")[0].dropna().astype(float)


def read_images(manifest):
    """How much of an image the opacity covers."""
    listed = table(manifest, "images.csv").query("study == '1'").set_index("patient")["file"]
    masks = listed.str.replace(".png", "_mask.png")
    return masks.map(lambda name: float(np.log((np.asarray(Image.open(manifest.parent / "masks" / name)) > 0).sum())))


READABLE = [
    ("visits", read_visits, 0.999),
    ("expression", read_expression, 0.9),
    ("reports", read_reports, 0.3),
    ("images", read_images, 0.3),
]


@pytest.mark.parametrize(("part", "read", "least"), READABLE, ids=[row[0] for row in READABLE])
def test_what_a_part_adds_can_be_read_off_its_files(part, read, least):
    seen = read(whole())
    added = truth(whole()).loc[seen.index, part]
    assert np.corrcoef(seen, added)[0, 1] > least
