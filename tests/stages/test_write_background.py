"""The script that writes what is known of a cancer: shipped with its sources, or asked for once."""

import re

import pytest
import yaml

from tests.project import ROOT
from tests.reports.loopback import Sent, saying, serving
from tests.reports.world import settings
from workflow_scripts.lib.config.reports import ReportsStageConfig
from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.reports import BACKGROUND_KNOWLEDGE
from workflow_scripts.lib.errors import ConfigError, StageRefusal
from workflow_scripts.reports import write_background

SHIPPED = sorted((ROOT / "resources/knowledge").glob("*.yaml"))
MODALITIES = ["clinical", "expression", "pathology", "radiology"]
CANCERS = ["bladder urothelial carcinoma", "breast cancer", "clear cell renal cell carcinoma", "lung adenocarcinoma"]


def write(folder, cancer, cfg=None):
    """What the script says, and its table."""
    template, cfg = ROOT / "resources/reports/background.yaml", cfg or ReportsStageConfig()
    said = write_background.main(template, SHIPPED, folder / "background.parquet", cfg, folder / "cache", cancer, 1)
    return said, read_table(folder / "background.parquet", BACKGROUND_KNOWLEDGE)


@pytest.mark.parametrize("cancer", CANCERS)
def test_what_ships(tmp_path, cancer):
    said, rows = write(tmp_path, cancer.upper())
    assert list(rows["modality"]) == MODALITIES
    assert rows["text"].str.split().str.len().between(75, 125).all()
    assert said.startswith(f"{cancer.upper()}: 4 modalities, ")
    keys = set(re.findall(r"^@\w+\{([^,\s]+),", (ROOT / "resources/references.bib").read_text(encoding="utf-8"), flags=re.MULTILINE))
    for source in rows["source"]:
        cited = source.removeprefix("shipped: ").split(", ")
        assert cited
        assert set(cited) <= keys


def test_every_cancer_that_ships_is_tested_and_says_both_sides():
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in SHIPPED]
    assert [one["cancer"] for one in files] == CANCERS
    for text in (one[modality]["text"] for one in files for modality in MODALITIES):
        assert re.search(r"high\s+risk|worst", text, re.IGNORECASE)
        assert re.search(r"low(er)?\s+risk|best|longer", text, re.IGNORECASE)


def test_no_cancer_and_one_that_is_not_known(tmp_path):
    with pytest.raises(ConfigError, match="does not say which cancer its patients have; add a line such as cancer: breast cancer"):
        write(tmp_path, None)
    with pytest.raises(ConfigError) as refusal:
        write(tmp_path, "lung adenocarcinomas")
    assert str(refusal.value) == (
        "cancer: no knowledge of 'lung adenocarcinomas' ships; did you mean 'lung adenocarcinoma'? Write resources/knowledge/NAME.yaml "
        "in the way of the others, or set reports.engine to transformers or openai"
    )


def test_a_model_is_asked_once_for_each_modality(tmp_path):
    def answer(body, number):
        (asked,) = re.findall(r"which (.+) of chordoma", body["messages"][0]["content"])
        return saying(f"<think>hm</think> Of {asked}. ")

    with serving(answer) as server:
        _, rows = write(tmp_path, "chordoma", settings(server.url))
        again = write(tmp_path, "chordoma", settings(server.url))[1]
        assert len(server.bodies) == 4
    assert list(rows["modality"]) == MODALITIES
    assert rows["text"].tolist()[0] == "Of clinical and laboratory features."
    assert set(rows["source"]) == {"openai m, temperature 0, 1024 tokens"}
    assert rows.equals(again)


def test_no_place_on_a_machine_is_a_source(tmp_path):
    with serving(saying("Well.")) as server:
        _, rows = write(tmp_path, "chordoma", settings(server.url, server={"model": "/models/of/ward/Qwen"}))
    assert set(rows["source"]) == {"openai Qwen, temperature 0, 1024 tokens"}


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (Sent(b"", 400), r"was not written: HTTP 400 \(1\)"),
        (saying("<think>for ever"), "nothing but thoughts on radiology; raise"),
    ],
)
def test_one_that_fails_is_said(tmp_path, bad, words):
    def answer(body, number):
        return bad if "images" in body["messages"][0]["content"] else saying("Well.")

    with serving(answer) as server, pytest.raises(StageRefusal, match=words):
        write(tmp_path, "chordoma", settings(server.url))
    assert not (tmp_path / "background.parquet").exists()
