"""What leaves a site, and that no patient does."""

import subprocess

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.architecture.tree import CODE
from tests.audit.world import PATIENTS, TARGETS
from workflow_scripts.audit.__main__ import main
from workflow_scripts.lib.audit.identities import Identities, is_telling
from workflow_scripts.lib.audit.share import TABLES, identities_of, prove, share, why_not
from workflow_scripts.lib.contracts import evaluate, explanations, leakage, reports, splits, student, teacher
from workflow_scripts.lib.contracts.base import Contract
from workflow_scripts.lib.errors import ContractError

BOARD, PAGE = TARGETS
SCORES = "results/ward/evaluate/cox/fold_metrics.parquet"


def exported(world, tmp_path):
    share(world.trail(), tmp_path / "out")
    return {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()}


def refused(world, tmp_path):
    with pytest.raises(ContractError) as caught:
        share(world.trail(), tmp_path / "out")
    assert not list(tmp_path.glob("*out*"))
    return str(caught.value)


def test_tables_over_many_patients_leave_and_others_stay(world, tmp_path):
    there = exported(world, tmp_path)
    assert {BOARD, f"{BOARD}.provenance.json", PAGE, SCORES, "results/ward/student/cox/history.parquet"} <= there
    assert {"results/audit/ledger.parquet", "results/audit/crate/ro-crate-metadata.json", "README.md", "manifest.sha256"} <= there
    assert not [name for name in there if "ingest" in name or "bundle" in name or "predictions" in name]
    done = subprocess.run(["sha256sum", "--quiet", "-c", "manifest.sha256"], cwd=tmp_path / "out", capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_what_stayed_is_counted_by_reason(world, tmp_path):
    done = share(world.trail(), tmp_path / "out")
    assert done.left == {"tables with a row per patient": 8, "models and folders of files": 4, "copies of raw files": 2}
    readme = (tmp_path / "out/README.md").read_text(encoding="utf-8")
    assert "- 8 tables with a row per patient\n" in readme
    assert "searched for the 12 ids by which patients" in readme


@pytest.mark.parametrize("rule", ["show_prompts", "show_attention", "show_prose"])
def test_a_page_that_quotes_patients_stays(world, rule):
    name = "results/ward/figures/cox/prompts.html"
    world.write(name, "<html></html>")
    trail = world.trail()
    page = trail.artifacts[PAGE]
    assert why_not(trail, page) is None
    assert why_not(trail, page.__class__(**{**page.__dict__, "path": name, "rule": rule})) == "pages that quote patients"


@pytest.mark.parametrize("patient", [*PATIENTS[:3], "ward/MRN-0001", "mrn-0002"])
@pytest.mark.parametrize("place", ["page", "table", "name of a column"])
def test_an_id_anywhere_is_refused_and_nothing_is_kept(world, tmp_path, patient, place):
    if place == "page":
        world.write(PAGE, f"<p>see {patient}.</p>")
        world.job("show_leaderboard", [PAGE], [BOARD])
    else:
        columns = {"metric": [f"of {patient}"]} if place == "table" else {f"risk of {patient}": [1.0]}
        world.table(SCORES, "fold_metrics", **columns)
        world.job("score_predictions", [SCORES], [], cohort="ward", family="cox")
    said = refused(world, tmp_path)
    assert " ids of patients" in said
    assert (PAGE if place == "page" else SCORES) in said
    assert patient not in said


def test_a_short_id_is_found_as_a_value_but_not_in_running_text(world, tmp_path):
    world.write(PAGE, "<p>7 patients</p>")
    world.job("show_leaderboard", [PAGE], [BOARD])
    exported(world, tmp_path)
    world.table(SCORES, "fold_metrics", metric=["7"])
    world.job("score_predictions", [SCORES], [], cohort="ward", family="cox")
    (tmp_path / "out").rename(tmp_path / "before")
    with pytest.raises(ContractError, match="holds 1 of the 12 ids"):
        share(world.trail(), tmp_path / "out")


def test_ids_within_lists_are_found(tmp_path):
    pq.write_table(pa.table({"near": [[["MRN-0001"]], []]}), tmp_path / "a.parquet")
    with pytest.raises(ContractError, match=r"a\.parquet holds 1 of the 4 ids"):
        prove(tmp_path, Identities(PATIENTS))


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["MRN-0001"]).dictionary_encode(),
        pa.array([["MRN-0001"]]),
        pa.array([7654321]),
        pa.array([7654321.0]),
        pa.array([[{"patient_id": "MRN-0001"}]]),
        pa.array([b"MRN-0001"]),
        pa.array([[("MRN-0001", 1.0)]], pa.map_(pa.string(), pa.float64())),
    ],
    ids=lambda column: str(column.type),
)
def test_ids_are_found_in_columns_of_any_type_or_the_column_is_refused(tmp_path, column):
    pq.write_table(pa.table({"value": column}), tmp_path / "a.parquet")
    with pytest.raises(ContractError, match=r"a\.parquet(: column value is of type| holds 1 of the 5 ids)"):
        prove(tmp_path, Identities([*PATIENTS, "7654321"]))


@pytest.mark.parametrize("text", [b"of\nMRN-0001", b"M\xc3\xbcller\tMRN-0001"])
def test_ids_are_found_in_what_a_table_says_of_itself(tmp_path, text):
    pq.write_table(pa.table({"value": [1.0]}).replace_schema_metadata({b"note": text}), tmp_path / "a.parquet")
    with pytest.raises(ContractError, match="holds 1 of the 4 ids"):
        prove(tmp_path, Identities(PATIENTS))


