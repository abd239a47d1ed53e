"""The audit of a real run: clean when nothing was touched, and no tampering goes unseen."""

import json
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.project import Project, new_project
from workflow_scripts.lib.audit.diff import compare
from workflow_scripts.lib.audit.export import export
from workflow_scripts.lib.audit.verify import verify
from workflow_scripts.lib.errors import StageRefusal

LEADERBOARD = "results/leaderboard.parquet"
SUFFIX = ".provenance.json"
TAMPERINGS = 600


@pytest.fixture(scope="module")
def sealed(tmp_path_factory) -> Project:
    """A project whose run has ended and is sealed."""
    project = new_project(tmp_path_factory.mktemp("audit") / "project")
    project.run()
    return project


@pytest.fixture
def project(sealed, tmp_path) -> Project:
    """A copy to spoil."""
    return sealed.copy(tmp_path / "project")


def audit(project, *words):
    """Ask as an outsider would: exit status and everything said."""
    command = [sys.executable, "-m", "workflow_scripts.audit", *words]
    done = subprocess.run(command, cwd=project.folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_clean_run_has_no_finding(sealed):
    status, said = audit(sealed, "verify")
    assert status == 0, said
    assert said.startswith("nothing found: ")
    done = subprocess.run(["sha256sum", "--quiet", "-c", "results/audit/manifest.sha256"], cwd=sealed.folder, check=False)
    assert done.returncode == 0


def test_every_artifact_is_in_the_ledger_and_every_input_has_its_edge(sealed):
    ledger = pd.read_parquet(sealed.folder / "results/audit/ledger.parquet").set_index("path")
    edges = pd.read_parquet(sealed.folder / "results/audit/edges.parquet")
    made = {str(path.relative_to(sealed.folder)).removesuffix(SUFFIX) for path in (sealed.folder / "results").rglob(f"*{SUFFIX}")}
    assert set(ledger.index) == {path for path in made if not path.startswith("results/audit/")}
    artifacts = edges[edges["role"] == "artifact"]
    assert (ledger.loc[artifacts["input"], "sha256"].to_numpy() == artifacts["sha256"].to_numpy()).all()
    assert {"data/ward.csv", "data/letters.csv"} <= set(edges.loc[edges["role"] == "source", "input"])
    assert ledger.loc[LEADERBOARD, "target"]


def files(project) -> list[Path]:
    """Everything that a seal covers."""
    kept = [
        path
        for path in (project.folder / "results").rglob("*")
        if path.is_file() and path.relative_to(project.folder).parts[1] not in UNSEALED
    ]
    return sorted(
        [*kept, project.folder / "config/config.yaml", project.folder / "config/cohorts/ward.yaml", project.folder / "data/ward.csv"]
    )


UNSEALED = ("logs", "benchmarks", "report.html")


def flipped(rng, path, _):
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)
    return [path]


def truncated(rng, path, _):
    data = path.read_bytes()
    path.write_bytes(data[: rng.randrange(len(data))])
    return [path]


def deleted(rng, path, _):
    path.unlink()
    return [path]


def swapped(rng, path, all_files):
    other = rng.choice([one for one in all_files if one.read_bytes() != path.read_bytes()])
    one, two = path.read_bytes(), other.read_bytes()
    path.write_bytes(two)
    other.write_bytes(one)
    return [path, other]


def appended(rng, path, _):
    path.write_bytes(path.read_bytes() + b"\n")
    return [path]


