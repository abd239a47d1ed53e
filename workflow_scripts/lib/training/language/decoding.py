"""Reading numbers out of a language model: as expectations over number tokens, and from what it writes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional
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


def number_tokens(tokenizer: PreTrainedTokenizerBase) -> NumberTokens:
    """The tokens of 00 to 99 for ``tokenizer``."""
    ids = token_ids(tokenizer, NUMBERS)
    if len({len(one) for one in ids}) != 1:
        raise ConfigError("base: its tokenizer writes some two-digit numbers in more tokens than others; use another base")
    return NumberTokens(torch.tensor(ids))


def left_padded(contexts: Sequence[Sequence[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids (n, t), padded on the left, and the attention mask (n, t)."""
    longest = max(len(context) for context in contexts)
    ids = torch.tensor([[pad] * (longest - len(context)) + list(context) for context in contexts])
    mask = torch.tensor([[0] * (longest - len(context)) + [1] * len(context) for context in contexts])
    return ids, mask


@torch.no_grad()
def number_probabilities(model: PreTrainedModel, contexts: Sequence[Sequence[int]], numbers: NumberTokens, pad: int) -> torch.Tensor:
    """Probabilities (n, 100) that 00 to 99 come next after ``contexts`` (n), given that a two-digit number comes next."""
    ids, mask = (part.to(model.device) for part in left_padded(contexts, pad))
    tokens = numbers.ids.to(model.device)
    places = (mask.cumsum(dim=1) - 1).clamp(min=0)
    out = model(input_ids=ids, attention_mask=mask, position_ids=places, logits_to_keep=1, use_cache=tokens.shape[1] > 1)
    first = out.logits[:, -1].float().log_softmax(-1)
    score = first[:, tokens[:, 0]]
    if tokens.shape[1] > 1:
        score = score + _second_digit(model, out.past_key_values, mask, tokens)
    return score.softmax(-1)


def _second_digit(model: PreTrainedModel, cache: object, mask: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    """Log-probabilities (n, 100) of each number's second token after its first."""
    tens, which = tokens[:, 0].unique(return_inverse=True)
    n = len(mask)
    cache.batch_repeat_interleave(len(tens))
    mask = mask.repeat_interleave(len(tens), dim=0)
    out = model(
        input_ids=tens.repeat(n)[:, None],
        attention_mask=functional.pad(mask, (0, 1), value=1),
        position_ids=mask.sum(dim=1, keepdim=True),
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
    )
    second = out.logits[:, -1].float().log_softmax(-1).view(n, len(tens), -1)
    return second[:, which, tokens[:, 1]]


def number_chances(
    model: PreTrainedModel, contexts: list[list[int]], pieces: Sequence[Sequence[int]], numbers: NumberTokens, pad: int
) -> np.ndarray:
    """The probability of 00 to 99 at each place of the completion: (n, places, 100).

    ``pieces`` are the token ids of the words around the numbers. Later places are read after the model's own expectation,
    rounded, at the earlier ones.
    """
    values = torch.arange(len(NUMBERS), dtype=torch.float64)
    chances = []
    contexts = [context + list(pieces[0]) for context in contexts]
    for piece in pieces[1:]:
        chance = number_probabilities(model, contexts, numbers, pad).double().cpu()
        chances.append(chance.numpy())
        whole = numbers.ids[(chance @ values).round().long()].tolist()
        contexts = [context + digits + list(piece) for context, digits in zip(contexts, whole, strict=True)]
    return np.stack(chances, axis=1)


@torch.no_grad()
def written(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, contexts: Sequence[Sequence[int]], longest: int) -> list[str]:
    """What the model writes after each of ``contexts`` (n), choosing the likeliest token each time, ``longest`` tokens at most."""
    ids, mask = (part.to(model.device) for part in left_padded(contexts, tokenizer.eos_token_id))
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
