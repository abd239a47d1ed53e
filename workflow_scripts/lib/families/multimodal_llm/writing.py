"""What the language model writes: numbers read as expectations at their places in a line, then prose; every prompt is read once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import PreTrainedModel

from workflow_scripts.lib.prompts.outline import Outline, Place
from workflow_scripts.lib.training.language.decoding import NumberTokens

VALUES = torch.arange(100, dtype=torch.float64)
Tokens = Callable[[str], list[int]]


@dataclass(frozen=True)
class Line:
    """What was written of n patients: ``percent`` (n, q), expected over the numbers' probabilities and never rising; the tokens ``said``
    (n each); and whether the model is ``fluent`` (n,): the words around the numbers, and that numbers stand there, are what it would have
    written of its own."""

    percent: np.ndarray
    said: list[torch.Tensor]
    fluent: np.ndarray


class Writer:
    """A language model that has read n prompts, the first ``lengths`` (n,) of embeddings (n, t, d), and is led on token by token."""

    def __init__(self, model: PreTrainedModel, embedded: torch.Tensor, lengths: torch.Tensor) -> None:
        self.model = model
        padded, self.mask = _left_padded(embedded, lengths)
        self.start = padded.shape[1] - lengths
        places = (self.mask.cumsum(1) - 1).clamp(min=0)
        self.read, self.cache = self._through(inputs_embeds=padded, attention_mask=self.mask, position_ids=places)
        self.logits = self._logits(self.read)

    def state_at(self, places: torch.Tensor) -> torch.Tensor:
        """The last layer's state (n, d) at these places (n,) of the prompts."""
        return self.read[torch.arange(len(places), device=places.device), self.start + places]

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
        read, cache = self._through(input_ids=tokens[:, None], attention_mask=mask, position_ids=places, past_key_values=cache)
        return self._logits(read), mask, cache

    def _through(self, **given: object) -> tuple[torch.Tensor, object]:
        out = self.model.get_decoder()(**given, use_cache=True)
        return out.last_hidden_state, out.past_key_values

    def _logits(self, read: torch.Tensor) -> torch.Tensor:
        return self.model.get_output_embeddings()(read[:, -1]).float()


def _left_padded(embedded: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The first ``lengths`` (n,) of embeddings (n, t, d), moved to the right end, and the attention mask (n, longest)."""
    longest = int(lengths.max())
    places = torch.arange(longest, device=embedded.device) - (longest - lengths)[:, None]  # (n, longest)
    found = embedded.gather(1, places.clamp(min=0)[:, :, None].expand(-1, -1, embedded.shape[2]))
    return found, (places >= 0).long()


@torch.no_grad()
def write_line(writer: Writer, pieces: Sequence[Sequence[int]], numbers: NumberTokens) -> Line:
    """The line of numbers: ``pieces`` are the token ids of the words around them. Later numbers are read after the rounded earlier ones."""
    ids, n = numbers.ids.to(writer.logits.device), len(writer.logits)
    fluent = torch.ones(n, dtype=torch.bool, device=ids.device)
    said, percent = [], []
    for place, piece in enumerate(pieces):
        for token in piece:
            fluent &= writer.logits.argmax(1) == token
            said.append(torch.full((n,), token, device=ids.device))
            writer.say(said[-1])
        if place < len(pieces) - 1:
            percent.append(torch.minimum(_expected(writer, ids), percent[-1]) if percent else _expected(writer, ids))
            for digit, token in enumerate(ids[percent[-1].round().long()].T):
                fluent &= torch.isin(writer.logits.argmax(1), ids[:, digit])
                said.append(token)
                writer.say(token)
    return Line(torch.stack(percent, dim=1).cpu().numpy(), said, fluent.cpu().numpy())


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


class Guide:
    """Leads one patient's prose along an outline, token by token."""

    def __init__(self, outline: Outline, tokens: Tokens, end: int) -> None:
        self.outline, self.tokens, self.end = outline, tokens, end
        self.open: list[tuple[list[int], Place | None]] = []  # what is left of what may be said, and where it leads
        self._enter(Place())

    def allowed(self) -> list[int]:
        """The tokens that may come next; none behind the end."""
        return list(dict.fromkeys(left[0] for left, _ in self.open))

    def say(self, token: int) -> None:
        """Go on with an allowed token."""
        begun = [(left[1:], place) for left, place in self.open if left[0] == token]
        self.open = [one for one in begun if one[0]]
        for _, place in (one for one in begun if not one[0]):
            self._enter(place)

    def _enter(self, place: Place | None) -> None:
        found = [(self.tokens(said), then) for said, then in self.outline.after(place)] if place else []
        self.open += [([self.end], None)] if place and place.ended else found


@torch.no_grad()
def write_prose(writer: Writer, guides: Sequence[Guide] | None, end: int, longest: int) -> list[torch.Tensor]:
    """The likeliest tokens, of those that ``guides`` (n) allow, until everybody has ended or ``longest`` are said; then only ``end``."""
    said: list[torch.Tensor] = []
    done = torch.zeros(len(writer.logits), dtype=torch.bool, device=writer.logits.device)
    while len(said) < longest and not done.all():
        token = torch.where(done, end, _likeliest(writer.logits, guides))
        for row in torch.nonzero(~done).flatten().tolist() if guides else ():
            guides[row].say(int(token[row]))
        done |= token == end
        said.append(token)
        writer.say(token)
    return said


def _likeliest(logits: torch.Tensor, guides: Sequence[Guide] | None) -> torch.Tensor:
    """The likeliest token (n,) of those allowed; who has ended is allowed none, and gets any."""
    if guides is None:
        return logits.argmax(1)
    allowed = [guide.allowed() or [0] for guide in guides]
    row = torch.tensor([row for row, tokens in enumerate(allowed) for _ in tokens], device=logits.device)
    column = torch.tensor([token for tokens in allowed for token in tokens], device=logits.device)
    kept = torch.full_like(logits, -torch.inf)
    kept[row, column] = logits[row, column]
    return kept.argmax(1)