def reworded(rng, path, all_files):
    """A sidecar that says something else, in a form that is right."""
    path = rng.choice([one for one in all_files if one.name.endswith(SUFFIX)])
    said = json.loads(path.read_text(encoding="utf-8"))
    place = rng.choice(
        [("runDetails", "metadata", "startedOn"), ("buildDefinition", "externalParameters", "rule"), ("buildDefinition", "buildType")]
    )
    inner = said["predicate"]
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] += "0"
    path.write_text(json.dumps(said, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return [path]


def added(rng, path, _):
    new = path.parent / f"new{rng.randrange(1000)}.parquet"
    new.write_bytes(b"PAR1")
    return [new] if "results" in new.parts else []


def reconfigured(rng, path, all_files):
    path = rng.choice([one for one in all_files if one.suffix == ".yaml"])
    path.write_text(path.read_text(encoding="utf-8").replace("1", "2", 1) + "# \n", encoding="utf-8")
    return [path]


WAYS = [flipped, flipped, truncated, deleted, swapped, appended, reworded, added, reconfigured]


def test_no_tampering_goes_unseen(project):
    """Each is found under the file's name, and is undone; at the end the run is clean again."""
    rng, every = random.Random(1), files(project)
    kept = {path: path.read_bytes() for path in every}
    missed = []
    for number in range(TAMPERINGS):
        way = WAYS[number % len(WAYS)]
        touched = way(rng, rng.choice(every), every)
        named = {project.folder / finding.path for finding in verify(project.folder, project.folder)}
        missed += [(way.__name__, str(path.relative_to(project.folder))) for path in touched if path not in named]
        for path in touched:
            path.write_bytes(kept[path]) if path in kept else path.unlink()
    assert not missed
    assert not verify(project.folder, project.folder)


@pytest.mark.parametrize("edit", ["last line out", "first line changed", "all gone"])
def test_the_run_index_cannot_be_changed_unseen(project, edit):
    index = project.folder / "results/audit/runs.jsonl"
    project.run("--forcerun", "plot_flow", "seal_artifacts")
    lines = index.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2
    assert not verify(project.folder, project.folder)
    if edit == "all gone":
        index.unlink()
    else:
        changed = lines[:-1] if edit == "last line out" else [lines[0].replace('"artifacts": ', '"artifacts": 1'), lines[1]]
        index.write_text("".join(f"{line}\n" for line in changed), encoding="utf-8")
    found = {finding.path for finding in verify(project.folder, project.folder)}
    assert ("results/audit/manifest.sha256" if edit == "last line out" else "results/audit/runs.jsonl") in found


def test_what_is_made_again_after_the_seal_is_said(project):
    project.run("--forcerun", "fit_time_grid", "--", "results/ward/splits/time_grid.parquet")
    status, said = audit(project, "verify")
    assert status == 1
    assert "results/ward/splits/time_grid.parquet.provenance.json" in said
    assert "--forcerun seal_artifacts" in said


def test_other_code_is_said(project):
    project.replace("workflow_scripts/lib/survival/cox.py", '"""', '"""Reworded. ')
    status, said = audit(project, "verify")
    assert status == 1
    assert "workflow_scripts/lib/survival/cox.py: differs from what made the results" in said


def test_a_gap_in_the_trail_is_not_sealed(project):
    (project.folder / f"results/ward/splits/folds.parquet{SUFFIX}").unlink()
    done = project.snakemake("--forcerun", "seal_artifacts")
    assert done.returncode != 0
    assert "results/ward/splits/folds.parquet" in done.stdout + done.stderr
    assert "nothing is sealed" in done.stdout + done.stderr


def test_a_cell_of_the_leaderboard_leads_to_its_own_raw_file(sealed):
    status, said = audit(sealed, "explain", LEADERBOARD, "--row", "cohort=ward", "family=cox", "metric=harrell_c", "--column", "mean")
    assert status == 0, said
    board = pd.read_parquet(sealed.folder / LEADERBOARD).query("family == 'cox' and metric == 'harrell_c'")
    assert f"{board['mean'].item():.6f}" in said
    assert "data/ward.csv" in said
    assert "family=cox)" in said
    assert "cox_distilled" not in said.replace("'cox_distilled'", "")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["results/leaderbord.parquet"], "did you mean 'results/leaderboard.parquet'"),
        ([LEADERBOARD, "--row", "famly=cox"], "has no column 'famly'"),
        ([LEADERBOARD, "--row", "family=coxx"], "did you mean 'cox'"),
        ([LEADERBOARD, "--row", "family"], "'family' is not column=value"),
        (["results/ward/ingest/patients.parquet", "--row", "patient_id=p001"], "patients are not shown here"),
        (["results/ward/figures/flow.svg", "--column", "mean"], "is no table that can be read"),
        ([LEADERBOARD, "--directory", "/nowhere"], "holds no folder `results`"),
    ],
)
def test_a_question_that_cannot_be_answered_gets_a_sentence(sealed, words, answer):
    status, said = audit(sealed, "explain", *words)
    assert status == 2
    assert answer in said
    assert "Traceback" not in said


