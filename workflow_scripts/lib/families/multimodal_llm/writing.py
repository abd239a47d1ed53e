"""What the language model writes: numbers read as expectations at their places in a line, then prose; every prompt is read once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from workflow_scripts.lib.training.language.decoding import NumberTokens

VALUES = torch.arange(100, dtype=torch.float64)


@dataclass(frozen=True)
class Line:
    """What was written of n patients: ``percent`` (n, q), expected over the numbers' probabilities and never rising; ``texts``; and whether
    the model is ``fluent`` (n,): the words around the numbers, and that numbers stand there, are what it would have written of its own."""

    percent: np.ndarray
    texts: list[str]
    fluent: np.ndarray


class Writer:
    """A language model that has read n prompts, and is led on token by token."""

    def __init__(self, model: PreTrainedModel, embedded: torch.Tensor, lengths: torch.Tensor) -> None:
        self.model = model
        padded, mask = _left_padded(embedded, lengths)
        places = (mask.cumsum(1) - 1).clamp(min=0)
        out = model(inputs_embeds=padded, attention_mask=mask, position_ids=places, use_cache=True, logits_to_keep=1)
        self.mask, self.cache, self.logits = mask, out.past_key_values, out.logits[:, -1].float()

    def say(self, tokens: torch.Tensor) -> None:
        """Go on with one token each (n,)."""
        self.logits, self.mask, self.cache = self._after(tokens, self.cache)

    def then(self, tokens: torch.Tensor) -> torch.Tensor:
        """Logits (n, vocabulary) of what would come after one token each (n,), which are not said."""
        logits = self._after(tokens, self.cache)[0]
        self.cache.crop(-1)
        return logits

    def _after(self, tokens: torch.Tensor, cache: object) -> tuple[torch.Tensor, torch.Tensor, object]:
        mask = torch.cat([self.mask, self.mask.new_ones(len(self.mask), 1)], dim=1)
        places = self.mask.sum(1, keepdim=True)
        out = self.model(
            input_ids=tokens[:, None], attention_mask=mask, position_ids=places, past_key_values=cache, use_cache=True, logits_to_keep=1
        )
        return out.logits[:, -1].float(), mask, out.past_key_values


def _left_padded(embedded: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The first ``lengths`` (n,) of embeddings (n, t, d), moved to the right end, and the attention mask (n, longest)."""
    longest = int(lengths.max())
    places = torch.arange(longest, device=embedded.device) - (longest - lengths)[:, None]  # (n, longest)
    found = embedded.gather(1, places.clamp(min=0)[:, :, None].expand(-1, -1, embedded.shape[2]))
    return found, (places >= 0).long()


@torch.no_grad()
def written_line(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    embedded: torch.Tensor,
    lengths: torch.Tensor,
    pieces: Sequence[Sequence[int]],
    numbers: NumberTokens,
    longest: int,
) -> Line:
    """What ``model`` writes after prompts ``embedded`` (n, t, d), each of its own of ``lengths`` (n,): the line, and prose to its end.

    ``pieces`` are the token ids of the words around the numbers. Later numbers are read after the rounded earlier ones. Prose is the
    likeliest token each time, ``longest`` at most.
    """
    writer = Writer(model, embedded, lengths)
    ids = numbers.ids.to(embedded.device)
    fluent = torch.ones(len(embedded), dtype=torch.bool, device=embedded.device)
    said, percent = [], []
    for place, piece in enumerate(pieces):
        for token in piece:
            fluent &= writer.logits.argmax(1) == token
            said.append(torch.full((len(embedded),), token, device=embedded.device))
            writer.say(said[-1])
        if place < len(pieces) - 1:
            percent.append(torch.minimum(_expected(writer, ids), percent[-1]) if percent else _expected(writer, ids))
            for digit, token in enumerate(ids[percent[-1].round().long()].T):
                fluent &= torch.isin(writer.logits.argmax(1), ids[:, digit])
                said.append(token)
                writer.say(token)
    said += _prose(writer, tokenizer.eos_token_id, longest)
    texts = tokenizer.batch_decode(torch.stack(said, dim=1), skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return Line(torch.stack(percent, dim=1).cpu().numpy(), texts, fluent.cpu().numpy())


def _expected(writer: Writer, ids: torch.Tensor) -> torch.Tensor:
    """The number (n,) expected to come next, given that a two-digit number does."""
    first = writer.logits.log_softmax(-1)
    score = first[:, ids[:, 0]]
    if ids.shape[1] > 1:
        tens = ids[:, 0].unique()
        for ten in tens:
            which = torch.nonzero(ids[:, 0] == ten).squeeze(1)
            after = writer.then(ten.expand(len(first))).log_softmax(-1)
            score[:, which] = score[:, which] + after[:, ids[which, 1]]
    return score.double().softmax(-1) @ VALUES.to(score.device)


def _prose(writer: Writer, end: int, longest: int) -> list[torch.Tensor]:
    """The likeliest tokens until everybody has ended; after the end only end tokens."""
    said: list[torch.Tensor] = []
    done = torch.zeros(len(writer.logits), dtype=torch.bool, device=writer.logits.device)
    while len(said) < longest and not done.all():
        token = torch.where(done, end, writer.logits.argmax(1))
        done |= token == end
        said.append(token)
        writer.say(token)
    return said
