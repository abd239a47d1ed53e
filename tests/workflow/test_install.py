"""The environment is installed once, whole, and again when the lock changes; what is missing is said by name."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = """#!/bin/sh
echo "$@" >>"$CALLS"
case "$1 $2" in
    "-m venv") rm -rf .venv && mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    "-m pip") exit "${PIP_FAILS:-0}" ;;
    "-c "*) case "$2" in *"${LACKS:-nothing at all}"*) exit 1 ;; esac ;;
    "-V ") echo "Python 3.9.1" ;;
esac
"""


@pytest.fixture
def install(tmp_path):
    """Runs envs/install.sh in a copy of the project with a stand-in Python; returns status, messages and the calls of it."""
    shutil.copytree(ROOT / "envs", tmp_path / "envs")
    python, calls = tmp_path / "bin" / "python3", tmp_path / "calls"
    python.parent.mkdir()
    python.write_text(PYTHON, encoding="utf-8")
    python.chmod(0o755)

    def run(**settings):
        calls.write_text("", encoding="utf-8")
        environment = {"PATH": f"{python.parent}:{os.environ['PATH']}", "CALLS": str(calls), "CC": "sh", **settings}
        done = subprocess.run([tmp_path / "envs/install.sh"], env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr, calls.read_text(encoding="utf-8")

    return run


def test_first_call_installs_what_builds_and_then_the_lock_and_the_second_nothing(install):
    status, said, calls = install()
    pips = [line for line in calls.splitlines() if line.startswith("-m pip")]
    assert status == 0
    assert "about two minutes" in said
    assert [line.rsplit(maxsplit=1)[-1] for line in pips] == ["envs/build.txt", "envs/lock.txt"]
    assert "--no-build-isolation" in pips[1]
    assert install() == (0, "", "")


def test_a_changed_lock_is_installed(install, tmp_path):
    install()
    with (tmp_path / "envs/lock.txt").open("a", encoding="utf-8") as lock:
        lock.write("one-more==1.0\n")
    assert "-m venv --clear .venv" in install()[2]


def test_a_touched_lock_is_not(install, tmp_path):
    install()
    (tmp_path / "envs/lock.txt").touch()
    assert install() == (0, "", "")


def test_a_failed_installation_is_not_taken_as_finished(install):
    assert install(PIP_FAILS="3")[0] != 0
    assert "-m pip" in install()[2]


def test_a_moved_environment_is_made_again(install, tmp_path):
    install()
    (tmp_path / "elsewhere").mkdir()
    for part in ("envs", ".venv"):
        shutil.copytree(tmp_path / part, tmp_path / "elsewhere" / part)
    environment = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "CALLS": str(tmp_path / "calls"), "CC": "sh"}
    done = subprocess.run([tmp_path / "elsewhere/envs/install.sh"], env=environment, capture_output=True, text=True, check=True)
    assert "installing" in done.stdout


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"PYTHON": "no-such-python"}, ["no-such-python", "Python 3.11 or newer", "PYTHON="]),
        ({"LACKS": "version_info"}, ["Python 3.9.1", "3.11 or newer"]),
        ({"LACKS": "ensurepip"}, ["virtual environments", "python3-venv"]),
        ({"LACKS": "Python.h"}, ["C headers", "PyRadiomics", "python3-dev"]),
        ({"CC": "no-such-compiler"}, ["no-such-compiler", "PyRadiomics", "install gcc", "CC="]),
    ],
    ids=["python", "old-python", "venv", "headers", "compiler"],
)
def test_what_is_missing_is_said_in_one_sentence(install, settings, words):
    status, said, calls = install(**settings)
    assert status == 1
    assert said.startswith("survdistill: ")
    assert said.count("\n") == 1
    assert all(word in said for word in words)
    assert "-m venv" not in calls
