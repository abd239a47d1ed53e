"""The script that fetches a source, for both kinds."""

import pytest

from workflow_scripts.ingest import fetch_source
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.cohort import SourceConfig
from workflow_scripts.lib.errors import StageRefusal


def settings(**source):
    return parse(SourceConfig, {"source": source}, "cfg")


def test_builtin(tmp_path):
    said = fetch_source.main(tmp_path / "whas500" / "source", settings(kind="builtin", name="whas500"))
    assert said == "whas500 of scikit-survival, 500 rows"
    assert (tmp_path / "whas500" / "source").read_bytes()[:4] == b"PAR1"


def test_table(tmp_path):
    (tmp_path / "raw.csv").write_bytes(b"id\r\n1\r\n")
    fetch_source.main(tmp_path / "source", settings(kind="table", path="raw.csv"), tmp_path / "raw.csv")
    assert (tmp_path / "source").read_bytes() == b"id\r\n1\r\n"


def test_refusal_leaves_nothing(tmp_path):
    with pytest.raises(StageRefusal, match=r"raw\.csv cannot be read"):
        fetch_source.main(tmp_path / "out" / "source", settings(kind="table", path="raw.csv"), tmp_path / "raw.csv")
    assert not list(tmp_path.iterdir())
