"""What the language model writes: numbers read as expectations at their places in a line, then prose."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from workflow_scripts.lib.prompts.outline import Outline, Place
from workflow_scripts.lib.training.language.decoding import NUMBERS, NumberTokens
from workflow_scripts.lib.training.language.writer import Writer

Tokens = Callable[[str], list[int]]


@dataclass(frozen=True)
class Line:
    """What was written of n patients: ``percent`` (n, q), expected over the numbers' probabilities and never rising; the tokens ``said``
    (n each); and whether the model is ``fluent`` (n,): the words around the numbers, and that numbers stand there, are what it would have
    written of its own."""

    percent: np.ndarray
    said: list[torch.Tensor]
    fluent: np.ndarray


@torch.no_grad()
def write_line(writer: Writer, pieces: Sequence[Sequence[int]], numbers: NumberTokens) -> Line:
    """The line of numbers: ``pieces`` are the token ids of the words around them. Later numbers are read after the rounded earlier ones."""
    ids, n = numbers.ids.to(writer.logits.device), len(writer.logits)
    fluent = torch.ones(n, dtype=torch.bool, device=ids.device)
    said, percent, values = [], [], torch.arange(len(NUMBERS), dtype=torch.float64, device=ids.device)
    for place, piece in enumerate(pieces):
        for token in piece:
            fluent &= writer.logits.argmax(1) == token
            said.append(torch.full((n,), token, device=ids.device))
            writer.say(said[-1])
        if place < len(pieces) - 1:
            expected = writer.chances(numbers) @ values
            percent.append(torch.minimum(expected, percent[-1]) if percent else expected)
            for digit, token in enumerate(ids[percent[-1].round().long()].T):
                fluent &= torch.isin(writer.logits.argmax(1), ids[:, digit])
                said.append(token)
                writer.say(token)
    return Line(torch.stack(percent, dim=1).cpu().numpy(), said, fluent.cpu().numpy())


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