def test_two_runs_of_the_same_are_the_same(sealed, tmp_path):
    """Versions travel: the same files in another folder give the same tables."""
    other = new_project(tmp_path / "elsewhere")
    other.run()
    assert not compare(sealed.folder, other.folder)
    status, said = audit(sealed, "diff", ".", str(other.folder))
    assert (status, said.count("\n")) == (0, 1)
    for name in ("ledger.parquet", "edges.parquet"):
        assert (sealed.folder / "results/audit" / name).read_bytes() == (other.folder / "results/audit" / name).read_bytes()


def test_what_differs_is_said_with_its_cause_and_nothing_else(sealed, project):
    project.configure(splits={"folds": 2, "intervals": 5})
    project.run("--", "results/ward/student/cox/r1f1/predictions.parquet")
    found = compare(sealed.folder, project.folder)
    assert list(found.causes) == ["results/ward/splits/time_grid.parquet"]
    assert found.causes["results/ward/splits/time_grid.parquet"] == ["setting cfg.intervals: 6 and 5"]
    assert "results/ward/student/cox/r1f1/predictions.parquet" in found.changed
    assert "1 further" not in " ".join(found.said())


def test_an_export_holds_no_patient(sealed, tmp_path):
    folder = tmp_path / "shared"
    export(sealed.folder, folder)
    ids = set(pd.read_parquet(sealed.folder / "results/ward/ingest/registry.parquet")["source_id"])
    shared = [path for path in folder.rglob("*") if path.is_file()]
    assert folder / LEADERBOARD in shared
    assert folder / "results/audit/crate/ro-crate-metadata.json" in shared
    assert not [
        path
        for path in shared
        if "ingest" in path.parts or path.name in {"predictions.parquet", "prompts.html"} or path.suffix == ".safetensors"
    ]
    for path in shared:
        text = pd.read_parquet(path).to_csv() if path.suffix == ".parquet" else path.read_text(encoding="utf-8")
        assert not ids & set(re.findall(r"\w+", text)), path
    done = subprocess.run(["sha256sum", "--quiet", "-c", "manifest.sha256"], cwd=folder, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("where", ["results/ward/figures/hazards.html", "results/leaderboard.parquet"])
def test_an_export_with_a_patient_in_it_is_refused(project, tmp_path, where):
    path = project.folder / where
    if path.suffix == ".html":
        path.write_text(path.read_text(encoding="utf-8").replace("</body>", "<p>p&#48;17</p></body>"), encoding="utf-8")
    else:
        pd.read_parquet(path).assign(cohort="p017").to_parquet(path)
    with pytest.raises(StageRefusal, match="hold an id of a patient"):
        export(project.folder, tmp_path / "shared")
    assert not (tmp_path / "shared").exists()


def test_a_signature_is_checked(project, tmp_path):
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed")
    key, signers = tmp_path / "key", tmp_path / "signers"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "auditor", "-f", key], check=True)
    signers.write_text(f"auditor {key.with_suffix('.pub').read_text(encoding='utf-8')}", encoding="utf-8")
    asked = ("verify", "--signers", str(signers))
    assert audit(project, *asked)[0] == 1
    subprocess.run(
        ["ssh-keygen", "-q", "-Y", "sign", "-n", "survdistill", "-f", key, "results/audit/manifest.sha256"], cwd=project.folder, check=True
    )
    assert audit(project, *asked) == (0, audit(project, "verify")[1])
    signers.write_text("", encoding="utf-8")
    status, said = audit(project, *asked)
    assert status == 1
    assert "bad signature" in said
