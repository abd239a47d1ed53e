"""Each kind of finding, with the file that it names; and that nothing in a trail can make verify stop."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from tests.audit.world import TARGETS
from workflow_scripts.audit.__main__ import main
from workflow_scripts.lib.audit.ledger import ledger_rows, write_rows
from workflow_scripts.lib.audit.runs import append_run, read_runs
from workflow_scripts.lib.audit.sealed import OUTPUTS
from workflow_scripts.lib.audit.verify import verify
from workflow_scripts.lib.contracts import audit as contracts
from workflow_scripts.lib.contracts.files import sha256_of
from workflow_scripts.lib.provenance.sidecar import SUFFIX

BOARD, PAGE = TARGETS
SCORES = "results/ward/evaluate/cox/fold_metrics.parquet"
MANIFEST, RUNS, LEDGER = "results/audit/manifest.sha256", "results/audit/runs.jsonl", "results/audit/ledger.parquet"
BUNDLE = "results/ward/student/cox/bundle/MANIFEST.json"
READ = ("predicate", "buildDefinition", "resolvedDependencies")


def kinds(world):
    """Kind and path of each finding."""
    return [tuple(found.split(": ", 1)[0].split("  ")) for found in world.findings()]


def test_a_sealed_run_has_no_findings(world):
    assert not world.findings()


def test_altered_bytes_are_named_with_whose_they_are(world):
    shutil.copyfile(world.folder / "results/annex/evaluate/cox/fold_metrics.parquet", world.folder / SCORES)
    (found,) = world.findings()
    assert found.startswith(f"altered  {SCORES}: found sha256 ")
    assert "(the bytes of results/annex/evaluate/cox/fold_metrics.parquet)" in found


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (BOARD, "missing"),
        (f"{BOARD}{SUFFIX}", "sidecar missing"),
        ("results/ward/student/cox/bundle/weights.txt", "missing"),
        ("data/ward.csv", "raw gone"),
        ("config/config.yaml", "config missing"),
        (LEDGER, "seal missing"),
        (MANIFEST, "seal missing"),
        (f"{LEDGER}{SUFFIX}", "sidecar missing"),
        (RUNS, "run index missing"),
    ],
)
def test_what_is_gone_is_named_once_and_by_its_kind(world, name, kind):
    (world.folder / name).unlink()
    assert kinds(world) == [(kind, name)]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (BOARD, "altered"),
        (f"{BOARD}{SUFFIX}", "sidecar altered"),
        ("results/ward/student/cox/bundle/weights.txt", "altered"),
        (BUNDLE, "altered"),
        ("data/ward.csv", "raw altered"),
        ("config/config.yaml", "config altered"),
        (LEDGER, "seal altered"),
        ("results/audit/edges.parquet", "seal altered"),
        ("results/audit/trail.html", "seal altered"),
        ("results/audit/crate/ro-crate-metadata.json", "seal altered"),
        ("results/audit/crate/MANIFEST.json", "seal altered"),
        (MANIFEST, "seal altered"),
        (f"{LEDGER}{SUFFIX}", "sidecar altered"),
        (RUNS, "run index broken"),
    ],
)
def test_what_was_replaced_by_rubbish_is_named_once_and_by_its_kind(world, name, kind):
    (world.folder / name).write_bytes(b"\xff\x00{]")
    assert kinds(world) == [(kind, name)]


@pytest.mark.parametrize("name", [BOARD, f"{BOARD}{SUFFIX}", LEDGER, MANIFEST, RUNS, f"{LEDGER}{SUFFIX}"])
@pytest.mark.parametrize("rubbish", [b"", b"[]", b"null", b'{"a": 1}\n', b'[{"name": 3}]\n', b"PAR1PAR1", b"a  b\n"])
def test_nothing_in_a_file_makes_verify_stop(world, name, rubbish):
    (world.folder / name).write_bytes(rubbish)
    assert name in {path for _, path in kinds(world)}


@pytest.mark.parametrize("rubbish", [b"", b"[]", b"null", b'{"a": 1}', b'{"subject": [{"name": 3}]}', b'{"subject": 1}'])
def test_without_a_seal_sidecars_still_testify(world, rubbish):
    shutil.rmtree(world.results / "audit")
    assert {kind for kind, _ in kinds(world)} == {"run index missing", "seal missing", "sidecar missing"}
    (world.folder / f"{SCORES}{SUFFIX}").write_bytes(rubbish)
    (world.folder / "results/annex/evaluate/cox/fold_metrics.parquet").write_bytes(b"x")
    found = kinds(world)
    assert ("sidecar altered", f"{SCORES}{SUFFIX}") in found
    assert ("altered", "results/annex/evaluate/cox/fold_metrics.parquet") in found


def test_without_a_seal_bundles_still_testify(world):
    shutil.rmtree(world.results / "audit")
    world.write("results/ward/student/cox/bundle/weights.txt", "other")
    (world.folder / "results/annex/student/cox/bundle/weights.txt").unlink()
    assert ("altered", "results/ward/student/cox/bundle/weights.txt") in kinds(world)
    assert ("missing", "results/annex/student/cox/bundle/weights.txt") in kinds(world)


@pytest.mark.parametrize(
    ("way", "value"),
    [
        (("predicate", "runDetails", "survdistill_machine", "host"), "elsewhere"),
        (("predicate", "runDetails", "metadata", "finishedOn"), "2999-01-01T00:00:00.000Z"),
        ((*READ, 0, "uri"), "results/other.parquet"),
        (("subject", 0, "annotations", "rows"), 7),
        (("subject", 0, "name"), MANIFEST),
        (("_type",), "https://in-toto.io/Statement/v2"),
    ],
)
def test_sidecars_of_the_seal_must_tell_of_their_file_and_of_the_same_job(world, way, value):
    """No manifest can list them, for they are written after it."""
    world.retell(LEDGER, *way, to=value)
    assert kinds(world) == [("sidecar altered", f"{LEDGER}{SUFFIX}")]


def test_sidecars_of_the_seal_are_written_in_one_way_only(world):
    path = world.folder / f"{LEDGER}{SUFFIX}"
    path.write_text(path.read_text(encoding="utf-8").replace(": ", ":  ", 1), encoding="utf-8")
    assert kinds(world) == [("sidecar altered", f"{LEDGER}{SUFFIX}")]


def test_a_sidecar_of_another_file_is_named(world):
    shutil.rmtree(world.results / "audit")
    shutil.copyfile(world.folder / f"{SCORES}{SUFFIX}", world.folder / f"{PAGE}{SUFFIX}")
    assert ("another's sidecar", f"{PAGE}{SUFFIX}") in kinds(world)


def test_a_sidecar_of_a_folder_beside_a_file_is_named_and_the_file_not_read_as_a_list(world):
    shutil.copyfile(world.folder / f"{BUNDLE}{SUFFIX}", world.folder / f"{BOARD}{SUFFIX}")
    assert kinds(world) == [("sidecar altered", f"{BOARD}{SUFFIX}")]


@pytest.mark.parametrize("rubbish", ["", "[]", "null", '{"weights.txt": 3}', "[" * 200_000])
def test_a_list_of_files_that_is_none_is_a_finding_though_all_digests_fit(world, rubbish):
    shutil.rmtree(world.results / "audit")
    world.write(BUNDLE, rubbish)
    world.retell(BUNDLE, "subject", 0, "digest", to={"sha256": sha256_of(world.folder / BUNDLE)})
    assert ("altered", BUNDLE) in kinds(world)


def test_a_broken_chain_is_named_where_it_breaks(world):
    shutil.rmtree(world.results / "audit")
    before = len(world.findings())
    world.table(SCORES, "fold_metrics", metric=["ibs"], value=[0.0])
    world.job("score_predictions", [SCORES], [], cohort="ward", family="cox")
    found = [said for said in world.findings() if said.startswith("broken chain")]
    assert len(world.findings()) == before + 1
    assert found[0].startswith(f"broken chain  {BOARD}: was made from {SCORES} with sha256 ")


def test_a_chain_broken_before_the_seal_is_found_through_a_forged_seal(world):
    """Who seals anew with other tools still has to make the sidecars fit each other."""
    world.retell(BOARD, *READ, 0, "digest", to={"sha256": "0" * 64})
    name = f"{BOARD}{SUFFIX}"
    lines = (world.folder / MANIFEST).read_text(encoding="utf-8").splitlines()
    renewed = [line if not line.endswith(f"  {name}") else f"{sha256_of(world.folder / name)}  {name}" for line in lines]
    forge(world, "\n".join(renewed) + "\n")
    assert [kind for kind, _ in kinds(world)] == ["broken chain"]


def forge(world, manifest):
    """Another manifest, with run index and sidecar to fit."""
    world.write(MANIFEST, manifest)
    runs = world.folder / RUNS
    run = json.loads(runs.read_text(encoding="utf-8"))
    runs.unlink()
    run["sealed"][MANIFEST] = sha256_of(world.folder / MANIFEST)
    line = append_run(runs, {name: value for name, value in run.items() if name not in ("number", "before", "sha256")})
    for name in OUTPUTS:
        world.retell(name, "predicate", "runDetails", "survdistill_course", to={"sealing": line["sha256"]})
    world.retell(MANIFEST, "subject", 0, "digest", to={"sha256": sha256_of(world.folder / MANIFEST)})


def test_a_ledger_that_tells_otherwise_than_the_sidecars_is_found_though_all_digests_fit(world):
    trail = world.trail()
    rows = ledger_rows(trail, sorted(trail.artifacts), set())
    write_rows(rows, world.folder / LEDGER, contracts.LEDGER)
    lines = (world.folder / MANIFEST).read_text(encoding="utf-8").splitlines()
    renewed = [line if not line.endswith(f"  {LEDGER}") else f"{sha256_of(world.folder / LEDGER)}  {LEDGER}" for line in lines]
    run = json.loads((world.folder / RUNS).read_text(encoding="utf-8"))
    run["sealed"][LEDGER] = sha256_of(world.folder / LEDGER)
    (world.folder / RUNS).write_text(json.dumps(run) + "\n", encoding="utf-8")
    forge(world, "\n".join(renewed) + "\n")
    world.retell(LEDGER, "subject", 0, "digest", to={"sha256": sha256_of(world.folder / LEDGER)})
    assert kinds(world) == [("seal altered", LEDGER)]


def test_lines_taken_from_the_end_of_the_run_index_or_added_or_all_made_anew_are_found(world):
    runs = world.folder / RUNS
    first = runs.read_bytes()
    world.seal()
    assert not world.findings()
    both = runs.read_bytes()
    runs.write_bytes(first)
    assert ("run index altered", RUNS) in kinds(world)
    runs.write_bytes(both)
    last = read_runs(runs)[-1]
    facts = {name: value for name, value in last.items() if name not in ("number", "before", "sha256")}
    append_run(runs, facts)
    assert kinds(world) == [("run index altered", RUNS)]
    runs.unlink()
    append_run(runs, {**facts, "commit": "another"})
    assert kinds(world) == [("run index altered", RUNS)]
    runs.write_bytes(both)
    assert not world.findings()


def test_strays_are_named_but_reports_logs_checkpoints_features_and_answers_that_are_kept_are_none(world):
    kept = ["ward/student/cox/r1f1/resume-0123456789abcdef/checkpoint.safetensors"]
    kept += ["ward/radiomics/cache/01/0123456789abcdef.safetensors", "ward/reports/cache/01/0123456789abcdef.json"]
    for name in ("report.html", "logs/a.log", "benchmarks/a.jsonl", *kept):
        world.write(f"results/{name}", "x")
    assert not world.findings()
    strays = {"notes.txt", "ward/student/cox/bundle/extra.txt", "audit/notes.txt", "ward/.half.part.parquet"}
    strays |= {"resume-0123456789abcdef/checkpoint.safetensors", "ward/student/cox/r1f1/resume-0123456789abcdef/model.parquet"}
    strays |= {
        f"ward/radiomics/cache/{name}" for name in ("01/notes.txt", "02/0123456789abcdef.safetensors", "0123456789abcdef.safetensors")
    }
    strays |= {"ward/reports/cache/02/0123456789abcdef.json", "ward/teacher/cache/01/0123456789abcdef.json"}
    for name in strays:
        world.write(f"results/{name}", "x")
    (world.results / "nowhere").symlink_to("nothing")
    (world.folder / "hidden").mkdir()
    world.write("hidden/orphan.txt", "x")
    (world.results / "behind").symlink_to("../hidden")
    strays |= {"nowhere", "behind/orphan.txt"}
    assert {path for kind, path in kinds(world) if kind == "stray"} == {f"results/{name}" for name in strays}


def test_a_cohort_moved_behind_a_link_is_whole_and_a_circle_of_links_ends(world):
    (world.results / "ward").rename(world.folder / "elsewhere")
    (world.results / "ward").symlink_to("../elsewhere")
    (world.results / "annex/again").symlink_to("..")
    assert not [found for found in world.findings() if "annex/again" not in found]


def test_a_pipe_in_place_of_a_file_is_not_waited_for(world):
    (world.folder / BOARD).unlink()
    os.mkfifo(world.folder / BOARD)
    assert [path for _, path in kinds(world)] == [BOARD]


@pytest.mark.parametrize("name", [f"{BOARD}{SUFFIX}", f"{LEDGER}{SUFFIX}", RUNS, BUNDLE])
def test_what_is_nested_too_deeply_is_a_finding(world, name):
    (world.folder / name).write_text("[" * 200_000, encoding="utf-8")
    assert name in {path for _, path in kinds(world)}


@pytest.mark.parametrize(
    ("way", "to"),
    [
        ((*READ, 0, "uri"), "data/\0.csv"),
        ((*READ, 0, "uri"), "data/\ud800.csv"),
        ((*READ, 0, "uri"), f"workflow_scripts/{'a' * 300}.py"),
        (("predicate", "buildDefinition", "externalParameters", "params"), {"module": 5}),
        (("predicate", "buildDefinition", "internalParameters", "git"), {"commit": 5}),
        (("predicate", "runDetails", "metadata", "finishedOn"), "2999-01-01T00:00:00.000Z"),
    ],
)
def test_odd_values_in_a_sidecar_are_findings_and_stop_no_command(world, monkeypatch, capsys, way, to):
    world.retell(SCORES, *way, to=to)
    monkeypatch.chdir(world.folder)
    assert main(["verify"]) == 1
    assert SCORES in capsys.readouterr().out
    assert main(["explain", BOARD]) == 0
    assert main(["diff", "results", "results"]) == 0


def test_a_clock_that_was_ahead_is_no_finding(world):
    """On clusters clocks differ: what finished after the seal by its own clock is still what was sealed."""
    world.retell(SCORES, "predicate", "runDetails", "metadata", "finishedOn", to="2999-01-01T00:00:00.000Z")
    world.seal()
    assert not world.findings()


def test_left_over_results_of_other_code_are_no_finding(world):
    """A cohort that was taken out of the configuration, and code that was edited since."""
    shutil.rmtree(world.results / "annex")
    world.write("results/annex/left.txt", "x")
    world.job("fetch_source", ["results/annex/left.txt"], [], cohort="annex", source="patients")
    world.retell("results/annex/left.txt", *READ, 0, "digest", "sha256", to="0" * 64)
    world.retell("results/annex/left.txt", "predicate", "buildDefinition", "internalParameters", "code", to="other")
    world.evaluate(["ward"])
    world.seal()
    assert not world.findings()


def test_results_are_found_from_within_their_folder(world, monkeypatch):
    monkeypatch.chdir(world.results)
    assert not verify(".", world.folder)[1]


def test_an_artifact_that_was_smuggled_in_with_a_sidecar_is_named(world):
    name = "results/annex/evaluate/best/fold_metrics.parquet"
    world.table(name, "fold_metrics", metric=["ibs"], value=[0.0])
    world.job("score_predictions", [name], [], cohort="annex", family="best")
    assert kinds(world) == [("not sealed", name)]


def test_what_was_made_again_after_the_seal_is_told_with_what_to_do(world):
    world.retell(BOARD, "predicate", "runDetails", "metadata", "finishedOn", to="2999-01-01T00:00:00.000Z")
    (found,) = world.findings()
    assert found.startswith(f"made again  {BOARD}: ")
    assert found.endswith("run `snakemake --forcerun seal_artifacts`")


def test_a_folder_that_was_made_again_is_told_once_and_not_by_its_files(world):
    weights = world.folder / "results/ward/student/cox/bundle/weights.txt"
    weights.write_text("other", encoding="utf-8")
    world.write(BUNDLE, json.dumps({"weights.txt": sha256_of(weights)}))
    world.retell(BUNDLE, "subject", 0, "digest", to={"sha256": sha256_of(world.folder / BUNDLE)})
    world.retell(BUNDLE, "predicate", "runDetails", "metadata", "finishedOn", to="2999-01-01T00:00:00.000Z")
    assert ("made again", BUNDLE) in kinds(world)
    assert not [found for found in world.findings() if "weights.txt" in found]


def test_copies_of_remote_sources_are_not_missed(world):
    """Snakemake takes them away when it is done; what they held is pinned by digest in the cohort's file."""
    world.retell("results/ward/ingest/sources/patients", *READ, 0, "uri", to=".snakemake/storage/https/example.org/ward.csv")
    world.seal()
    assert not world.findings()


