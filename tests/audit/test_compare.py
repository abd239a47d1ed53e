"""Two runs: only causes are named, and what follows from them is counted."""

import shutil

import pytest

from tests.audit.world import TARGETS, World
from workflow_scripts.audit.__main__ import main
from workflow_scripts.lib.audit.compare import UNKNOWN, artifacts_in, compare, lines_of
from workflow_scripts.lib.errors import ContractError

BOARD = TARGETS[0]


@pytest.fixture
def other(tmp_path):
    """A second run, not made yet."""
    return World(tmp_path / "other")


def difference(first, second):
    return compare(artifacts_in(first.results), artifacts_in(second.results))


def causes(first, second):
    return [(cause.text, len(cause.at), cause.following) for cause in difference(first, second).causes]


def test_the_same_run_is_the_same_at_another_time_and_on_another_machine(sealed, other, monkeypatch, capsys):
    other.minute, other.cpu = 20, "Xeon"
    other.run()
    assert not difference(sealed, other)
    assert main(["diff", str(sealed.results), str(other.results)]) == 0
    assert capsys.readouterr().out.startswith("the same: 24 artifacts have the same bytes in ")


def test_a_setting_is_named_by_its_key_and_what_follows_is_counted(sealed, other, capsys):
    other.params = {"fit_student": {"seed": 1, "trees": 30}}
    other.run()
    assert causes(sealed, other) == [("setting trees: None, then 30", 4, 10)]
    assert main(["diff", str(sealed.results), str(other.results)]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "14 of 24 artifacts that both have are of other bytes, because of"
    assert said[1:3] == [
        "  setting trees: None, then 30",
        "    at results/annex/student/cox/bundle/MANIFEST.json and 3 more; 10 others follow from it",
    ]


def test_a_raw_file_is_named(sealed, other):
    other.write("data/ward.csv", "id,months\nward,2\n")
    other.run()
    assert causes(sealed, other) == [("raw file data/ward.csv: other bytes", 1, 0)]  # the copy; no later byte of this world comes from it


def test_code_is_named_by_its_module_but_only_where_it_matters(sealed, other):
    other.write("workflow_scripts/lib/shared.py", '"""Reworded."""\n\nHALF = 0.5\n')
    other.params = {"fit_student": {"seed": 1, "trees": 30}}
    other.run()
    assert [text for text, *_ in causes(sealed, other)] == ["setting trees: None, then 30"]
    other.write("workflow_scripts/student/fit_student.py", "NAME = 'faster'\n")
    other.run()
    assert ("code workflow_scripts/student/fit_student.py", 4, 10) in causes(sealed, other)


def other_weights(world):
    """Other bytes out of the same inputs, settings and code."""
    world.params = {"fit_student": {"seed": 1, "trees": 30}}
    world.run()
    for path in world.results.rglob("bundle/MANIFEST.json"):
        name = str(path.relative_to(world.folder))
        world.retell(name, "predicate", "buildDefinition", "externalParameters", "params", to={"seed": 1})
    return world


def test_packages_and_machine_are_named_where_nothing_else_explains_it(sealed, other):
    other.environment, other.cpu = {"packages": {"python": "3.11", "numpy": "2.5.0"}}, "Xeon"
    assert causes(sealed, other_weights(other)) == [
        ("environment packages.numpy: '2.4.6', then '2.5.0'", 4, 10),
        ("machine: EPYC, then Xeon", 4, 10),
    ]


def test_what_nothing_explains_is_said_to_be_so(sealed, other):
    assert causes(sealed, other_weights(other)) == [(UNKNOWN, 4, 10)]


def test_what_only_one_has_is_named(sealed, world):
    shutil.rmtree(world.results / "annex/evaluate/cox")
    found = difference(sealed, world)
    assert found.only == (["results/annex/evaluate/cox/fold_metrics.parquet"], [])
    assert lines_of(found, ("a", "b"))[1:] == ["1 only in a: results/annex/evaluate/cox/fold_metrics.parquet"]


def test_a_copy_of_the_audit_folder_is_enough(sealed, other, tmp_path):
    other.params = {"fit_student": {"seed": 1, "trees": 30}}
    other.run().seal()
    shutil.copytree(other.results / "audit", tmp_path / "copy")
    (cause,) = compare(artifacts_in(sealed.results), artifacts_in(tmp_path / "copy")).causes
    assert cause.text == "setting trees: None, then 30"


def test_what_is_no_run_is_refused(sealed, tmp_path, capsys):
    with pytest.raises(ContractError, match="neither sidecars nor a ledger"):
        artifacts_in(tmp_path)
    assert main(["diff", str(sealed.results), str(tmp_path / "none")]) == 2
    assert "no such folder" in capsys.readouterr().err
    shutil.copytree(sealed.results / "audit", tmp_path / "copy")
    (tmp_path / "copy/ledger.parquet").write_bytes(b"PAR1")
    assert main(["diff", str(sealed.results), str(tmp_path / "copy")]) == 2
    assert "not a readable Parquet file" in capsys.readouterr().err


def test_a_cause_is_named_where_it_first_comes_in(sealed, other):
    """Nearest to the raw files, not first by name."""
    other.write("workflow_scripts/lib/shared.py", "HALF = 0.6\n")
    other.params = {"fit_student": {"seed": 1, "trees": 30}}
    other.run()
    code = next(cause for cause in difference(sealed, other).causes if cause.text == "code workflow_scripts/lib/shared.py")
    assert code.at[0] == "results/annex/student/cox/bundle/MANIFEST.json"
    assert code.at[-1] == TARGETS[1]
