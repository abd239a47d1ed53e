"""The tokenizer of the tiny base: word pieces from training prompts, and every number up to three digits as one token."""

from collections.abc import Sequence

from tokenizers import AddedToken, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerBase, Qwen2Tokenizer

TEXTS_READ = 5000
TEXTS_AT_ONCE = 4096
END = "<|endoftext|>"
NUMBERS = [f"{number:02d}" for number in range(100)] + [str(number) for number in range(100, 1000)]


def train_tokenizer(prompts: Sequence[str], word_pieces: int) -> PreTrainedTokenizerBase:
    """Byte-level BPE on ``prompts``, Qwen2's own normalisation and word splitting, and number tokens 00 to 999.

    The numbers are *added tokens*: these are matched before any splitting. With a vocabulary entry instead, `AutoTokenizer`
    would force Qwen2's digit-by-digit splitting on a bundle whose config says qwen2, and silently read other tokens than
    the model was trained on. Single digits stay what they are in Qwen2: one token each.
    """
    tokenizer = Qwen2Tokenizer()
    trainer = trainers.BpeTrainer(
        vocab_size=word_pieces, special_tokens=[END], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.backend_tokenizer.train_from_iterator(list(prompts[:TEXTS_READ]), trainer)
    tokenizer.backend_tokenizer.add_tokens([AddedToken(number, normalized=False) for number in NUMBERS])
    return tokenizer


def token_ids(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[list[int]]:
    """Token ids of many texts at once, nothing added or cut, and nothing in them taken for a token that directs the model.

    In parts, because what the tokenizer hands back is a hundred times as large.
    """
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.encode_special_tokens = True
    read = tokenizer.backend_tokenizer.encode_batch_fast
    parts = (list(texts[start : start + TEXTS_AT_ONCE]) for start in range(0, len(texts), TEXTS_AT_ONCE))
    return [encoding.ids for part in parts for encoding in read(part, add_special_tokens=False)]
