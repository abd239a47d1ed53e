"""Feature bags: described where they lie; those that would run code, or are no bags, are refused."""

import h5py
import numpy as np
import pytest
import torch

from tests.registry import registry_of
from workflow_scripts.ingest import build_slides
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.modalities.slides import SlidesConfig
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.ingest import REFUSALS
from workflow_scripts.lib.contracts.modalities import SLIDES
from workflow_scripts.lib.contracts.registry import REGISTRY
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.raw.folder import write_inventory

FEATURES = np.random.default_rng(1).normal(size=(5000, 8)).astype(np.float32)
COORDS = np.arange(10_000).reshape(5000, 2)


def h5(path, **sets):
    with h5py.File(path, "w") as file:
        for name, values in (sets or {"features": FEATURES, "coords": COORDS}).items():
            file[name] = values


class Trap:
    """What a pickle could do."""

    def __reduce__(self):
        return (print, ("run",))


def build(root, bags, strict=False):
    """What the script says, the slides table, and reasons by patient."""
    (root / "bags").mkdir()
    for name, make in bags.items():
        make(root / "bags" / name)
    write_inventory(root / "bags", "*", root / "inventory")
    write_table(registry_of(["p1", "p2", "p3"]), root / "registry.parquet", REGISTRY)
    cfg = parse(SlidesConfig, {"source": {"kind": "folder", "path": "bags"}, "patient": {"pattern": "(p[0-9])"}}, "slides")
    out = [root / "slides.parquet", root / "refusals.parquet"]
    said = build_slides.main(root / "inventory", root / "registry.parquet", *out, cfg, strict)
    refusals = read_table(out[1], REFUSALS)
    return said, read_table(out[0], SLIDES), dict(zip(refusals["patient_id"], refusals["reason"], strict=True))


def test_every_kind_of_bag(tmp_path):
    said, slides, refusals = build(
        tmp_path,
        {
            "p1_a.h5": h5,
            "p1_b.pt": lambda path: torch.save(torch.tensor(FEATURES[:7]), path),
            "p2.pt": lambda path: torch.save({"features": torch.tensor(FEATURES).half(), "coords": torch.tensor(COORDS)}, path),
            "p3.h5": lambda path: h5(path, features=FEATURES),
            "p9.h5": h5,
        },
    )
    assert slides[["patient_id", "patches", "width", "coordinates"]].to_numpy().tolist() == [
        ["p1", 5000, 8, True],
        ["p1", 7, 8, False],
        ["p2", 5000, 8, True],
        ["p3", 5000, 8, False],
    ]
    assert refusals == {"p9": "not among the cohort's patients"}
    assert said == "4 bags of 3 patients, 15007 patches, 0 patients refused"


def late_nan(path):
    values = FEATURES.copy()
    values[4900, 3] = np.nan  # behind the first chunk
    h5(path, features=values)


def elsewhere(path):
    """Features that are a link into another file."""
    (path.parents[1] / "others").mkdir()
    h5(path.parents[1] / "others" / "other.h5")
    with h5py.File(path, "w") as file:
        file["features"] = h5py.ExternalLink("../others/other.h5", "features")


def group(path):
    with h5py.File(path, "w") as file:
        file.create_group("features")


