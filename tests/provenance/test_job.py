"""A job: named arguments, a log that quotes no patient, and a sidecar that others' tools can read."""

import hashlib
import json
import logging
import math
import time
import warnings
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import Field
from snakemake.iocontainers import InputFiles, Log, OutputFiles, Params, Wildcards

from workflow_scripts.lib.config.base import Section
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.provenance import sidecar
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.provenance.sidecar import read_sidecar

ROOT = Path(__file__).parents[2]
PATIENT = "Ms Example, born 1950"


class Settings(Section):
    """Settings of the rule."""

    trees: int = Field(5, ge=1, description="trees")


def listed(kind, **named):
    """Files or values by name as Snakemake lists them: flat, with names on top."""
    found = kind()
    for name, value in named.items():
        start, many = len(found), isinstance(value, list)
        found.extend(value if many else [value])
        found._set_name(name, start, end=len(found) if many else None)
    return found


@pytest.fixture
def job(tmp_path, monkeypatch):
    """What Snakemake hands to a script, in its own classes, run from a folder that is not the code's."""
    monkeypatch.chdir(tmp_path)
    Path("in.txt").write_text("in", encoding="utf-8")
    Path("more.txt").write_text("more", encoding="utf-8")
    return SimpleNamespace(
        rule="fit_teacher",
        scriptdir=str(ROOT / "workflow_scripts" / "teacher"),
        input=listed(InputFiles, patients="in.txt", many=["in.txt", "more.txt"]),
        output=listed(OutputFiles, table="out/table.parquet", note="out/note.txt"),
        params=listed(Params, cfg={"trees": 7}, seed=1, code="abc"),
        wildcards=listed(Wildcards, cohort="gbsg2"),
        log=Log(["out/job.log"]),
        threads=1,
        resources=SimpleNamespace(runtime=10),
    )


@pytest.fixture(autouse=True)
def _own_logging():
    """Jobs set logging up for their own process; put it back."""
    yield
    logging.captureWarnings(False)
    for handler in logging.getLogger().handlers[:]:
        if isinstance(handler, logging.FileHandler):
            logging.getLogger().removeHandler(handler)
            handler.close()


def main(patients, many, table, note, cfg: Settings, seed):
    """A script's main."""
    pq.write_table(pa.table({"n": [cfg.trees, seed]}), table)
    Path(note).write_text(f"{patients} {len(many)}", encoding="utf-8")
    return "two rows"


def log_of(job):
    return Path(job.log[0]).read_text(encoding="utf-8")


def failure(main, job):
    """The log of a job that must fail with status 1."""
    with pytest.raises(SystemExit) as stopped:
        run_job(main, job)
    assert stopped.value.code == 1
    assert not list(Path("out").glob("*.provenance.json"))
    return log_of(job)


def test_arguments_arrive_by_name_and_settings_as_their_model(job):
    run_job(main, job)
    assert pq.read_table("out/table.parquet")["n"].to_pylist() == [7, 1]
    assert Path("out/note.txt").read_text(encoding="utf-8") == "in.txt 2"
    assert "fit_teacher: two rows" in log_of(job)


@pytest.mark.parametrize(("path", "rows"), [("out/table.parquet", 2), ("out/note.txt", None)])
def test_sidecar_is_an_in_toto_statement(job, path, rows):
    run_job(main, job)
    said = read_sidecar(path)
    assert set(said) == {"_type", "subject", "predicateType", "predicate"}
    assert (said["_type"], said["predicateType"]) == ("https://in-toto.io/Statement/v1", "https://slsa.dev/provenance/v1")
    assert len(said["subject"]) == 1
    assert said["subject"][0]["name"] == path
    assert said["subject"][0]["digest"] == {"sha256": hashlib.sha256(Path(path).read_bytes()).hexdigest()}
    assert said["subject"][0].get("annotations", {}).get("rows") == rows


def test_sidecar_has_the_fields_of_slsa_provenance(job):
    run_job(main, job)
    predicate = read_sidecar("out/note.txt")["predicate"]
    assert set(predicate) == {"buildDefinition", "runDetails"}
    build, run = predicate["buildDefinition"], predicate["runDetails"]
    assert set(build) == {"buildType", "externalParameters", "internalParameters", "resolvedDependencies"}
    assert build["externalParameters"] == {
        "rule": "fit_teacher",
        "wildcards": {"cohort": "gbsg2"},
        "params": {"cfg": {"trees": 7}, "seed": 1},
    }
    assert build["internalParameters"]["code"] == "abc"
    assert build["internalParameters"]["environment"]["packages"]["numpy"]
    assert build["internalParameters"]["environment"]["lock_sha256"] == digest_of(ROOT / "envs/lock.txt")
    assert run["builder"]["id"].startswith("https://")
    assert all(moment.endswith("Z") for moment in run["metadata"].values())
    assert run["metadata"]["startedOn"] <= run["metadata"]["finishedOn"]
    assert run["survdistill_machine"]["host"]


