"""The profiles hold how it runs: the workflow's own in default, the cluster's in slurm."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.architecture.tree import ROOT, rules


def profile(name):
    return yaml.safe_load((ROOT / "profiles" / name / "config.yaml").read_text(encoding="utf-8"))


def snakemake(*words):
    done = subprocess.run([sys.executable, "-m", "snakemake", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_default_leaves_to_the_site_what_is_the_sites():
    """profiles/default overrides --profile key by key: these would silently undo a cluster's profile."""
    assert not set(profile("default")) & set(profile("slurm"))
    assert not set(profile("default")) & {"cores", "jobs", "executor", "default-resources", "retries"}


def test_code_is_seen_through_params_and_not_through_file_dates():
    assert set(profile("default")["rerun-triggers"]) == {"mtime", "params", "input", "software-env"}


def test_every_rule_has_its_memory_and_time():
    wanted = profile("default")["set-resources"]
    assert set(wanted) == set(rules())
    assert all(set(found) == {"mem_mb", "runtime"} for found in wanted.values())
    assert set(profile("default")["set-threads"]) <= set(rules())


def test_no_file_in_profiles_has_the_name_of_a_setting():
    """Snakemake turns a value that is the name of a file beside it into a path."""
    assert [path.name for path in (ROOT / "profiles" / "slurm").iterdir()] == ["config.yaml"]
    assert sorted(path.name for path in (ROOT / "profiles").iterdir()) == ["default", "slurm"]


def test_slurm_link_is_relative():
    assert (ROOT / "slurm").readlink() == Path("profiles/slurm")


@pytest.mark.parametrize("words", [["--cores", "1"], ["--profile", "slurm"]], ids=["here", "slurm"])
def test_the_default_run_can_be_planned(words):
    status, said = snakemake("-n", *words)
    assert status == 0, said


def test_the_overlay_adds_to_the_default_run():
    status, said = snakemake("-n", "--cores", "1", "--configfile", "config/full.yaml")
    assert status == 0, said
    for answer in ("cox_distilled_average/r5f5", "cox_distilled/r1f1", "deepsurv/r5f5"):
        assert f"student/{answer}/predictions.parquet" in said


def test_a_training_in_processes_asks_for_a_core_and_a_gpu_for_each(tmp_path):
    overlay = tmp_path / "gpus.yaml"
    settings = {"device": "cuda", "processes": 3}
    overlay.write_text(yaml.safe_dump({"student": {"families": {"cox_distilled": settings}}}), encoding="utf-8")
    status, said = snakemake("-n", "--cores", "8", "--configfile", "config/config.yaml", str(overlay))
    assert status == 0, said
    jobs = [job for job in said.split("\n[") if "family=cox_distilled" in job]
    fits, answers = ([job for job in jobs if f"\nrule {rule}:\n" in job] for rule in ("fit_student", "predict_student"))
    assert len(fits) == len(answers) == 12
    assert all("threads: 3" in job and "gpu=3" in job for job in fits)
    assert all("threads" not in job and "gpu=1" in job for job in answers)