@pytest.mark.parametrize(
    "text",
    [
        "<p>O&#x27;Brien&#45;01</p>", "<text>O'Brien<tspan>-01</tspan></text>", "see?of=O%27Brien-01",
        '"O\\u0027Brien-01"', '"\\nO\'Brien-01"',
        "O'Brien-01".upper(), "caf\u00e9 O'Brien-01.2",
    ],
)  # fmt: skip
def test_ids_are_found_however_they_are_written_down(tmp_path, text):
    (tmp_path / "a.html").write_text(text, encoding="utf-8")
    with pytest.raises(ContractError, match="holds 1 of the 1 ids"):
        prove(tmp_path, Identities(["O'Brien-01"]))


def test_composed_and_decomposed_characters_are_the_same(tmp_path):
    (tmp_path / "a.html").write_text("Mu\u0308ller\u00a0 0001", encoding="utf-8")
    with pytest.raises(ContractError, match="holds 1 of the 1 ids"):
        prove(tmp_path, Identities(["M\u00fcller 0001"]))


def test_what_is_no_text_is_refused(tmp_path):
    (tmp_path / "a.html").write_bytes("MRN-0001".encode("utf-16"))
    with pytest.raises(ContractError, match=r"a\.html: is no text in UTF-8"):
        prove(tmp_path, Identities(PATIENTS))


def test_an_id_in_the_name_of_a_file_is_refused_without_saying_it(tmp_path):
    (tmp_path / "MRN-0001.svg").touch()
    with pytest.raises(ContractError, match="not exported: a file has the id of a patient in its name") as caught:
        prove(tmp_path, Identities(PATIENTS))
    assert "0001" not in str(caught.value)


@pytest.mark.parametrize("name", ["results/audit/trail.html", "results/audit/crate/config/config.yaml"])
def test_a_seal_that_was_altered_is_not_exported(world, tmp_path, name):
    (world.folder / name).write_text("other", encoding="utf-8")
    assert name in refused(world, tmp_path)


def test_a_column_of_patients_is_refused_whatever_the_contract_says(world, tmp_path):
    world.table(SCORES, "fold_metrics", patient_id=["?"], value=[1.0])
    world.job("score_predictions", [SCORES], [], cohort="ward", family="cox")
    assert f"{SCORES} has a column of patients" in refused(world, tmp_path)


def test_what_is_not_as_its_sidecar_says_is_refused(world, tmp_path):
    (world.folder / SCORES).write_bytes(b"x")
    assert f"altered  {SCORES}" in refused(world, tmp_path)


def test_without_the_registry_of_a_cohort_nothing_can_be_proven(world, tmp_path):
    for name in ("registry.parquet", "registry.parquet.provenance.json"):
        (world.results / "annex/ingest" / name).unlink()
    assert "no registry of annex, without which nothing can be proven" in refused(world, tmp_path)


def test_a_run_that_is_not_sealed_is_refused(world, tmp_path):
    (world.results / "audit/ledger.parquet").unlink()
    assert "not exported, for seal missing  results/audit/ledger.parquet" in refused(world, tmp_path)


def test_ids_of_those_who_were_refused_count_too(world):
    name = "results/ward/ingest/refusals.parquet"
    world.table(name, "refusals", patient_id=["MRN-0099"], reason=["no follow-up"])
    world.job("build_cohort", [name], [], cohort="ward")
    assert "mrn-0099" in identities_of(world.trail()).ids


@pytest.mark.parametrize("place", ["results/shared", ".", "data"])
def test_a_folder_that_is_there_or_in_the_results_is_refused(world, monkeypatch, capsys, place):
    monkeypatch.chdir(world.folder)
    assert main(["export", place]) == 2
    assert "expected a folder that is not there yet, outside the results" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("TCGA-AB-1234", True), ("see tcga-ab-1234_01.svg", True), ("(TCGA-AB-1234)", True), ("TCGA-AB-12345", False),
        ("XTCGA-AB-1234", False), ("TCGA AB 1234", False), ("123456", True), ("0.123456", False), ("123456.5", False), ("a 123456.", True),
        ("1234567", False), ("12345", False), ("TCGA-AB-1234.1", True), ("2.TCGA-AB-1234", True), ("TCGA-AB-1234\n", True),
    ],
)  # fmt: skip
def test_ids_are_words(text, found):
    assert bool(Identities(["TCGA-AB-1234", "123456", "12345"]).in_text(text)) == found


def test_short_ids_and_bare_numbers_are_not_telling():
    assert [is_telling(identity) for identity in ("7", "p01", "p001", "12345", "123456")] == [False, False, True, False, True]


def test_no_table_that_may_leave_has_patients_in_its_contract():
    modules = (evaluate, explanations, leakage, reports, splits, student, teacher)
    contracts = {found.name: found for module in modules for found in vars(module).values() if isinstance(found, Contract)}
    assert set(contracts) >= TABLES
    assert not [name for name in TABLES if {"patient_id", "source_id"} & {field.name for field in contracts[name].fields}]


def test_pages_that_may_leave_are_of_rules_that_read_no_text_of_patients():
    for name in ("show_leaderboard", "show_findings", "show_proportional_hazards"):
        assert "contracts.prompts" not in (CODE / f"report/{name}.py").read_text(encoding="utf-8")