def test_sidecar_names_inputs_and_code_with_their_digests(job):
    run_job(main, job)
    used = read_sidecar("out/note.txt")["predicate"]["buildDefinition"]["resolvedDependencies"]
    digests = {found["uri"]: found["digest"]["sha256"] for found in used}
    assert digests["more.txt"] == digest_of("more.txt")
    for code in ("workflow_scripts/teacher/fit_teacher.py", "workflow_scripts/lib/survival/seeds.py"):
        assert digests[code] == digest_of(ROOT / code)


def digest_of(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def test_schema_digest_sees_the_whole_of_a_meaning(job):
    """Units and meanings travel in the metadata, and may be long."""

    def digest(meaning):
        def write(patients, many, table, note, cfg: Settings, seed):
            schema = pa.schema([pa.field("n", pa.int64(), metadata={"meaning": meaning})])
            pq.write_table(pa.table({"n": [1]}, schema=schema), table)
            Path(note).touch()

        run_job(write, job)
        return read_sidecar("out/table.parquet")["subject"][0]["annotations"]["schema_sha256"]

    assert digest("x" * 200 + "a") == digest("x" * 200 + "a")
    assert digest("x" * 200 + "a") != digest("x" * 200 + "b")


def test_unexpected_errors_are_placed_but_not_quoted(job, capfd):
    def fails(**_):
        raise ValueError(PATIENT)

    text = failure(fails, job)
    assert "unexpected ValueError" in text
    assert "in fails" in text
    assert PATIENT not in text + "".join(capfd.readouterr())


def test_unexpected_errors_are_quoted_on_demand(job, monkeypatch):
    monkeypatch.setenv("SURVDISTILL_DEBUG", "1")

    def fails(**_):
        raise ValueError(PATIENT)

    assert PATIENT in failure(fails, job)


def test_errors_meant_to_be_read_are_one_sentence(job, capfd):
    def refuses(**_):
        raise StageRefusal("days: 3 of 10 values are not > 0")

    text = failure(refuses, job)
    assert text.count("\n") == 1
    assert text.endswith("ERROR StageRefusal: days: 3 of 10 values are not > 0\n")
    assert "3 of 10" in capfd.readouterr().err


def test_wrong_settings_are_named(job):
    job.params = listed(Params, cfg={"tress": 7}, seed=1)
    assert "did you mean 'trees'?" in failure(main, job)


@pytest.mark.parametrize(
    ("params", "word"),
    [
        ({"cfg": {}, "sead": 1}, "'seed'"),
        ({"cfg": {}, "seed": 1, "depth": 2}, "'depth'"),
        ({"seed": 1}, "'cfg'"),
        ({"cfg": {}, "seed": 1, "patients": "x"}, "two things are named patients"),
    ],
    ids=["misspelt", "unknown", "forgotten", "twice"],
)
def test_arguments_that_do_not_fit_are_named(job, params, word):
    job.params = listed(Params, **params)
    text = failure(main, job)
    assert "ArgumentMismatch: rule fit_teacher does not fit its script" in text
    assert word in text


def test_a_type_error_inside_the_script_is_not_taken_for_a_misfit(job):
    def fails(**_):
        raise TypeError(PATIENT)

    text = failure(fails, job)
    assert "unexpected TypeError" in text
    assert PATIENT not in text


def test_warnings_go_to_the_log(job):
    def warns(table, note, **_):
        warnings.warn("a ridge was needed", UserWarning, stacklevel=1)
        pq.write_table(pa.table({"n": [1]}), table)
        Path(note).touch()

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        run_job(warns, job)
        logging.captureWarnings(False)
    assert "a ridge was needed" in log_of(job)


def test_sidecar_is_plain_json_in_fixed_order(job):
    run_job(main, job)
    text = Path("out/note.txt.provenance.json").read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=1, sort_keys=True) + "\n"


def limited(job):
    """What a script that asks for it is told of its time."""
    told = []

    def asking(patients, many, table, note, cfg: Settings, seed, stop_at=math.inf):
        told.append(stop_at)
        return main(patients, many, table, note, cfg, seed)

    run_job(asking, job)
    return told[0]


@pytest.mark.parametrize(("minutes", "seconds"), [(1, 48), (10, 480), (120, 6900)])
def test_a_slurm_job_gives_way_before_its_limit(job, monkeypatch, minutes, seconds):
    """A fifth of its time is spared, and never more than five minutes."""
    job.resources.runtime = minutes
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    told = limited(job)
    assert 0 <= time.monotonic() + seconds - told < 20


def test_where_nothing_ends_a_job_nothing_gives_way(job, monkeypatch):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    assert limited(job) == math.inf


def test_what_a_job_notes_of_its_course_is_in_its_sidecar(job, monkeypatch):
    monkeypatch.setattr(sidecar, "_noted", {})
    sidecar.note(resumed_from_step=40)
    run_job(main, job)
    assert read_sidecar("out/note.txt")["predicate"]["runDetails"]["survdistill_course"] == {"resumed_from_step": 40}
