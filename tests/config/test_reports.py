"""Settings of engines: a model that is not named, a key, a host."""

import pytest

from workflow_scripts.lib.config.base import parse, plain
from workflow_scripts.lib.config.reports import EngineConfig, ReportsStageConfig
from workflow_scripts.lib.errors import ConfigError


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"engine": "openai"}, "reports: server.model: engine is openai, which needs the name"),
        ({"engine": "transformers"}, "reports: base: engine is transformers, which needs"),
        ({"engine": "gpt"}, "reports.engine: Input should be 'rules', 'transformers' or 'openai'"),
        ({"server": {"hosts": []}}, "'hosts' is not a setting here"),
        ({"server": {"allowed_hosts": []}}, "may not be sent to '127.0.0.1', for allowed_hosts has none"),
        ({"server": {"timeout_seconds": 0.0}}, "reports.server.timeout_seconds: Input should be greater than 0"),
        ({"longest_reports": 3}, "did you mean 'longest_report'"),
    ],
)
def test_faults(raw, words):
    with pytest.raises(ConfigError) as refusal:
        parse(ReportsStageConfig, raw, "reports")
    assert words in str(refusal.value)


def test_a_host_that_is_not_named_is_refused_whatever_the_engine():
    with pytest.raises(ConfigError, match="may not be sent"):
        parse(ReportsStageConfig, {"engine": "rules", "server": {"url": "https://api.openai.com/v1"}}, "reports")


def test_a_key_is_never_shown():
    with pytest.raises(ConfigError, match="api_key_env") as refusal:
        parse(ReportsStageConfig, {"server": {"api_key_env": "sk-1234"}}, "reports")
    assert "1234" not in str(refusal.value)


def test_files_of_a_local_folder_are_seen_and_those_of_an_id_are_not(tmp_path):
    names = ["a.safetensors", "b.safetensors", "chat_template.jinja", "tokenizer.json"]
    for name in (*names, "pytorch_model.bin"):
        (tmp_path / name).touch()
    local = EngineConfig(engine="transformers", base=str(tmp_path), device="cuda")
    assert local.weights == [str(tmp_path / name) for name in names]
    assert local.gpu == 1
    for other in (EngineConfig(), EngineConfig(base=str(tmp_path)), EngineConfig(engine="transformers", base="someone/model")):
        assert (other.weights, other.gpu) == ([], 0)


def test_a_section_goes_through_yaml_and_back():
    cfg = ReportsStageConfig(engine="openai", server={"model": "m"})
    assert parse(ReportsStageConfig, plain(cfg), "reports") == cfg
