"""Which pretrained bases are taken, and which are refused by name."""

import pytest
import torch
from transformers import Gemma2Config, Gemma2ForCausalLM, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.families.multimodal_llm import Config
from workflow_scripts.lib.errors import ConfigError
from workflow_scripts.lib.training.language.base import pretrained_model, tuned

SMALL = {"vocab_size": 40, "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "head_dim": 8}


def test_a_base_that_caps_its_logits_is_refused(tmp_path):
    """Logits are computed as state times output embeddings where they are needed: a base that does more would be misread in silence."""
    Gemma2ForCausalLM(Gemma2Config(**SMALL, num_key_value_heads=1)).save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match="does more to its logits than is done here \\(final_logit_softcapping\\)"):
        pretrained_model(str(tmp_path))


def test_logits_of_a_base_that_is_taken_are_state_times_output_embeddings(tmp_path):
    LlamaForCausalLM(LlamaConfig(**SMALL)).save_pretrained(tmp_path)
    model = pretrained_model(str(tmp_path))
    ids = torch.arange(12)[None]
    ours = model.get_output_embeddings()(model.get_decoder()(input_ids=ids).last_hidden_state)
    torch.testing.assert_close(ours, model(input_ids=ids).logits)


def test_last_layers_are_asked_of_a_base_that_names_them(tmp_path):
    cfg = parse(Config, {"base": str(tmp_path), "tuning": "last_layers", "last_layers": 1}, "cfg")
    unnamed = GPT2LMHeadModel(GPT2Config(vocab_size=40, n_embd=16, n_layer=3, n_head=2))
    with pytest.raises(ConfigError, match="last_layers expects a base whose layers are named so"):
        tuned(unnamed, cfg)
    named = tuned(LlamaForCausalLM(LlamaConfig(**SMALL)), cfg)
    frozen = [not any(weight.requires_grad for weight in layer.parameters()) for layer in named.model.layers]
    assert frozen == [True, True, False]
    assert not named.get_input_embeddings().weight.requires_grad
    assert named.lm_head.weight.requires_grad
