"""The scripts of the simulations, from patches to page, with small settings; the same bytes twice."""

import pytest

from tests.architecture.tree import ROOT
from tests.attention.test_simulations import SMALL
from tests.shared import shared
from workflow_scripts.attention import (
    cut_patches,
    plot_simulations,
    show_simulations,
    simulate_dynamics,
    simulate_pruning,
    simulate_recovery,
)
from workflow_scripts.lib.config.attention import PatchesConfig
from workflow_scripts.lib.contracts.attention import SIMULATIONS, XRAY_PATCHES
from workflow_scripts.lib.contracts.base import read_table

CFG = SMALL.model_copy(update={"patches": PatchesConfig(images=3, image_side=64, side=16)})
BACKGROUNDS = ["noise", "patches"]
PUBLISHED = ROOT / "resources/attention/published.yaml"


def run(root):
    """Every script in its turn; what they said."""
    root.mkdir()
    path = {name: root / f"{name}.parquet" for name in ("xray_patches", "attention_mass", "recovery", "roc", "simulations", *BACKGROUNDS)}
    said = [cut_patches.main([], path["xray_patches"], CFG, 1), simulate_dynamics.main(path["attention_mass"], CFG, 1)]
    said.append(simulate_recovery.main(path["recovery"], path["roc"], CFG, 1))
    said += [simulate_pruning.main(path["xray_patches"], path[name], CFG, name, 1) for name in BACKGROUNDS]
    tables, pruning = (path["attention_mass"], path["recovery"]), [path[name] for name in BACKGROUNDS]
    figures = [root / f"{name}.svg" for name in ("dynamics", "recovery", "pruning")]
    said.append(plot_simulations.main(*tables, path["roc"], pruning, PUBLISHED, *figures, CFG, BACKGROUNDS))
    said.append(show_simulations.main(*tables, pruning, PUBLISHED, path["simulations"], root / "page.html", BACKGROUNDS))
    return said


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    folder = tmp_path_factory.mktemp("attention")
    return folder, [run(folder / name) for name in ("one", "two")]


def test_every_script_says_what_it_did(twice):
    _, (said, again) = twice
    assert said == again
    assert said[0] == "48 patches of 3 radiographs, 0 blank ones left out"
    assert said[1].startswith("2 seeds; mass on relevant tokens from 0.")
    assert "AUC" in said[2]
    assert all(words in said[3] for words in ("horizon all", "validation mask"))
    assert said[5] == "3 figures, 2 backgrounds"


def test_the_same_bytes_twice(twice):
    folder, _ = twice
    made = sorted(path.name for path in (folder / "one").iterdir())
    assert len(made) == 11
    assert not [name for name in made if (folder / "one" / name).read_bytes() != (folder / "two" / name).read_bytes()]


def test_tables_and_figures_hold_what_was_simulated(twice):
    folder, _ = twice
    patches = read_table(folder / "one/xray_patches.parquet", XRAY_PATCHES)
    assert patches["image"].value_counts().to_dict() == {1: 16, 2: 16, 3: 16}
    assert set(patches["values"].map(len)) == {8}
    found = read_table(folder / "one/simulations.parquet", SIMULATIONS)
    assert set(found["simulation"]) == {"dynamics", "recovery", "pruning"}
    assert (found["seeds"] == 2).all()
    assert "mini-batches of 8" in (folder / "one/dynamics.svg").read_text(encoding="utf-8")
    assert "patches among patches" in (folder / "one/pruning.svg").read_text(encoding="utf-8")
    assert "weak signal, threshold 0.005" in (folder / "one/page.html").read_text(encoding="utf-8")


def test_real_xrays_are_cut(tmp_path):
    """Of many sizes, some with colours or transparency."""
    patches = PatchesConfig(folder=str(shared("cxr_covid/images")), images=6, image_side=64)
    said = cut_patches.main(patches.files(), tmp_path / "patches.parquet", CFG.model_copy(update={"patches": patches}), 1)
    assert said.startswith(tuple(f"{count} patches of 6 radiographs" for count in range(80, 97)))
