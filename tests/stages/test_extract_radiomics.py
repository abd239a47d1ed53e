"""The script that computes features: each image once, whoever else is there, whatever killed or damaged what was computed before."""

import logging
import subprocess
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml

from tests.project import ROOT, new_project
from tests.radiomics.world import write_standardised
from workflow_scripts.lib.config.radiomics import RadiomicsConfig
from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.ingest import REFUSALS
from workflow_scripts.lib.contracts.radiomics import read_patch_features
from workflow_scripts.lib.errors import ConfigError, ContractError, StageRefusal
from workflow_scripts.lib.radiomics import extract
from workflow_scripts.lib.radiomics.settings import load_settings
from workflow_scripts.radiomics import extract_radiomics

SHIPPED = ROOT / "resources/radiomics/patches.yaml"
SIDE, PATCH = 64, 16
IMAGES = {f"p{number}": np.random.default_rng(number).normal(120, 40, (SIDE, SIDE)).clip(0, 255).astype(np.uint8) for number in range(6)}
NEW = IMAGES.pop("p0")
BLACK = np.zeros((SIDE, SIDE), dtype=np.uint8)
SETTINGS = {"imageType": {"Original": {}, "LoG": {"sigma": [1]}}, "featureClass": {"firstorder": ["Mean"], "glcm": None, "glszm": None}}


def run(folder, shards=1, settings=SETTINGS, strict=False, code="0", patch=PATCH, **changes):
    """What the script says of each shard, and the paths of its tables."""
    (folder / "settings.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    inputs = {
        "standardised": folder / "standardised.parquet",
        "bundle": folder / "images/MANIFEST.json",
        "settings": folder / "settings.yaml",
    }
    cfg, said, paths = RadiomicsConfig(shards=shards, device="cpu", **changes), [], []
    for shard in range(1, shards + 1):
        paths.append(folder / f"{shard}_of_{shards}.parquet")
        outputs = {"patch_features": paths[-1], "refusals": folder / "refusals.parquet", "cache": folder / "cache"}
        said.append(
            extract_radiomics.main(**inputs, **outputs, cfg=cfg, patch=patch, shard=str(shard), strict=strict, threads=1, code=code)
        )
    return said, paths


def entries(folder):
    return {path: path.stat().st_mtime_ns for path in (folder / "cache").rglob("*.*")}


@pytest.fixture
def world(tmp_path):
    """A folder with five images, of which nothing is computed."""
    write_standardised(tmp_path, IMAGES, PATCH)
    return tmp_path


def test_both_engines_write_the_same_table(world):
    full = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    found = []
    for engine in ("batched", "pyradiomics"):
        said, paths = run(world, settings=full, engine=engine)
        assert said == ["1218 features of 5 images, 5 of them new; 0 refusals"]
        found.append(read_patch_features(paths))
    ours, theirs = found
    assert list(ours.patient_ids) == list(theirs.patient_ids) == list(IMAGES)
    assert ours.names == theirs.names
    assert (ours.patches, np.shape(ours.values), ours.values[0].dtype) == (4, (5, 16, 1218), np.float32)
    np.testing.assert_allclose(ours.values, theirs.values, rtol=1e-6, atol=1e-12)


def test_patches_are_row_by_row(world):
    features = read_patch_features(run(world)[1])
    means = np.stack(features.values)[..., features.names.index("original_firstorder_Mean")]
    for patient, found in zip(IMAGES.values(), means, strict=True):
        wanted = patient.reshape(4, PATCH, 4, PATCH).mean((1, 3), dtype=float)
        assert found.reshape(4, 4) == pytest.approx(wanted, rel=1e-6)


def test_shards_hold_every_patient_once_and_say_the_same(world):
    whole = read_patch_features(run(world)[1])
    _, paths = run(world, shards=3)
    counts = [pq.read_metadata(path).num_rows for path in paths]
    parts = read_patch_features(paths)
    assert sum(counts) == 5
    assert max(counts) < 5
    assert list(parts.patient_ids) == list(whole.patient_ids)
    np.testing.assert_array_equal(parts.values, whole.values)


