"""``snakemake --profile slurm`` on a real scheduler."""

import os
import re
import signal
import time
from pathlib import Path

import pandas as pd
import pytest

from tests.project import Project
from workflow_scripts.lib.contracts.files import sha256_of
from workflow_scripts.lib.provenance.sidecar import read_sidecar

COHORT_READY = "results/ward/ingest/patients.parquet"
RUNTIME = 'fit_student: {mem_mb: "max(2000, 1000 + 4 * input.size_mb) * attempt", runtime: 120}'
# On an idle core about 75 s of steps; a job of one minute gives way after 48 s.
LONG = {"family": "deepsurv", "steps": 60_000, "validate_every": 20_000, "checkpoint_every": 50_000, "patience": 50}

LOST = {**LONG, "steps": 12_000, "checkpoint_every": 2_000}


def jobs_of(project, rule):
    return [job for job in project.cluster.jobs() if job["WorkDir"] == str(project.folder) and job["Comment"].startswith(f"rule_{rule}")]


def waited(condition, seconds=180):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)
    return found


def machine(path):
    return read_sidecar(path)["predicate"]["runDetails"]["survdistill_machine"]


def test_the_default_workflow_runs_and_every_sidecar_says_where(project):
    """All of it, figures included; trainings are given two GPUs each by one line, and the language model trains in two processes."""
    project.replace("profiles/default/config.yaml", RUNTIME, RUNTIME.replace("}", ", gpu: 2}"))
    project.configure(student={"families": {"cox_distilled": {"processes": 2, "device": "cpu"}}})
    status, said = project.on_slurm()
    assert status == 0, said
    board = pd.read_parquet(project.folder / "results/leaderboard.parquet")
    assert set(board["family"]) == {"cox", "cox_distilled", "teacher"}
    slurm = {job["JobId"]: job for job in project.cluster.jobs()}
    sidecars = {path: machine(path.with_name(path.name.removesuffix(".provenance.json"))) for path in _sidecars(project)}
    assert len(sidecars) > 40
    for path, found in sidecars.items():
        job = slurm[found["slurm_job"]]
        assert job["JobState"] == "COMPLETED"
        assert job["WorkDir"] == str(project.folder)
        trained = path.name.startswith(("MANIFEST", "history")) and "student" in path.parts
        assert job["Partition"] == ("gpu" if trained else "cpu")
        assert (found.get("gpus") == "0,1") if trained else ("gpus" not in found)
        shared = trained and "cox_distilled" in path.parts
        assert job["NumCPUs"] == "2" or not shared
    assert len({found["slurm_job"] for found in sidecars.values()}) < len(re.findall(r"^Finished jobid", said, re.MULTILINE))
    status, said = project.on_slurm()
    assert status == 0
    assert "Nothing to be done" in said


def _sidecars(project):
    return sorted((project.folder / "results").rglob("*.provenance.json"))


def test_a_cancelled_job_is_tried_again_with_more_memory(project):
    head = project.start("--", COHORT_READY)
    job = waited(lambda: [job for job in jobs_of(project, "build_cohort") if job["JobState"] == "RUNNING"])[0]
    os.system(f"scancel {job['JobId']}")
    assert head.wait(timeout=600) == 0, project.said()
    first, second = jobs_of(project, "build_cohort")
    assert [first["JobState"], second["JobState"]] == ["CANCELLED", "COMPLETED"]
    assert [first["MinMemoryNode"], second["MinMemoryNode"]] == ["1500M", "3000M"]
    assert machine(project.folder / COHORT_READY)["slurm_job"] == second["JobId"]


def test_a_job_above_its_memory_is_tried_again_with_more(project):
    memory = "build_cohort: {mem_mb: "
    project.replace("profiles/default/config.yaml", f"{memory}1500 * attempt", f"{memory}20 if attempt == 1 else 1500")
    status, said = project.on_slurm("--", COHORT_READY)
    assert status == 0, said
    assert [job["JobState"] for job in jobs_of(project, "build_cohort")][-1] == "COMPLETED"
    assert len(jobs_of(project, "build_cohort")) == 2