def bomb(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("features", (1_000_000, 1024), "f4", chunks=(1000, 1024), compression="gzip")  # 4 GB of nothing


BAD = {
    "code.pt": (lambda path: torch.save({"features": Trap()}, path), "bag: it holds more than tensors, and reading it would run code"),
    "truncated.pt": (lambda path: path.write_bytes(b"PK\x03\x04nothing"), "bag: it cannot be read"),
    "words.pt": (lambda path: torch.save({"other": torch.zeros(3)}, path), "bag: there is no 'features' in it"),
    "flat.pt": (lambda path: torch.save(torch.zeros(3), path), "bag: its features have 1 dimensions, expected patches by width"),
    "none.pt": (lambda path: torch.save(torch.zeros(0, 8), path), "bag: it has no patches"),
    "infinite.pt": (lambda path: torch.save(torch.full((4, 4), torch.inf), path), "bag: a feature is not a finite number"),
    "nan.h5": (late_nan, "bag: a feature is not a finite number"),
    "other.h5": (lambda path: h5(path, other=FEATURES), "bag: there is no 'features' in it"),
    "deep.h5": (lambda path: h5(path, features=FEATURES[None]), "bag: its features have 3 dimensions"),
    "apart.h5": (lambda path: h5(path, features=FEATURES, coords=COORDS[:9]), "bag: coordinates and features are not of the same patches"),
    "damaged.h5": (lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n"), "bag: it cannot be read"),
    "elsewhere.h5": (elsewhere, "bag: its data are in another file"),
    "group.h5": (group, "bag: it cannot be read (AttributeError)"),
    "words.h5": (lambda path: h5(path, features=np.full((4, 8), b"word")), "bag: it cannot be read (TypeError)"),
    "bomb.h5": (bomb, "bag: its features: "),
    "bomb.pt": (lambda path: torch.save(torch.zeros(1, 1).expand(10**6, 10**6), path), "bag: its features: "),
    "sparse.pt": (lambda path: torch.save(torch.eye(8).to_sparse(), path), "bag: "),
    "old.pt": (lambda path: torch.save(torch.zeros(3, 8), path, _use_new_zipfile_serialization=False), "bag: it cannot be read"),
    "narrow.h5": (lambda path: h5(path, features=FEATURES[:, :4]), "bag: its features are not as wide as those of most bags"),
    "table.csv": (lambda path: path.write_text("1,2"), "bag: its suffix is neither .h5 nor .pt"),
    "and_p3.h5": (h5, "a bag names two patients"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_leaves_out_just_its_patient(tmp_path, name, capsys):
    make, reason = BAD[name]
    _, slides, refusals = build(tmp_path, {"p2.h5": h5, "p2_b.h5": h5, f"p1_{name}": make})
    assert slides["patient_id"].tolist() == ["p2", "p2"]
    assert refusals["p1"].startswith(reason)
    assert "run" not in capsys.readouterr().out


def test_strict_stops_at_one_bad_bag(tmp_path):
    with pytest.raises(StageRefusal, match=r"strict: not one patient may be refused:\n- bag: it cannot be read .*: 1 patients"):
        build(tmp_path, {"p2.h5": h5, "p9.h5": h5, "p1.h5": BAD["damaged.h5"][0]}, strict=True)
    assert not (tmp_path / "slides.parquet").exists()


def test_tensors_as_training_left_them(tmp_path):
    weights = torch.nn.Parameter(torch.tensor(FEATURES[:9]))
    _, slides, refusals = build(
        tmp_path, {"p1.pt": lambda path: torch.save(weights, path), "p2.pt": lambda path: torch.save(weights.detach().bfloat16(), path)}
    )
    assert slides["patches"].tolist() == [9, 9]
    assert not refusals


def test_a_bad_bag_beside_a_good_one_is_told(tmp_path):
    _, slides, refusals = build(tmp_path, {"p1_a.h5": h5, "p1_b.h5": late_nan, "p2.h5": h5})
    assert slides["slide_id"].tolist() == ["p1_a", "p2"]
    assert refusals == {"p1": "bag: a feature is not a finite number"}


def test_bags_kept_twice_stop_the_modality(tmp_path):
    """As CLAM writes them: one folder with .h5, one with .pt."""
    with pytest.raises(StageRefusal, match="1 slides have a second bag of their name"):
        build(tmp_path, {"p1.h5": h5, "p1.pt": lambda path: torch.save(torch.tensor(FEATURES), path)})


def test_bags_of_two_encoders_stop_the_modality(tmp_path):
    with pytest.raises(StageRefusal, match=r"of different widths, 4 \(1 bags\), 8 \(1 bags\)"):
        build(tmp_path, {"p1.h5": h5, "p2.h5": BAD["narrow.h5"][0]})


def test_nothing_usable_stops_the_modality(tmp_path):
    with pytest.raises(StageRefusal, match="not one of 1 bags can be used"):
        build(tmp_path, {"p1.pt": BAD["code.pt"][0]})
    assert not (tmp_path / "slides.parquet").exists()