def test_an_image_stays_in_its_shard_and_is_not_computed_again_when_another_joins(world):
    _, paths = run(world, shards=2)
    before = [set(read_table_of(path)) for path in paths]
    kept = entries(world)
    write_standardised(world, {"p0": NEW} | IMAGES, PATCH)
    said, paths = run(world, shards=2)
    assert sorted(line.split(", ")[1].split(" ")[0] for line in said) == ["0", "1"]  # of them new
    assert [set(read_table_of(path)) - {"p0"} for path in paths] == before
    assert entries(world).items() > kept.items()


def read_table_of(path):
    return pq.read_table(path, columns=["patient_id"])["patient_id"].to_pylist()


def test_a_shard_without_images_is_an_empty_table(tmp_path):
    write_standardised(tmp_path, {"p1": IMAGES["p1"]}, PATCH)
    said, paths = run(tmp_path, shards=2)
    assert sorted(said) == [f"82 features of {n} images, {n} of them new; 0 refusals" for n in (0, 1)]
    assert len(read_patch_features(paths).values) == 1


def test_the_same_bytes_twice_computed_or_remembered(world):
    _, (path,) = run(world)
    computed, kept = path.read_bytes(), entries(world)
    assert run(world)[0] == ["82 features of 5 images, 0 of them new; 0 refusals"]
    assert path.read_bytes() == computed
    assert entries(world) == kept
    stored = {entry: entry.read_bytes() for entry in kept}
    for entry in kept:
        entry.unlink()
    run(world)
    assert path.read_bytes() == computed
    assert {entry: entry.read_bytes() for entry in entries(world)} == stored


@pytest.mark.parametrize("damage", [lambda data: data[:100], lambda data: data[:-1] + bytes([data[-1] ^ 1]), lambda data: b""])
def test_a_damaged_entry_is_said_and_computed_again_and_the_others_are_kept(world, caplog, damage):
    _, (path,) = run(world)
    computed, kept = path.read_bytes(), entries(world)
    spoilt = sorted(kept)[1]
    sound = spoilt.read_bytes()
    spoilt.write_bytes(damage(sound))
    with caplog.at_level(logging.WARNING):
        said, _ = run(world)
    assert "5 images, 1 of them new" in said[0]
    warned = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert [spoilt.name in message and "damaged" in message for message in warned] == [True]
    assert (path.read_bytes(), spoilt.read_bytes()) == (computed, sound)
    assert {entry for entry, moment in entries(world).items() if moment != kept[entry]} == {spoilt}


def test_a_killed_job_goes_on_where_it_was(world, monkeypatch):
    real, calls = extract.make_engine, []

    def dying(*words):
        engine = real(*words)

        def compute(image):
            calls.append(image)
            if len(calls) == 3:
                raise KeyboardInterrupt
            return engine(image)

        return compute

    monkeypatch.setattr(extract, "make_engine", dying)
    with pytest.raises(KeyboardInterrupt):
        run(world)
    assert len(entries(world)) == 2
    assert not list(world.glob("*_of_1.parquet"))
    assert "5 images, 3 of them new" in run(world)[0][0]
    assert len(calls) == 6


@pytest.mark.parametrize(
    "changes",
    [
        {"settings": SETTINGS | {"setting": {"binWidth": 10}}},
        {"code": "1"},
        {"engine": "pyradiomics"},
        {"spacing": "stated"},
        {"patch": 32},
    ],
    ids=str,
)
def test_what_features_depend_on_is_computed_anew(world, changes):
    run(world)
    assert "5 images, 5 of them new" in run(world, **changes)[0][0]
    assert "5 images, 0 of them new" in run(world, settings=SETTINGS | {"setting": {"distances": [1]}})[0][0]  # which says the default


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"spacing_mm": [0.5, None], "row_spacing_mm": [0.5, None]}, "image: no spacing of its pixels is stated"),
        ({"row_spacing_mm": [0.5, 0.6]}, "image: the spacing of its pixels along rows differs from that along columns"),
    ],
)
def test_stated_spacings(tmp_path, facts, reason):
    write_standardised(tmp_path, {name: IMAGES[name] for name in ("p1", "p2")}, PATCH, **facts)
    said, paths = run(tmp_path, spacing="stated")
    assert said[0].endswith("of 1 images, 1 of them new; 1 refusals")
    refused = read_table(tmp_path / "refusals.parquet", REFUSALS)
    assert list(refused["patient_id"]) == ["p2"]
    assert refused["reason"][0].startswith(reason)
    stated, pixels = read_patch_features(paths), read_patch_features(run(tmp_path)[1])
    log = [name.startswith("log") for name in stated.names]
    assert (stated.values[0] != pixels.values[0])[:, log].any()  # 1 mm is 2 pixels
    assert (stated.values[0] == pixels.values[0])[:, np.invert(log)].all()


