"""Captions render as Snakemake renders them, and the front page states the configuration."""

import re
from types import SimpleNamespace

import pytest
import yaml
from docutils.core import publish_parts
from jinja2 import Environment, StrictUndefined

from tests.architecture.tree import ROOT, rules
from workflow_scripts.lib.config.attention import AttentionConfig
from workflow_scripts.lib.config.splits import SplitsConfig

FOLDER = ROOT / "resources/report"
CAPTIONS = sorted(path for path in FOLDER.glob("*.rst") if path.stem != "workflow")
PARAMS = {
    "shown": [["cox_distilled", "expectation"], ["teacher", "cox"]],
    "horizon_days": [365, 1096],
    "fold": "r1f1",
    "speaker": "random_forest",
    "tolerance": 2.0,
    "cfg": {"calibration_bins": 5, "tsne_perplexity": 30.0, "neighbours": 10, "examples": 6, **AttentionConfig().model_dump()},
}
SNAKEMAKE = SimpleNamespace(
    wildcards=SimpleNamespace(cohort="gbsg2", family="cox_distilled"), params=SimpleNamespace(**PARAMS),
    config={"cohorts": ["gbsg2", "own"], "splits": {"folds": 3}, "student": {"families": {"cox_distilled": {}, "random_forest": {}}}},
)  # fmt: skip


def rendered(path, snakemake=SNAKEMAKE):
    """HTML of a caption; names that the rule does not have and faults in the markup are errors."""
    text = Environment(undefined=StrictUndefined).from_string(path.read_text(encoding="utf-8")).render(snakemake=snakemake)
    return publish_parts(text, writer="html", settings_overrides={"halt_level": 2, "report_level": 2})["html_body"]


@pytest.mark.parametrize("path", CAPTIONS, ids=lambda path: path.stem)
def test_caption_renders_and_says_how_to_read_it_and_what_should_worry(path):
    html = rendered(path)
    assert "How to read it." in html
    assert "What should worry you." in html
    assert "cox_distilled" not in html


def rules_with(path):
    """The rules that show the figure of this caption: those with an output of its name."""
    made = re.compile(rf'(in_report|report)\(\s*"results/[^"]*/{path.stem}\.(svg|html)"')
    return [text for _, text in rules().values() if made.search(text)]


@pytest.mark.parametrize("path", CAPTIONS, ids=lambda path: path.stem)
def test_caption_is_of_one_figure_and_asks_only_for_params_of_its_rule(path):
    (rule,) = rules_with(path)
    wanted = [name for name in PARAMS if f"snakemake.params.{name}" in path.read_text(encoding="utf-8")]
    assert all(f"        {name}=" in rule for name in wanted)


def test_every_figure_has_a_caption():
    shown = sum(len(re.findall(r"\b(?:in_)?report\(", text)) for _, text in rules().values())
    assert shown == len(CAPTIONS)


def test_front_page_says_what_was_run():
    html = rendered(FOLDER / "workflow.rst")
    assert "Cohorts: gbsg2, own" in html
    assert "cox distilled, random forest" in html
    assert "cut into 3 parts" in html
    assert "times over" not in html


def test_front_page_knows_the_defaults():
    config = {**SNAKEMAKE.config, "splits": {"repeats": 5}}
    html = rendered(FOLDER / "workflow.rst", SimpleNamespace(config=config))
    assert f"cut into {SplitsConfig().folds} parts" in html
    assert "5 times over" in html
    assert SplitsConfig().repeats == 1


def test_front_page_renders_the_configs_that_ship():
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    assert ", ".join(config["cohorts"]) in rendered(FOLDER / "workflow.rst", SimpleNamespace(config=config))
