"""The text encoder: its tokenizer, its weights, and what it makes of a report."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from torch import nn
from transformers import (
    AutoModel,
    AutoTokenizer,
    BertConfig,
    BertModel,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)
from transformers.utils.logging import disable_progress_bar

from workflow_scripts.lib.config.families.bertsurv import TINY, Config
from workflow_scripts.lib.errors import ConfigError
from workflow_scripts.lib.provenance.pretrained import place_of
from workflow_scripts.lib.training.batches import in_order
from workflow_scripts.lib.training.device import choose_device

disable_progress_bar()  # logs are lines

NAMES, SPECIAL = ["pad_token", "cls_token", "sep_token"], ["[PAD]", "[CLS]", "[SEP]"]
READ_AT_ONCE = 32


def train_tokenizer(texts: Sequence[str], word_pieces: int) -> str:
    """Byte-level word pieces of ``texts`` in lower case, as a tokenizer's JSON; the library's own for BERT differ from run to run."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(), decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=word_pieces, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer.to_str()


def tokenizer_of(cfg: Config, stored: str | None) -> PreTrainedTokenizerBase:
    """The tokenizer that a state holds, or that of the pretrained base; raises ConfigError for one that cannot be loaded or is slow.

    It takes nothing in a report for a token that directs the model.
    """
    tokenizer = _pretrained(cfg.base) if stored is None else _own(stored)
    tokenizer.backend_tokenizer.encode_special_tokens = True
    return tokenizer


def _own(stored: str) -> PreTrainedTokenizerBase:
    return PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(stored), **dict(zip(NAMES, SPECIAL, strict=True)))


def _pretrained(base: str) -> PreTrainedTokenizerBase:
    tokenizer = _loaded(AutoTokenizer, base)
    if not tokenizer.is_fast or tokenizer.cls_token_id is None or tokenizer.sep_token_id is None:
        raise ConfigError(f"base: the tokenizer of '{base}' has no tokenizer.json, or none of BERT's tokens [CLS] and [SEP]; use another")
    tokenizer.backend_tokenizer.no_truncation()  # sentence encoders come with both, to 128 tokens
    tokenizer.backend_tokenizer.no_padding()
    return tokenizer


def tokens_of(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], most: int) -> list[list[int]]:
    """Token ids between [CLS] and [SEP], ``most`` at the most: a longer report keeps its front and its end, where diagnoses stand."""
    room = most - 2
    found = []
    for encoding in tokenizer.backend_tokenizer.encode_batch_fast(list(texts), add_special_tokens=False):
        ids = encoding.ids
        kept = ids if len(ids) <= room else ids[: room - room // 2] + ids[len(ids) - room // 2 :]
        found.append([tokenizer.cls_token_id, *kept, tokenizer.sep_token_id])
    return found


def padded(tokens: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Reports of these ``starts`` and ``lengths`` (m,) in the flat ``tokens``, as ids (m, t) and which of them are there (m, t)."""
    places = np.arange(max(lengths.max(initial=0), 1))
    inside = places < lengths[:, None]
    ids = np.zeros(inside.shape, dtype=np.int64)
    ids[inside] = tokens[(starts[:, None] + places)[inside]]
    return torch.from_numpy(ids), torch.from_numpy(inside)


def text_encoder(cfg: Config, vocabulary: int) -> PreTrainedModel:
    """A fresh BERT from torch's current seed, or the pretrained base, of which the parts that stay as they are take no gradient."""
    if cfg.base != TINY:
        return _held(_loaded(AutoModel, cfg.base, dtype=torch.float32), cfg)
    tiny = cfg.tiny
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=tiny.width,
        num_hidden_layers=tiny.layers,
        num_attention_heads=tiny.heads,
        intermediate_size=2 * tiny.width,
        hidden_dropout_prob=cfg.dropout,
        attention_probs_dropout_prob=0.0,
        max_position_embeddings=cfg.max_tokens,
        initializer_range=tiny.width**-0.5,  # so that attention does not start even
    )
    return BertModel(config, add_pooling_layer=False)


def _held(model: PreTrainedModel, cfg: Config) -> PreTrainedModel:
    """Of the ``model`` only what is tuned takes a gradient, and never a pooler, which is not used."""
    longest = getattr(model.config, "max_position_embeddings", cfg.max_tokens)
    if cfg.max_tokens > longest:
        raise ConfigError(f"max_tokens: {cfg.max_tokens}, but '{cfg.base}' reads {longest} at the most; lower it")
    model.requires_grad_(cfg.tuning == "full")
    if cfg.tuning == "last_layers":
        stack = max((part for part in model.modules() if isinstance(part, nn.ModuleList)), key=len)
        stack[-cfg.last_layers :].requires_grad_(True)
    for name, parameter in model.named_parameters():
        if name.startswith("pooler."):
            parameter.requires_grad_(False)
    return model


def mean_token(model: PreTrainedModel, ids: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
    """What the last layer says of the tokens ``inside``, averaged: (m, t) → (m, d)."""
    said = model(input_ids=ids, attention_mask=inside.long()).last_hidden_state
    weights = inside[:, :, None].to(said.dtype)
    return (said * weights).sum(1) / weights.sum(1)


@torch.no_grad()
def read_once(cfg: Config, tokens: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """What the base, as it is, makes of each report: (m, d), zeros where there is no token."""
    model = _base_as_it_is(cfg.base, str(choose_device(cfg)))
    found = np.zeros((len(lengths), model.config.hidden_size), dtype=np.float32)
    for rows in in_order(lengths, READ_AT_ONCE):
        there = rows[lengths[rows] > 0]
        if len(there):
            ids, inside = padded(tokens, starts[there], lengths[there])
            found[there] = mean_token(model, ids.to(model.device), inside.to(model.device)).float().cpu().numpy()
    return found


@cache
def _base_as_it_is(base: str, device: str) -> PreTrainedModel:
    return _loaded(AutoModel, base, dtype=torch.float32).eval().to(device)


def _loaded(kind: Any, base: str, **options: Any) -> Any:
    try:
        return kind.from_pretrained(place_of(base), trust_remote_code=False, **options)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"base: '{base}' cannot be loaded ({type(error).__name__}); expected tiny, minilm, a Hugging Face id that can be reached or is "
            "in the cache, or a local folder with config.json, tokenizer and safetensors"
        ) from error