def test_files_of_a_raw_folder_are_compared_with_the_inventory(world):
    """Which is all that the run keeps of them; the manifest leaves them out, for their names may be of patients."""
    source = "results/ward/ingest/sources/patients"
    world.params = {"fetch_source": {"cfg": {"source": {"kind": "folder"}}}}
    for name in ("a.png", "b.png"):
        world.write(f"data/scans/{name}", name)
    digests = [sha256_of(world.folder / f"data/scans/{name}") for name in ("a.png", "b.png")]
    world.table(source, "inventory", folder=["data/scans"] * 2, path=["a.png", "b.png"], sha256=digests)
    world.job("fetch_source", [source], ["data/ward.csv"], cohort="ward", source="patients")
    world.retell("results/ward/ingest/patients.parquet", *READ, 0, "digest", to={"sha256": sha256_of(world.folder / source)})
    world.retell("results/ward/ingest/registry.parquet", *READ, 0, "digest", to={"sha256": sha256_of(world.folder / source)})
    world.seal()
    assert not world.findings()
    world.write("data/scans/a.png", "other")
    (world.folder / "data/scans/b.png").unlink()
    assert kinds(world) == [("raw altered", "data/scans/a.png"), ("raw gone", "data/scans/b.png")]


def test_other_code_is_named_with_how_much_it_made(world):
    world.write("workflow_scripts/evaluate/write_leaderboard.py", "NAME = 'another'\n")
    (found,) = world.findings()
    assert found.startswith(
        "code differs  workflow_scripts/evaluate/write_leaderboard.py: is not the code that made results/leaderboard.parquet;"
    )
    world.write("workflow_scripts/evaluate/write_leaderboard.py", "def (:\n")
    assert kinds(world) == [("code differs", "workflow_scripts/evaluate/write_leaderboard.py")]
    (world.folder / "workflow_scripts/evaluate/write_leaderboard.py").unlink()
    assert kinds(world) == [("code differs", "workflow_scripts/evaluate/write_leaderboard.py")]


