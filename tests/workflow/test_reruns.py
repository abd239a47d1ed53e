"""What reruns and what does not, with the real Snakefile on a small cohort; and what a run leaves behind."""

import json
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.project import COHORT, CONFIG, PLANTED, merged, new_project, ward
from workflow_scripts.lib.contracts.files import sha256_of

EVALUATE = {"score_predictions", "compare_families", "write_leaderboard", "join_comparisons"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A project whose default run has ended. Its cohort is a table, added with one YAML file and nothing else."""
    project = new_project(tmp_path_factory.mktemp("reruns") / "project")
    project.run()
    return project


@pytest.fixture
def project(finished, tmp_path):
    """A copy to spoil."""
    return finished.copy(tmp_path / "project")


def test_the_run_ends_with_a_leaderboard_of_every_family_and_of_the_teacher(finished):
    board = pd.read_parquet(finished.folder / "results/leaderboard.parquet")
    assert set(board["family"]) == {*CONFIG["student"]["families"], "teacher"}
    assert list(board.columns) == ["cohort", "family", "output", "metric", "mean", "lower", "upper", "n_patients", "n_events"]
    assert set(board["n_patients"]) == {len(ward())}


def test_what_identifies_a_patient_is_in_nothing_that_the_run_made(finished):
    """Raw copies hold it, and the registry may; no other table, prompt, checkpoint, log, page or figure, nor what Snakemake keeps."""
    kept = finished.folder / "results/ward/ingest"
    made = [path for root in ("results", ".snakemake/log", ".snakemake/metadata") for path in (finished.folder / root).rglob("*")]
    looked = [path for path in made if path.is_file() and path.parent != kept / "sources" and path.name != "registry.parquet"]
    assert {path.suffix for path in looked} >= {".parquet", ".safetensors", ".json", ".log", ".svg", ".html", ".jsonl"}
    for path in looked:
        data = path.read_bytes() if path.suffix != ".parquet" else pd.read_parquet(path).to_csv().encode()
        for kind, value in {**PLANTED, "mrn": "0048213", "date": "03/17/2011"}.items():
            assert value.lower().encode() not in data.lower(), f"{kind} in {path.relative_to(finished.folder)}"
    letters = pd.read_parquet(kept / "reports.parquet").set_index("patient_id")["text"]
    assert letters["p000"].startswith("Seen today, somewhat better")
    assert "[DATE]" in letters["p000"]


def test_a_second_run_has_nothing_to_do(finished):
    assert not finished.planned()


def test_touching_every_file_reruns_nothing(project):
    for path in project.folder.rglob("*"):
        if path.is_file() and ".snakemake" not in path.parts:
            path.touch()
    assert not project.planned()


def test_reordering_yaml_keys_reruns_nothing(project):
    for path in ("config/config.yaml", "config/cohorts/ward.yaml"):
        value = yaml.safe_load((project.folder / path).read_text(encoding="utf-8"))
        project.write(path, _reversed(value, keep=("covariates",)))
    assert not project.planned()


def _reversed(value, keep):
    if not isinstance(value, dict):
        return value
    return {key: value[key] if key in keep else _reversed(value[key], keep) for key in reversed(value)}


def test_a_comment_or_docstring_in_a_library_module_reruns_nothing(project):
    project.replace("workflow_scripts/lib/survival/cox.py", '"""', '"""Reworded. ')
    with (project.folder / "workflow_scripts/lib/survival/outcome.py").open("a", encoding="utf-8") as stream:
        stream.write("\n# a remark\n")
    assert not project.planned()


def test_editing_a_library_module_reruns_its_dependants_only(project):
    project.replace("workflow_scripts/lib/prompts/augment.py", "WIDER = 0.5", "WIDER = 0.6")
    planned = project.planned()
    assert planned["render_prompts"] == 2
    assert planned["fit_student"] == 2  # cox_distilled; cox reads no prompts
    assert not {"fetch_source", "build_cohort", "assign_folds", "fit_time_grid", "fit_teacher", "predict_teacher"} & set(planned)


def test_editing_a_family_reruns_that_family_only(project):
    project.replace("workflow_scripts/lib/families/cox.py", 'exclude={"family"}', 'exclude={"family", "none"}')
    planned = project.planned()
    assert planned["fit_student"] == planned["predict_student"] == 2
    assert planned["score_predictions"] == 1
    assert not {"render_prompts", "fit_teacher", "embed_patients"} & set(planned)


def test_changing_an_evaluation_setting_reruns_the_evaluation_only(project):
    project.configure(evaluate={"bootstrap": 30})
    planned = set(project.planned())
    assert planned >= EVALUATE
    assert not {"fit_student", "predict_student", "render_prompts", "fit_teacher", "build_cohort"} & planned


def test_changing_a_teacher_setting_reruns_the_teacher_and_what_follows_from_it(project):
    project.configure(teacher={"boosting": {"trees": 12}})
    planned = project.planned()
    assert planned["fit_teacher"] == planned["predict_teacher"] == planned["render_prompts"] == 2
    assert planned["fit_student"] == 2  # cox_distilled; the family cox has settings of its own
    assert not {"build_cohort", "assign_folds", "fit_time_grid"} & set(planned)


def test_adding_a_cohort_runs_that_cohort_only(project):
    project.configure(cohorts=["ward", "annex"])
    project.write("config/cohorts/annex.yaml", merged(COHORT, {"source": {"path": "data/annex.csv"}}))
    ward(seed=1).to_csv(project.folder / "data/annex.csv", index=False)
    planned = project.planned()
    assert planned["build_cohort"] == planned["build_reports"] == 1
    assert planned["fetch_source"] == 2  # the table, and the letters
    assert planned["fit_teacher"] == 2
    assert planned["fit_student"] == 4


def test_the_same_seed_gives_the_same_bytes(project):
    student = project.folder / "results/ward/student"
    made = [path for path in student.glob("*/r1f1/**/*") if path.suffix in {".parquet", ".safetensors"}]
    before = {path: sha256_of(path) for path in made if path.name != "hidden_states.parquet"}
    shutil.rmtree(student)
    project.run(*(f"results/ward/student/{family}/r1f1/predictions.parquet" for family in CONFIG["student"]["families"]))
    after = {path: sha256_of(path) for path in before}
    assert len(after) > 5
    assert after == before


def test_every_output_has_a_sidecar_that_names_its_bytes_and_its_makers(finished):
    results = finished.folder / "results"
    outputs = [path for path in results.rglob("*") if path.suffix in {".parquet", ".svg"} or path.name in {"MANIFEST.json", "source"}]
    assert len(outputs) > 30
    for path in outputs:
        statement = json.loads(Path(f"{path}.provenance.json").read_text(encoding="utf-8"))
        subject = statement["subject"][0]
        assert (subject["name"], subject["digest"]) == (str(path.relative_to(finished.folder)), {"sha256": sha256_of(path)})
        for made_from in statement["predicate"]["buildDefinition"]["resolvedDependencies"]:
            assert sha256_of(finished.folder / made_from["uri"]) == made_from["digest"]["sha256"]


def test_results_are_not_readable_by_everybody(finished):
    for path in (finished.folder / "results").rglob("*"):
        assert not os.stat(path).st_mode & 0o007, path


def test_nothing_is_left_lying_about(finished):
    assert not [path for path in (finished.folder / "results").rglob("*") if ".part" in path.name or path.name.startswith("resume-")]
