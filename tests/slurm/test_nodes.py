"""A training on two machines of a real scheduler: what one machine makes, and what is raised on either is raised."""

import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from tests.training.test_launch import quote_a_patient, refuse, train, trained
from workflow_scripts.lib.provenance.sidecar import read_sidecar
from workflow_scripts.lib.training.launch import in_processes

ROOT = Path(__file__).parents[2]
SHARED = {"steps": 12, "validate_every": 6, "batch_size": 32, "processes": 2, "nodes": 2}
BUNDLE = "results/ward/student/cox_distilled/r1f1/bundle/MANIFEST.json"
ONE, TWO = ("1", "1", "cpu"), ("2", "2", "pair")  # machines, cores and the partition that has them


def go(name: str, folder: str) -> None:
    """In the job: train, or fail, on as many machines as asked for."""
    functions = {"refuse": refuse, "quote_a_patient": quote_a_patient}
    try:
        if name == "train":
            in_processes(2, "cpu", train, nodes=2, folder=Path(folder), settings={})
        elif name == "three":
            in_processes(3, "cpu", refuse, nodes=3)
        else:
            in_processes(2, "cpu", functions[name], nodes=2)
    except Exception as error:
        print(f"{type(error).__name__}: {error}")


@pytest.fixture
def on_two(cluster, tmp_path):
    """Run `go` in a job that has two machines; what it says, all told."""

    def run(name):
        job = ["salloc", "--partition=pair", "--nodes=2", "--ntasks=2", "--mem=3000"]
        command = [
            *job,
            "srun",
            "-n1",
            "--nodes=2",
            sys.executable,
            "-m",
            "tests.slurm.test_nodes",
            name,
            str(tmp_path),
        ]  # as Snakemake does
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
        return (done.stdout + done.stderr).decode()

    return run


def test_two_machines_do_what_two_processes_of_one_do(on_two, tmp_path):
    _, expected = trained(tmp_path / "one", 2)
    assert "Error" not in on_two("train")
    found = [load_file(tmp_path / f"weights{rank}") for rank in (0, 1)]
    for weights, of_one in zip(found, expected, strict=True):
        assert {name: value.tobytes() for name, value in weights.items()} == {name: value.tobytes() for name, value in of_one.items()}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("refuse", "ContractError: no space left: free some"),
        ("quote_a_patient", "RuntimeError: a process of the training ended: RuntimeError: "),
        ("three", "StageRefusal: 0 of 3 machines answered (srun: error: Only allocated 2 nodes asked for 3)"),
    ],
)
def test_what_goes_wrong_on_either_machine_is_said(on_two, name, words):
    told = on_two(name)
    assert words in told
    assert "Quillfeather" not in told


def test_a_family_asks_for_machines_and_for_gpus_on_each(project):
    """First with stand-ins, which PyTorch does not take for GPUs: that is said, and what was made before goes on to be used."""

    def job_of(status):
        return next(job for job in project.cluster.jobs() if job["WorkDir"] == str(project.folder) and job["JobState"] == status)

    project.configure(student={"families": {"cox_distilled": {**SHARED, "device": "cuda"}}})
    assert project.on_slurm("--retries", "0", "--", BUNDLE)[0] != 0
    job = job_of("FAILED")
    assert (job["NumNodes"], job["Partition"], job["TresPerNode"]) == ("2", "pair", "gres:gpu:1")
    log = "".join(path.read_text(encoding="utf-8") for path in (project.folder / "results/logs").rglob("*fit_student.log"))
    assert "processes: 2, each with a GPU of its own, 1 on each of 2 machines, but 0 are visible" in log
    alone = {**SHARED, "family": "cox_distilled", "processes": 1, "nodes": 1}
    project.configure(student={"families": {"cox_distilled": {**SHARED, "device": "cpu"}, "alone": alone}})
    bundles = {BUNDLE.replace("cox_distilled", name): asked for name, asked in (("cox_distilled", TWO), ("alone", ONE))}
    status, words = project.on_slurm("--", *bundles)
    assert status == 0, words
    for bundle, asked in bundles.items():  # ready together
        run = read_sidecar(project.folder / bundle)["predicate"]["runDetails"]
        job = next(job for job in project.cluster.jobs() if job["JobId"] == run["survdistill_machine"]["slurm_job"])
        assert (job["NumNodes"], job["NumCPUs"], job["Partition"]) == asked
        assert len(run.get("survdistill_course", {}).get("machines", [])) == (2 if asked == TWO else 0)


if __name__ == "__main__":
    go(*sys.argv[1:])
