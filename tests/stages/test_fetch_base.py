"""The script that makes sure a pretrained base is there."""

import json

import pytest
from transformers import ViTConfig, ViTModel

from workflow_scripts.lib.contracts.files import sha256_of
from workflow_scripts.lib.errors import ConfigError
from workflow_scripts.student import fetch_base


@pytest.fixture
def folder(tmp_path):
    """Something in the Hugging Face layout."""
    made = tmp_path / "model"
    made.mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (made / name).write_text(name, encoding="utf-8")
    return made


def test_the_files_of_a_local_base_are_written_down(folder, tmp_path):
    fetch_base.main(tmp_path / "base.json", str(folder), True)
    found = json.loads((tmp_path / "base.json").read_text(encoding="utf-8"))
    assert found["files"] == {path.name: sha256_of(path) for path in folder.iterdir()}


def test_another_weight_gives_another_description(folder, tmp_path):
    fetch_base.main(tmp_path / "one.json", str(folder), True)
    (folder / "model.safetensors").write_text("trained on", encoding="utf-8")
    fetch_base.main(tmp_path / "two.json", str(folder), True)
    assert (tmp_path / "one.json").read_bytes() != (tmp_path / "two.json").read_bytes()


@pytest.mark.parametrize(
    ("lacking", "said"), [("config.json", "config.json"), ("model.safetensors", "safetensors"), ("tokenizer.json", "a tokenizer")]
)
def test_a_base_that_is_not_whole_is_refused_by_what_it_lacks(folder, tmp_path, lacking, said):
    (folder / lacking).unlink()
    with pytest.raises(ConfigError, match=f"lacks {said}; expected tiny"):
        fetch_base.main(tmp_path / "base.json", str(folder), True)


def test_pickled_weights_are_no_weights(folder, tmp_path):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ConfigError, match="lacks safetensors"):
        fetch_base.main(tmp_path / "base.json", str(folder), True)


@pytest.mark.parametrize("name", ["models/none", "no such thing", "/nowhere/at/all"])
def test_a_base_that_is_not_there_is_refused(tmp_path, monkeypatch, name):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ConfigError, match="cannot be had"):
        fetch_base.main(tmp_path / "base.json", name, True)
    assert not (tmp_path / "base.json").exists()


def test_a_base_that_does_not_speak_needs_no_tokenizer(tmp_path):
    folder = tmp_path / "transformer"
    ViTModel(ViTConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=1, image_size=16, patch_size=8)).save_pretrained(folder)
    assert fetch_base.main(tmp_path / "base.json", str(folder), False).endswith("2 files")
    with pytest.raises(ConfigError, match="lacks a tokenizer"):
        fetch_base.main(tmp_path / "base.json", str(folder), True)
