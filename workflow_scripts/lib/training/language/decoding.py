"""Numbers in a language model: the tokens they are written in, what it writes by itself, and reading numbers there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from workflow_scripts.lib.errors import ConfigError
from workflow_scripts.lib.training.language.tokenizer import token_ids

NUMBERS = [f"{number:02d}" for number in range(100)]


@dataclass(frozen=True)
class NumberTokens:
    """How a tokenizer writes 00 to 99: ``ids`` (100, m), m tokens each, m being 1 or 2.

    Raises ConfigError for tokenizers that do otherwise, such as those that write some numbers in one token and some in two.
    """

    ids: torch.Tensor

    def __post_init__(self) -> None:
        if self.ids.shape[1] not in (1, 2) or len(self.ids.unique(dim=0)) != len(NUMBERS):
            raise ConfigError("base: its tokenizer must write each of 00 to 99 in one token, or each in two")

    def cost(self, logits: torch.Tensor, digit: int) -> torch.Tensor:
        """Cross-entropy (n,) of writing any number's token at place ``digit``, by ``logits`` (n, vocabulary)."""
        return -logits.float().log_softmax(-1)[:, self.ids[:, digit].unique()].logsumexp(1)


def number_tokens(tokenizer: PreTrainedTokenizerBase) -> NumberTokens:
    """The tokens of 00 to 99 for ``tokenizer``."""
    ids = token_ids(tokenizer, NUMBERS)
    if len({len(one) for one in ids}) != 1:
        raise ConfigError("base: its tokenizer writes some two-digit numbers in more tokens than others; use another base")
    return NumberTokens(torch.tensor(ids))


def _left_padded(contexts: Sequence[Sequence[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids (n, t), padded on the left, and the attention mask (n, t)."""
    longest = max(len(context) for context in contexts)
    ids = torch.tensor([[pad] * (longest - len(context)) + list(context) for context in contexts])
    mask = torch.tensor([[0] * (longest - len(context)) + [1] * len(context) for context in contexts])
    return ids, mask


@torch.no_grad()
def written(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, contexts: Sequence[Sequence[int]], longest: int) -> list[str]:
    """What the model writes after each of ``contexts`` (n), choosing the likeliest token each time, ``longest`` tokens at most."""
    ids, mask = (part.to(model.device) for part in _left_padded(contexts, tokenizer.eos_token_id))
    out = model.generate(
        input_ids=ids,
        attention_mask=mask,
        max_new_tokens=longest,
        do_sample=False,
        temperature=None,
        top_p=None,
        top_k=None,
        repetition_penalty=1.0,
        pad_token_id=tokenizer.eos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    return tokenizer.batch_decode(out[:, ids.shape[1] :], skip_special_tokens=True, clean_up_tokenization_spaces=False)


def parse_numbers(text: str, pieces: Sequence[str]) -> list[float] | None:
    """The numbers in a completion that has exactly these ``pieces`` around them; None where it has not."""
    match = re.fullmatch(r"([0-9]{2})".join(re.escape(piece) for piece in pieces), text)
    return [float(number) for number in match.groups()] if match else None
