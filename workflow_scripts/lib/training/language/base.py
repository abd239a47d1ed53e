"""The causal language model to start from: the embedded tiny one, or any in the Hugging Face layout."""

import math
import warnings
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen2Tokenizer,
)
from transformers.utils.logging import disable_progress_bar

from workflow_scripts.lib.config.language import LanguageConfig, TinyConfig
from workflow_scripts.lib.errors import ConfigError
from workflow_scripts.lib.training.language.tokenizer import NUMBERS

disable_progress_bar()  # logs are lines

TINY = "tiny"
SPREAD = 0.05  # standard deviation of the tiny model's initial weights
FURTHER = ("final_logit_softcapping", "logit_scale", "logits_scaling", "lm_head_multiplier")  # of Gemma, Cohere, Granite, Falcon-H1
LONGEST_WAVE, SHORTEST_WAVE = 2000.0, 8.0  # of the number embeddings, in units of the number


def tiny_model(tokenizer: PreTrainedTokenizerBase, cfg: TinyConfig, max_tokens: int) -> PreTrainedModel:
    """A Qwen2 of the configured shape, randomly initialised from torch's current seed.

    Embeddings of number tokens start as sines and cosines of the number, so that near numbers start near each other:
    the model need not learn the order of a thousand tokens from a few hundred patients.
    """
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=cfg.width,
        intermediate_size=2 * cfg.width,
        num_hidden_layers=cfg.layers,
        num_attention_heads=cfg.heads,
        num_key_value_heads=cfg.heads,
        max_position_embeddings=max_tokens,
        tie_word_embeddings=False,
        initializer_range=SPREAD,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.eos_token_id,
    )
    model = Qwen2ForCausalLM(config)
    ids = tokenizer.convert_tokens_to_ids(NUMBERS)
    with torch.no_grad():
        model.get_input_embeddings().weight[ids] = SPREAD * _waves(torch.arange(len(NUMBERS), dtype=torch.float32), cfg.width)
    return model


def _waves(numbers: torch.Tensor, width: int) -> torch.Tensor:
    """Sines and cosines of ``numbers`` (q,) at wavelengths spread evenly in their logarithm: (q, width), each of mean square one."""
    lengths = torch.exp(torch.linspace(math.log(SHORTEST_WAVE), math.log(LONGEST_WAVE), width // 2))
    angles = 2 * math.pi * numbers[:, None] / lengths
    return math.sqrt(2) * torch.cat([angles.sin(), angles.cos()], dim=1)


def tokenizer_of(cfg: LanguageConfig, stored: str | None) -> PreTrainedTokenizerBase:
    """The tokenizer that a state has ``stored``, or that of the pretrained base."""
    return pretrained_tokenizer(cfg.base) if stored is None else Qwen2Tokenizer(tokenizer_object=Tokenizer.from_str(stored))


def pretrained_tokenizer(base: str) -> PreTrainedTokenizerBase:
    """The tokenizer of a Hugging Face id or local folder; raises ConfigError for one that has no end token, or is slow."""
    tokenizer = _loaded(AutoTokenizer, base)
    if not tokenizer.is_fast or tokenizer.eos_token_id is None:
        raise ConfigError(f"base: the tokenizer of '{base}' has no tokenizer.json or no end token; use another base")
    return tokenizer


def pretrained_model(base: str) -> PreTrainedModel:
    """The model of a Hugging Face id or local folder, in float32 for training; raises ConfigError where its logits are more than a product
    of state and output embeddings, for they are computed so, and only where they are needed."""
    model = _loaded(AutoModelForCausalLM, base, dtype=torch.float32)
    settings = model.config.get_text_config()
    if further := [name for name in FURTHER if getattr(settings, name, None) not in (None, 1)]:
        raise ConfigError(
            f"base: '{base}' does more to its logits than is done here ({', '.join(further)}); use another base, as Qwen2 or Llama"
        )
    return model


def pretrained_width(base: str) -> int:
    """The hidden size of a pretrained base."""
    return _loaded(AutoConfig, base).hidden_size


def _loaded(kind: type, base: str, **options: object) -> object:
    try:
        return kind.from_pretrained(base, trust_remote_code=False, **options)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"base: '{base}' cannot be loaded ({type(error).__name__}); expected tiny, a Hugging Face id that can be "
            "reached or is in the cache, or a local folder with config.json, tokenizer and safetensors"
        ) from error


def tuned(model: PreTrainedModel, cfg: LanguageConfig) -> PreTrainedModel:
    """The model with what ``cfg.tuning`` says to be trained: all of it, its last layers, or adapters; and checkpoints where asked for."""
    if cfg.tuning == "lora":
        model = with_adapters(model, cfg)
    if cfg.tuning == "last_layers":
        _freeze_first(model, cfg.last_layers)
    if cfg.gradient_checkpointing:
        model.activation_checkpointing_enable()
    return model


def _freeze_first(model: PreTrainedModel, trained: int) -> None:
    """Leave to training the last ``trained`` layers and what follows them; freeze embeddings and the first layers."""
    layers = getattr(model.get_decoder(), "layers", None)
    if layers is None:
        raise ConfigError("tuning: last_layers expects a base whose layers are named so, as Qwen2 and Llama do; use full or lora")
    model.get_input_embeddings().requires_grad_(False)
    for layer in layers[: max(len(layers) - trained, 0)]:
        layer.requires_grad_(False)


def with_adapters(model: PreTrainedModel, cfg: LanguageConfig) -> PreTrainedModel:
    """The model with fresh low-rank adapters on every linear map; its own weights frozen."""
    from peft import LoraConfig, get_peft_model  # seconds to import, and only some configs need it

    lora = LoraConfig(
        task_type="CAUSAL_LM", r=cfg.lora.rank, lora_alpha=cfg.lora.alpha, lora_dropout=cfg.lora.dropout, target_modules="all-linear"
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)  # peft asks transformers 5 for it
        return get_peft_model(model, lora)


def load_weights(model: PreTrainedModel, cfg: LanguageConfig, folder: Path) -> PreTrainedModel:
    """``model`` with the weights, or the adapters, that a bundle holds."""
    if cfg.tuning == "lora":
        from peft import load_peft_weights, set_peft_model_state_dict

        set_peft_model_state_dict(model, load_peft_weights(str(folder), device="cpu"))
        return model
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
