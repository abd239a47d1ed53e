"""`snakemake simulations`: apart from the default run, and part of its seal once they were made."""

import numpy as np
import pytest
from PIL import Image

from tests.project import CONFIG, new_project
from workflow_scripts.lib.audit.verify import verify
from workflow_scripts.lib.provenance.sidecar import read_sidecar

SMALL = {
    "seeds": 2, "patients": 30, "patches": {"images": 2, "image_side": 64}, "recovery": {"iterations": 4},
    "dynamics": {"patterns": 4, "iterations": 4},
    "pruning": {"width": 4, "validation": 20, "test": 20, "horizons": [2], "iterations": 4, "every": 2},
}  # fmt: skip
FIGURES = ("simulations.html", "dynamics.svg", "recovery.svg", "pruning.svg")


def small_project(folder, **attention):
    """One family, and small simulations."""
    project = new_project(folder)
    families = {"families": {"cox": CONFIG["student"]["families"]["cox"]}}
    project.write("config/config.yaml", {**CONFIG, "student": families, "attention": SMALL | attention})
    return project


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A default run, and after it the simulations."""
    project = small_project(tmp_path_factory.mktemp("simulations") / "project")
    project.run()
    assert not (project.folder / "results/simulations").exists()
    project.run("simulations")
    return project


def test_they_are_sealed_with_the_rest(finished):
    assert not [str(found) for found in verify(finished.folder / "results", finished.folder)[1]]
    listed = (finished.folder / "results/audit/manifest.sha256").read_text(encoding="utf-8")
    assert all(f"results/simulations/figures/{name}\n" in listed for name in FIGURES)
    assert "results/leaderboard.parquet\n" in listed


def test_nothing_is_left_to_do(finished):
    assert not finished.planned()
    done = finished.snakemake("--dry-run", "simulations")
    assert "Nothing to be done" in done.stdout + done.stderr


def test_another_setting_reruns_the_simulations_and_the_seal_only(finished, tmp_path):
    project = finished.copy(tmp_path / "project")
    project.replace("config/config.yaml", "validation: 20", "validation: 21")
    planned = {"cut_patches", "simulate_dynamics", "simulate_recovery", "simulate_pruning", "plot_simulations", "show_simulations"}
    assert set(project.planned()) == {*planned, "seal_artifacts"}


def test_alone_they_need_no_cohort_and_no_seal(tmp_path):
    """In a fresh copy they run by themselves; X-rays of a folder are inputs by name, and where they came from is in the trail."""
    project = small_project(tmp_path / "project", patches={"folder": "data/xrays", "image_side": 64})
    (project.folder / "data/xrays").mkdir()
    for place in range(2):
        grey = np.random.default_rng(place).integers(0, 255, (70, 80), dtype=np.uint8)
        Image.fromarray(grey).save(project.folder / f"data/xrays/{place}.png")
    project.run("simulations")
    assert not (project.folder / "results/audit").exists()
    assert all((project.folder / f"results/simulations/figures/{name}").exists() for name in FIGURES)
    made_of = read_sidecar(project.folder / "results/simulations/xray_patches.parquet")["predicate"]["buildDefinition"]
    assert {"data/xrays/0.png", "data/xrays/1.png"} <= {one["uri"] for one in made_of["resolvedDependencies"]}


def test_an_empty_folder_of_xrays_is_refused_in_words(tmp_path):
    project = small_project(tmp_path / "project", patches={"folder": "data/xrays"})
    (project.folder / "data/xrays").mkdir()
    done = project.snakemake("results/simulations/xray_patches.parquet")
    assert done.returncode == 1
    assert "StageRefusal: attention.patches.folder: no PNG or JPEG in data/xrays" in done.stdout + done.stderr