def test_code_of_the_same_size_and_date_is_still_read(world):
    """Snakemake's digests are remembered by date and size; an auditor's are not."""
    path = world.folder / "workflow_scripts/lib/shared.py"
    before = path.stat()
    path.write_text(path.read_text(encoding="utf-8").replace("0.5", "0.6"), encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert [kind for kind, _ in kinds(world)] == ["code differs"]


def test_another_lock_is_named(world):
    world.write("envs/lock.txt", "numpy==1.0\n")
    assert kinds(world) == [("lock differs", "envs/lock.txt")]


def test_leftovers_of_an_earlier_configuration_are_no_broken_chain(world):
    """Nothing rests on them: that their inputs have been made again since is no fault of the run."""
    shutil.rmtree(world.results / "audit")
    name = "results/ward/evaluate/dropped/fold_metrics.parquet"
    world.table(name, "fold_metrics", metric=["ibs"], value=[0.0])
    world.job("score_predictions", [name], [SCORES], cohort="ward", family="dropped")
    world.retell(name, *READ, 0, "digest", to={"sha256": "0" * 64})
    world.seal()
    assert not world.findings()


def test_the_command_says_by_its_status_whether_it_found_something(world, monkeypatch, capsys):
    monkeypatch.chdir(world.folder)
    (world.folder / BOARD).write_bytes(b"x")
    assert main(["verify"]) == 1
    *told, last = capsys.readouterr().out.splitlines()
    assert any(line.startswith(f"altered  {BOARD}: ") for line in told)
    assert re.fullmatch(rf"\d+ artifacts, \d+ files: {len(told)} findings", last)
    assert main(["verify", "--results", "nowhere"]) == 2
    assert capsys.readouterr().err == "nowhere: no such folder; name the results folder of a run with --results\n"


def test_a_results_folder_of_another_name_is_verified_too(world):
    moved = world.folder / "run_of_may"
    Path(world.results).rename(moved)
    assert not verify(moved, world.folder)[1]