def test_a_training_that_hits_its_time_limit_resumes_and_ends_as_an_undisturbed_one(project, tmp_path):
    project.configure(student={"families": {"long": LONG}})
    calm = Project(project.copy(tmp_path / "calm").folder)
    wanted = "results/ward/student/long/r1f1/bundle/MANIFEST.json"
    # No more memory at every attempt: the node has enough for four, and on a busy core it takes more.
    project.replace("profiles/default/config.yaml", RUNTIME, "fit_student: {mem_mb: 2000, runtime: 1}")
    head = project.start("--retries", "20", "--", wanted)
    calm.run("--", wanted)
    assert head.wait(timeout=1800) == 0, project.said()
    jobs = jobs_of(project, "fit_student")
    assert len(jobs) > 1
    assert {job["JobState"] for job in jobs[:-1]} == {"FAILED"}  # gave way by itself, before Slurm would have ended it
    course = read_sidecar(project.folder / wanted)["predicate"]["runDetails"]["survdistill_course"]
    assert course["resumed_from_step"] > 0
    for name in ("bundle/MANIFEST.json", "history.parquet"):
        path = Path("results/ward/student/long/r1f1") / name
        assert sha256_of(project.folder / path) == sha256_of(calm.folder / path), name
    assert not list((project.folder / "results").rglob("resume-*"))


def test_a_training_on_a_lost_node_goes_on_when_the_node_is_back(project, tmp_path):
    project.configure(student={"families": {"long": LOST}})
    calm = Project(project.copy(tmp_path / "calm").folder)
    wanted = "results/ward/student/long/r1f1/bundle/MANIFEST.json"
    head = project.start("--", wanted)
    waited(lambda: list((project.folder / "results").rglob("resume-*/checkpoint.safetensors")))
    project.cluster.lose_node()
    assert not (project.folder / wanted).exists()
    project.cluster.bring_up_node()
    calm.run("--", wanted)
    assert head.wait(timeout=600) == 0, project.said()
    assert read_sidecar(project.folder / wanted)["predicate"]["runDetails"]["survdistill_course"]["resumed_from_step"] > 0
    assert sha256_of(project.folder / wanted) == sha256_of(calm.folder / wanted)


def test_an_orphan_of_a_killed_head_is_waited_out(project):
    """kill -9 leaves a lock and a running job: the README's recovery is to cancel by name, unlock and run again."""
    head = project.start("--", COHORT_READY)
    waited(lambda: [job for job in jobs_of(project, "build_cohort") if job["JobState"] in {"PENDING", "RUNNING"}])
    os.killpg(head.pid, signal.SIGKILL)
    head.wait()
    name = re.search(r"SLURM run ID: (\S+)", project.said())[1]
    status, said = project.on_slurm("--", COHORT_READY)
    assert status != 0
    assert "--unlock" in said
    os.system(f"scancel --name {name}")
    assert project.on_slurm("--unlock")[0] == 0
    status, said = project.on_slurm("--", COHORT_READY)
    assert status == 0, said
    assert not list((project.folder / "results").rglob("*.part*"))


def test_two_heads_on_one_folder_are_one_too_many(project):
    first = project.start("--", COHORT_READY)
    waited(lambda: "Select jobs to execute" in project.said())
    second = project.snakemake("--", COHORT_READY)
    assert second.returncode != 0
    assert "locked" in second.stderr
    assert first.wait(timeout=600) == 0, project.said()


def test_a_partition_that_is_not_there_is_said_before_anything_is_submitted(project):
    sites = project.folder / "site.yaml"
    sites.write_text("partitions: {huge: {max_runtime: 60}}", encoding="utf-8")
    before = len(project.cluster.jobs())
    status, said = project.on_slurm("--", COHORT_READY, SNAKEMAKE_SLURM_PARTITIONS=str(sites))
    assert status != 0
    assert "huge not among the partitions of this cluster (cpu, gpu, pair)" in said
    assert len(project.cluster.jobs()) == before


def test_without_a_scheduler_in_reach_it_says_so(project, tmp_path):
    """A PATH on which Slurm's commands are not."""
    bare = tmp_path / "bin"
    bare.mkdir()
    for path in [*Path("/usr/bin").iterdir(), *Path("/bin").iterdir()]:
        if not path.name.startswith(("s", "sa")) or path.name in {"sh", "sed", "sort", "stat", "sleep"}:
            (bare / path.name).unlink(missing_ok=True)
            (bare / path.name).symlink_to(path)
    status, said = project.on_slurm("--", COHORT_READY, PATH=str(bare))
    assert status != 0
    assert "no Slurm in reach: there is no sbatch here" in said


@pytest.mark.parametrize("words", [["-n"], ["--dry-run", "--", COHORT_READY]])
def test_a_plan_needs_no_scheduler(project, words):
    assert project.on_slurm(*words)[0] == 0
