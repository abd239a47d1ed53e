"""Pretrained bases in the Hugging Face layout, small enough to be made by a test."""

from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import AddedToken, pre_tokenizers, trainers
from transformers import Qwen2Config, Qwen2ForCausalLM, Qwen2Tokenizer

END = "<|endoftext|>"


def write_base(folder: Path, texts: Sequence[str], whole_numbers: Sequence[str] = (), tied: bool = True) -> Path:
    """A Qwen2 with tied embeddings, as the small published ones have, whose tokenizer writes digit by digit but for ``whole_numbers``."""
    tokenizer = Qwen2Tokenizer()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=330, special_tokens=[END], initial_alphabet=alphabet, show_progress=False)
    tokenizer.backend_tokenizer.train_from_iterator(list(texts), trainer)
    tokenizer.backend_tokenizer.add_tokens([AddedToken(number, normalized=False) for number in whole_numbers])
    torch.manual_seed(8)
    config = Qwen2Config(
        vocab_size=len(tokenizer) + 6,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        tie_word_embeddings=tied,
        initializer_range=0.2,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
    )
    model = Qwen2ForCausalLM(config)
    model.generation_config.repetition_penalty = 1.3  # as published bases have; what is written must not depend on it
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
