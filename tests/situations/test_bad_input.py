"""What cannot be meant is refused in words, by the real workflow, before any model trains, and costs nothing already made."""

import os
import subprocess

import numpy as np
import pytest

from tests.project import COHORT, merged, new_project, ward


def changed(**columns):
    """The ward with the first values of some columns changed."""
    table = ward().astype(object)
    for name, values in columns.items():
        table.loc[: len(values) - 1, name] = values
    return table


def as_csv(table):
    return table.to_csv(index=False).encode()


def parquet_cut_short(folder):
    path = folder / "whole.parquet"
    ward().to_parquet(path)
    return path.read_bytes()[:-100]


NUMERIC_EVENT = {"event": {"column": "status", "seen": [1], "censored": [0]}}
SITUATIONS = {
    # name: (the file's bytes, changes to the cohort's YAML, words that the refusal must have)
    "event_three_codes": (as_csv(ward().assign(status=np.arange(90) % 3)), NUMERIC_EVENT, ["status", "2", "event_of_interest"]),
    "event_text": (as_csv(changed(status=["gone"])), {}, ["status", "gone"]),
    "event_missing": (as_csv(changed(status=[None, None])), {}, ["status", "2 "]),
    "time_zero": (as_csv(changed(months=[0, -3])), {}, ["months", "2 "]),
    "time_missing": (as_csv(changed(months=[None])), {}, ["months", "1 "]),
    "time_text": (as_csv(changed(months=["a year"])), {}, ["months"]),
    "no_events": (as_csv(ward().assign(status="alive")), {}, ["event"]),
    "too_few_events": (as_csv(ward().assign(status=["dead"] + ["alive"] * 89)), {}, ["event", "fold"]),
    "patient_twice": (as_csv(changed(id=["p007"])), {}, ["patient id", "not the only row with it in 2 of 90", "several"]),
    "start_stop": (as_csv(changed(id=["p007"]).assign(tstart=0, tstop=1)), {}, ["start-stop", "tstart", "one row at an index date"]),
    "constant": (as_csv(ward().assign(age=60)), {}, ["age"]),
    "all_missing": (as_csv(ward().assign(age="?")), {}, ["age", "no value"]),
    "infinite": (as_csv(changed(age=["inf"])), {}, ["age"]),
    "empty": (as_csv(ward().head(0)), {}, ["row"]),
    "no_such_column": (as_csv(ward()), {"time": {"column": "month"}}, ["month", "did you mean 'months'"]),
    "encoding": (as_csv(ward()).replace(b"alive", "lebend\xe4".encode("latin-1")), {}, ["utf-8"]),
    "cut_short": (parquet_cut_short, {"source": {"path": "data/cut_short.parquet"}}, ["Parquet"]),
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """The project after one run over every bad cohort at once."""
    project = new_project(tmp_path_factory.mktemp("situations") / "project")
    project.configure(cohorts=list(SITUATIONS))
    for name, (content, changes, _) in SITUATIONS.items():
        cohort = merged(merged(COHORT, {"source": {"path": f"data/{name}.csv"}, "strict": True}), changes)
        project.write(f"config/cohorts/{name}.yaml", cohort)
        data = content(project.folder / "data") if callable(content) else content
        (project.folder / cohort["source"]["path"]).write_bytes(data)
    done = project.snakemake("--keep-going", *(f"results/{name}/splits/time_grid.parquet" for name in SITUATIONS))
    assert done.returncode != 0
    return project


@pytest.mark.parametrize("name", SITUATIONS)
def test_bad_cohort_is_refused_in_words_before_any_model_trains(refused, name):
    logs = refused.folder / "results/logs" / name
    said = "\n".join(path.read_text(encoding="utf-8") for path in sorted(logs.glob("*.log")))
    refusal = next((line for line in said.splitlines() if " ERROR " in line), "")
    assert "Refusal" in refusal or "ContractError" in refusal, said
    for word in SITUATIONS[name][2]:
        assert word.lower() in said.lower(), said
    assert "Traceback" not in said
    assert "withheld" not in said
    assert "p007" not in said, "a patient's id is not for logs"
    assert not (refused.folder / f"results/{name}/splits/time_grid.parquet").exists()


CONFIGS = {
    "misspelt_section": ({"spilts": {"folds": 3}}, ["spilts", "did you mean 'splits'"]),
    "misspelt_key": ({"splits": {"flods": 3}}, ["config.splits", "flods", "did you mean 'folds'"]),
    "misspelt_family": ({"student": {"families": {"deepsruv": {}}}}, ["deepsruv", "deepsurv"]),
    "misspelt_family_key": ({"student": {"families": {"cox": {"penaltys": [1.0]}}}}, ["penaltys", "did you mean 'penalties'"]),
    "text_for_number": ({"splits": {"folds": "many"}}, ["config.splits.folds", "integer"]),
    "no_such_cohort": ({"cohorts": ["wards"]}, ["wards", "did you mean 'ward'"]),
    "no_such_template": ({"prompts": {"template": "resources/prompts/clinicall.yaml"}}, ["clinicall.yaml", "did you mean 'clinical.yaml'"]),
    "no_such_reference": ({"evaluate": {"references": ["coxx"]}}, ["coxx", "did you mean 'cox'"]),
}


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    """A project with its first table made: what must not be lost."""
    project = new_project(tmp_path_factory.mktemp("configs") / "project")
    project.run("results/ward/ingest/patients.parquet")
    return project


@pytest.mark.parametrize("name", CONFIGS)
def test_bad_config_is_refused_before_any_job_and_loses_nothing(ready, tmp_path, name):
    project = ready.copy(tmp_path / "project")
    changes, words = CONFIGS[name]
    project.configure(**changes)
    done = project.snakemake()
    said = done.stdout + done.stderr
    assert done.returncode != 0
    for word in words:
        assert word in said, said
    assert "Traceback" not in said
    assert (project.folder / "results/ward/ingest/patients.parquet").is_file()


def test_template_with_an_unknown_placeholder_is_refused_before_any_job(ready, tmp_path):
    project = ready.copy(tmp_path / "project")
    project.replace("resources/prompts/clinical.yaml", "{covariates}", "{covariate}")
    done = project.snakemake()
    assert done.returncode != 0
    assert "unknown placeholder {covariate}; did you mean 'covariates'?" in done.stdout + done.stderr


def test_base_model_that_does_not_exist_is_refused_before_any_model_trains(ready, tmp_path):
    project = ready.copy(tmp_path / "project")
    project.configure(student={"families": {"cox_distilled": {"base": "models/none"}}})
    done = project.snakemake()
    assert done.returncode != 0
    assert "base: 'models/none' cannot be had" in done.stdout + done.stderr
    assert not (project.folder / "results/ward/teacher").exists()
    assert (project.folder / "results/ward/ingest/patients.parquet").is_file()


def test_disk_that_fills_while_writing_loses_nothing_and_goes_on_when_there_is_space(ready, tmp_path):
    project = ready.copy(tmp_path / "project")
    results = project.folder / "results/ward/splits"
    results.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(results)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small file system is not allowed here")
    try:
        done = project.snakemake("results/ward/splits/folds.parquet")
        assert done.returncode != 0
        assert "no space left while writing" in done.stdout + done.stderr
        assert not list(results.iterdir())
    finally:
        subprocess.run(["umount", results], check=True)
    assert (project.folder / "results/ward/ingest/patients.parquet").is_file()
    project.run("results/ward/splits/folds.parquet")
