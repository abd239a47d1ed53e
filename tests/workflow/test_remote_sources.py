"""Sources behind an address: fetched through Snakemake's storage plugins, pinned by their sha256."""

import hashlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.project import COHORT, Project, new_project

TARGETS = ("--", "results/ward/ingest/patients.parquet")
EMPTY_LISTING = (
    b'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    b"<Name>bucket</Name><Prefix></Prefix><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated></ListBucketResult>"
)


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    return new_project(tmp_path_factory.mktemp("remote") / "project")


@pytest.fixture(scope="module")
def server(project) -> Iterator[str]:
    """The address of a server that hands out the ward's table to whoever asks, as plain files and in the words of S3."""
    data = (project.folder / "data/ward.csv").read_bytes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = EMPTY_LISTING if "prefix=" in self.path else data
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", f'"{hashlib.md5(body).hexdigest()}"')
            self.send_header("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=running.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()


@pytest.fixture(autouse=True)
def _credentials(monkeypatch, server):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_REGION": "us-east-1",
        "SNAKEMAKE_STORAGE_S3_ENDPOINT_URL": f"http://{server}",
    }.items():
        monkeypatch.setenv(name, value)


def place(project: Project, path: str, sha256: str | None) -> None:
    """Point the ward's cohort at ``path``."""
    project.write("config/cohorts/ward.yaml", {**COHORT, "source": {"kind": "table", "path": path, "sha256": sha256}})


def digest(project: Project) -> str:
    return hashlib.sha256((project.folder / "data/ward.csv").read_bytes()).hexdigest()


@pytest.mark.parametrize("scheme", ["http", "s3"])
def test_an_address_gives_the_same_patients_as_the_file(project, server, scheme):
    place(project, "data/ward.csv", None)
    project.run("--forceall", *TARGETS)
    local = (project.folder / TARGETS[-1]).read_bytes()
    place(project, f"http://{server}/ward.csv" if scheme == "http" else "s3://bucket/ward.csv", digest(project))
    project.run("--forceall", *TARGETS)
    assert (project.folder / TARGETS[-1]).read_bytes() == local
    assert (project.folder / "results/ward/ingest/sources/patients").read_bytes() == (project.folder / "data/ward.csv").read_bytes()


def test_another_file_than_was_meant_stops_the_run(project, server):
    place(project, f"http://{server}/ward.csv", "0" * 64)
    done = project.snakemake("--forceall", *TARGETS)
    said = done.stdout + done.stderr
    assert done.returncode
    assert f"expected {'0' * 64}" in said
    assert "Traceback" not in said


def test_an_address_without_digest_is_refused_before_any_job(project, server):
    place(project, f"http://{server}/ward.csv", None)
    done = project.snakemake(*TARGETS)
    assert done.returncode
    assert "an address needs sha256" in done.stdout + done.stderr
