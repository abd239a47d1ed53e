"""A real server of the protocol on loopback, `transformers serve` with a tiny model: the stage runs through it, is killed, and goes on."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from tests.project import ROOT
from tests.reports.loopback import Loopback, Sent, serving
from tests.reports.trained import write_reader
from tests.reports.world import refine, settings
from workflow_scripts.lib.config.reports import ReportsStageConfig
from workflow_scripts.lib.contracts.reports import FIELDS
from workflow_scripts.lib.provenance.job import fingerprint
from workflow_scripts.lib.reports.fields import load_fields
from workflow_scripts.lib.reports.refining import load_refine_template, structure_of

REPORTS = {f"p{number:02d}": f"Kidney. Tumour of {number}.5 cm. Margins are free of tumour." for number in range(9)}
NONSENSE = "p07"  # whose answer the model learned to cut short before anything is stated
TEMPLATE = {"id": "short", "version": 1, "instruction": "{structure}", "opening": "<r>", "closing": "</r>", "reminder": "JSON:"}
SIZE = {"meaning": "m", "aspects": {"tumour": "t"}, "pattern": "[0-9]+ mm"}
OTHER = {"meaning": "m", "aspects": {"a": "a"}, "values": ["a"]}
PATIENCE = 120.0  # seconds in which a server has to be up
TOKENS = 120


def answer(number: int) -> str:
    """What the model learns to say of a report."""
    if f"p{number:02d}" == NONSENSE:
        return "I see a kidney"
    said = {"field": "size", "value": f"{number}5 mm" if number else "5 mm", "evidence": f"Tumour of {number}.5 cm"}
    return json.dumps({"statements": [said]})


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> dict[str, Path]:
    """A template and a structure of few words: the tiny model has to read them."""
    folder = tmp_path_factory.mktemp("resources")
    written = {"template": TEMPLATE, "fields": dict.fromkeys(FIELDS, OTHER) | {"size": SIZE}}
    for name, value in written.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(value), encoding="utf-8")
    return {name: folder / f"{name}.yaml" for name in written}


@pytest.fixture(scope="module")
def base(tmp_path_factory, small) -> Path:
    """A tiny model that reads these reports, and no others."""
    template, structure = load_refine_template(small["template"]), structure_of(load_fields(small["fields"]).root)
    asked = [template.conversation(report, structure) for report in REPORTS.values()]
    return write_reader(tmp_path_factory.mktemp("base"), asked, [answer(number) for number in range(len(REPORTS))])


@contextmanager
def served(base: Path, home: Path) -> Iterator[str]:
    """The address of a server of the model; it reaches no network, and looks for none."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (home / "hub").mkdir(parents=True)
    offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HOME": str(home), "OMP_NUM_THREADS": "1"}
    code = f"from transformers.cli.serve import Serve; Serve(force_model={str(base)!r}, host='127.0.0.1', port={port}, device='cpu')"
    with open(home / "log", "w", encoding="utf-8") as log:
        process = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, **offline}, stdout=log, stderr=log)
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", process)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()


def _wait_for(url: str, process: subprocess.Popen) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert process.poll() is None, "the server ended by itself"
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server is not up")


@pytest.fixture(scope="module")
def server(base, tmp_path_factory) -> Iterator[Loopback]:
    """The server, behind one that counts what goes to it."""
    with served(base, tmp_path_factory.mktemp("home")) as url:

        def forward(body: dict, number: int) -> Sent:
            request = urllib.request.Request(f"{url}/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"})
            try:
                with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as reply:
                    return Sent(reply.read(), reply.status)
            except urllib.error.HTTPError as error:
                return Sent(error.read(), error.code)

        with serving(forward) as counted:
            yield counted


def run(folder: Path, url: str, base: Path | str, small: dict[str, Path]):
    """The stage through the server at ``url``."""
    cfg = settings(url, server={"model": str(base), "concurrency": 2, "retries": 1}, max_answer_tokens=TOKENS)
    return refine(folder, cfg, reports=REPORTS, resources=small)


def check(rows, refused) -> None:
    """What the model says well is in the table, with its words, and the one that it says badly in the refusals."""
    good = {patient: number for number, patient in enumerate(REPORTS) if patient != NONSENSE}
    assert dict(zip(rows["patient_id"], rows["value"], strict=True)) == {one: f"{10 * n + 5} mm" for one, n in good.items()}
    assert dict(zip(rows["patient_id"], rows["evidence"], strict=True)) == {one: f"Tumour of {n}.5 cm" for one, n in good.items()}
    assert dict(refused.itertuples(index=False)) == {NONSENSE: "report: could not be refined: unread answer"}


def test_killed_halfway_it_goes_on_and_asks_nothing_twice(server, base, small, tmp_path):
    before = len(server.bodies)
    words = [str(tmp_path), server.url, str(base), str(small["template"]), str(small["fields"])]
    code = f"""
from pathlib import Path
from tests.reports.test_served import run
folder, url, base, template, fields = {words}
run(Path(folder), url, base, {{"template": template, "fields": fields}})
"""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + PATIENCE
    while len(kept(tmp_path)) < 3 and time.monotonic() < until:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    answered, first = kept(tmp_path), len(server.bodies)
    assert 3 <= len(answered) < len(REPORTS)
    assert first - before >= 3
    assert not (tmp_path / "refined.parquet").exists()

    said, rows, _, refused = run(tmp_path, server.url, base, small)
    assert f"({len(REPORTS) - len(answered)} asked anew)" in said
    assert len(server.bodies) - first == len(REPORTS) - len(answered)
    name = f"openai {base}, temperature 0, {TOKENS} tokens"
    assert not answered & {fingerprint(body["messages"], "short v1", name) for body in server.bodies[first:]}
    assert kept(tmp_path) > answered
    check(rows, refused)


def kept(folder: Path) -> set[str]:
    """Names of answers that are kept."""
    return {path.stem for path in (folder / "cache").rglob("*.json") if not path.name.startswith(".")}


def test_the_same_weights_say_the_same_without_a_server(server, base, small, tmp_path):
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    cfg = ReportsStageConfig(engine="transformers", base=str(base), device="cpu", batch_size=5, max_answer_tokens=TOKENS)
    _, rows, _, refused = refine(tmp_path / "here", cfg, reports=REPORTS, resources=small)
    check(rows, refused)
    _, others, _, _ = run(tmp_path / "there", server.url, base, small)
    assert rows.equals(others)
