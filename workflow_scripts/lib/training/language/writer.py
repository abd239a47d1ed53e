"""A language model that has read prompts, each once, and is led on token by token."""

import torch
from transformers import PreTrainedModel

from workflow_scripts.lib.training.language.decoding import NumberTokens


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

    def say_each(self, tokens: torch.Tensor) -> None:
        """Go on with m tokens each (n, m)."""
        for one in tokens.to(self.mask.device).T:
            self.say(one)

    def then(self, tokens: torch.Tensor) -> torch.Tensor:
        """Logits (n, vocabulary) of what would come after one token each (n,), which are not said."""
        logits = self._after(tokens, self.cache)[0]
        self.cache.crop(-1)
        return logits

    def chances(self, numbers: NumberTokens) -> torch.Tensor:
        """Probabilities (n, 100) in double precision that 00 to 99 come next, given that a two-digit number does."""
        ids, first = numbers.ids.to(self.logits.device), self.logits.log_softmax(-1)
        score = first[:, ids[:, 0]]
        if ids.shape[1] > 1:
            for ten in ids[:, 0].unique():
                which = torch.nonzero(ids[:, 0] == ten).squeeze(1)
                after = self.then(ten.expand(len(first))).log_softmax(-1)
                score[:, which] = score[:, which] + after[:, ids[which, 1]]
        return score.double().softmax(-1)

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