def test_images_without_features_are_refused_and_the_rest_kept(tmp_path):
    write_standardised(tmp_path, {"p1": BLACK, "p2": IMAGES["p2"]}, PATCH)
    said, paths = run(tmp_path)
    assert said[0].endswith("of 1 images, 1 of them new; 1 refusals")
    assert list(read_patch_features(paths).patient_ids) == ["p2"]
    refused = read_table(tmp_path / "refusals.parquet", REFUSALS)
    assert refused.to_dict("list") == {"patient_id": ["p1"], "reason": ["image: all pixels are zero"]}
    with pytest.raises(StageRefusal, match="strict: not one patient may be refused"):
        run(tmp_path, strict=True)


def test_features_too_large_for_their_table_are_refused(world):
    large = {"setting": {"voxelArrayShift": 1e20}, "imageType": {"Original": {}}, "featureClass": {"firstorder": ["Energy", "Mean"]}}
    assert "of 0 images" in run(world, settings=large)[0][0]
    reasons = set(read_table(world / "refusals.parquet", REFUSALS)["reason"])
    assert reasons == {"image: 1 features, such as original_firstorder_Energy, are no finite numbers of 32 bits"}


def test_an_image_that_was_altered_stops_the_job(world):
    (world / "images/0000003.png").write_bytes(b"altered")
    with pytest.raises(ContractError, match=r"0000003\.png: missing or altered"):
        run(world)
    (world / "images/0000003.png").unlink()
    with pytest.raises(ContractError, match=r"0000003\.png: missing or altered"):
        run(world)


def test_a_gpu_that_is_not_there(world, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="no GPU is visible"):
        extract.make_engine(RadiomicsConfig(device="cuda"), load_settings(SHIPPED), None, 1.0, 1)


def test_threads_are_those_of_the_job(world):
    import SimpleITK
    import torch

    count, before = SimpleITK.ProcessObject.GetGlobalDefaultNumberOfThreads, torch.get_num_threads()
    for threads in (2, 1):
        extractor = extract.Extractor(world, world, load_settings(SHIPPED), RadiomicsConfig(), PATCH, threads, "")
        extractor.engine(SIDE, 1.0)
        assert (count(), torch.get_num_threads()) == (threads, threads)
    torch.set_num_threads(before)


def test_the_reference_engine_never_loads_torch(world):
    (world / "settings.yaml").write_text(yaml.safe_dump(SETTINGS), encoding="utf-8")
    code = f"""
import sys
from workflow_scripts.lib.config.radiomics import RadiomicsConfig
from workflow_scripts.radiomics.extract_radiomics import main
cfg = RadiomicsConfig(engine="pyradiomics", shards=1)
paths = "standardised.parquet", "images/MANIFEST.json", "settings.yaml", "made.parquet", "refusals.parquet"
print(main(*(f"{world}/{{path}}" for path in paths), cfg, "{world}/cache", {PATCH}, "1", False, 1, "0"), "torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("0 refusals False")


def test_an_unknown_feature_is_refused_before_any_job_exists(tmp_path):
    project = new_project(tmp_path / "project")
    project.replace("resources/radiomics/patches.yaml", "  glcm:\n", "  glcm: [Entropie]\n")
    done = project.snakemake("--dry-run")
    assert done.returncode != 0
    assert "resources/radiomics/patches.yaml.featureClass: glcm has no feature 'Entropie'" in done.stdout + done.stderr
    assert "Building DAG" not in done.stdout + done.stderr
