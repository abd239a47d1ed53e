"""Cox-supervised distillation into a language model (`kuo2026`): it reads a patient in words and writes the risk.

Plain text completion: no survival loss, no head. The risk is read back as an expectation over the number tokens
(output ``expectation``), or from what the model writes (``generated``).
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from workflow_scripts.lib.config.families.cox_distilled import Config
from workflow_scripts.lib.errors import ConfigError
from workflow_scripts.lib.provenance.log import logger
from workflow_scripts.lib.survival.outcome import log_risk_of
from workflow_scripts.lib.training.data import Answer, Batch, Examples, FoldData, Prediction
from workflow_scripts.lib.training.language import base
from workflow_scripts.lib.training.language.decoding import NUMBERS, number_tokens, parse_numbers, written
from workflow_scripts.lib.training.language.tokenizer import token_ids, train_tokenizer
from workflow_scripts.lib.training.language.writer import Writer
from workflow_scripts.lib.training.module import SurvivalModule

__all__ = ["Config", "collate", "examples", "fit_state", "model"]


def fit_state(train: FoldData, cfg: Config, seed: int) -> dict[str, Any]:
    """Tokenizer, the words around the numbers, and the log-risk behind each number; from training patients only."""
    prompts = train.only("train").tables["prompts"]
    stored = None
    if cfg.base == base.TINY:
        shuffled = prompts["prompt"].sample(frac=1, random_state=seed)
        stored = train_tokenizer(list(shuffled), cfg.tiny.word_pieces).backend_tokenizer.to_str()
    return {
        "tokenizer": stored,
        "target": prompts["target"].iloc[0],
        "pieces": list(prompts["pieces"].iloc[0]),
        "risk_of_number": _risk_of_number(prompts[prompts["copy"] == 0]).tolist(),
        "seed": seed,
    }


def _risk_of_number(prompts: pd.DataFrame) -> np.ndarray:
    """The mean teacher's log-risk of training patients answered with each number: (100,), gaps by straight lines."""
    means = prompts["teacher_log_risk"].groupby(prompts["numbers"].str[0]).mean()
    return np.interp(np.arange(100), means.index, means)


def examples(data: FoldData, cfg: Config, state: dict[str, Any]) -> Examples:
    """One example per prompt: its tokens, the completion's tokens and the end token, one after the other."""
    prompts, tokenizer = data.tables["prompts"], base.tokenizer_of(cfg, state["tokenizer"])
    asked, answered = token_ids(tokenizer, prompts["prompt"]), _completion_ids(tokenizer, prompts, state["pieces"])
    room = cfg.max_tokens - max(map(len, answered))
    if room < 1:
        raise ConfigError(f"max_tokens: {cfg.max_tokens} leave no room for a prompt before its answer of {cfg.max_tokens - room} tokens")
    if cut := sum(len(prompt) > room for prompt in asked):
        logger.warning("%d of %d prompts are longer than max_tokens and lose tokens at the front", cut, len(asked))
    asked = [prompt[-room:] for prompt in asked]
    prompt_lengths = np.array([len(prompt) for prompt in asked])
    lengths = prompt_lengths + [len(answer) for answer in answered]
    flat = np.fromiter((token for pair in zip(asked, answered, strict=True) for part in pair for token in part), dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    row_of = pd.Index(data.roles["patient_id"])
    return Examples(
        {"tokens": flat, "starts": starts, "lengths": lengths, "prompt_lengths": prompt_lengths},
        lengths,
        row_of.get_indexer(prompts["patient_id"]),
    )


def _completion_ids(tokenizer: PreTrainedTokenizerBase, prompts: pd.DataFrame, pieces: list[str]) -> list[list[int]]:
    """Token ids of each completion, piece by piece as decoding reads them, with the end token."""
    first, *others = token_ids(tokenizer, pieces)
    digits, end = token_ids(tokenizer, NUMBERS), [tokenizer.eos_token_id]
    answers = ([digits[int(number)] + piece for number, piece in zip(numbers, others, strict=True)] for numbers in prompts["numbers"])
    return [sum(answer, first) + end for answer in answers]


def collate(chosen: Examples, rows: np.ndarray) -> Batch:
    """Prompts at positions ``rows`` (n,), padded on the right to (n, t).

    Under a causal mask padding on the right is never attended to, so no attention mask is needed. ``row`` and ``column``
    point at the tokens after which a completion token is to be said: the only places where logits are computed.
    """
    lengths, arrays = chosen.lengths[rows], chosen.arrays
    places = np.arange(lengths.max())
    inside = places < lengths[:, None]  # (n, t)
    ids = np.where(inside, arrays["tokens"][np.minimum(arrays["starts"][rows][:, None] + places, len(arrays["tokens"]) - 1)], 0)
    row, column = np.nonzero(inside & (places >= arrays["prompt_lengths"][rows][:, None]))
    inputs = {"ids": ids, "row": row, "column": column - 1, "prompt_lengths": arrays["prompt_lengths"][rows]}
    return Batch({name: torch.from_numpy(value) for name, value in inputs.items()}, {"tokens": torch.from_numpy(ids[row, column])})


class Distilled(SurvivalModule):
    """A causal language model with what is needed to read risks out of it."""

    def __init__(self, language_model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, cfg: Config, state: dict[str, Any]) -> None:
        super().__init__()
        self.language_model, self.tokenizer, self.cfg, self.state = language_model, tokenizer, cfg, state
        self.numbers = number_tokens(tokenizer)

    def forward(self, batch: Batch) -> Prediction:
        """Logits of the completion's tokens only: (completion tokens, vocabulary)."""
        hidden = self.language_model.get_decoder()(input_ids=batch.inputs["ids"], use_cache=False).last_hidden_state  # (n, t, d)
        return Prediction(token_logits=self.language_model.get_output_embeddings()(hidden[batch.inputs["row"], batch.inputs["column"]]))

    def answer(self, batch: Batch) -> dict[str, Answer]:
        """``expectation``: the risk as an expectation over number tokens; ``generated``: as written, NaN where it does not parse."""
        pieces = token_ids(self.tokenizer, self.state["pieces"])
        chances = self._chances(batch, pieces)
        longest = sum(map(len, pieces)) + self.numbers.ids.shape[1] * (len(pieces) - 1) + 1
        texts = written(self.language_model, self.tokenizer, self._contexts(batch), longest)
        parsed = [parse_numbers(text, self.state["pieces"]) or [np.nan] * chances.shape[1] for text in texts]
        return {"expectation": Answer(self._expected_log_risk(chances)), "generated": Answer(self._log_risk(np.array(parsed)), text=texts)}

    @torch.no_grad()
    def embed(self, batch: Batch) -> np.ndarray:
        """Hidden state of the last prompt token in the last layer: (n, d)."""
        hidden = self.language_model.get_decoder()(input_ids=batch.inputs["ids"], use_cache=False).last_hidden_state
        last = batch.inputs["prompt_lengths"] - 1
        return hidden[torch.arange(len(last), device=last.device), last].double().cpu().numpy()

    def save(self, folder: Path) -> None:
        """The Hugging Face layout: weights (or adapters), config and tokenizer, loadable without this project."""
        self.language_model.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)

    def load(self, folder: Path) -> None:
        """The weights, or adapters, that ``save`` wrote."""
        self.language_model = base.load_weights(self.language_model, self.cfg, folder)

    @torch.no_grad()
    def _chances(self, batch: Batch, pieces: list[list[int]]) -> np.ndarray:
        """The probability of 00 to 99 at each place of the completion: (n, places, 100).

        ``pieces`` are the token ids of the words around the numbers. Later places are read after the model's own expectation, rounded,
        at the earlier ones.
        """
        ids, values = batch.inputs["ids"], torch.arange(len(NUMBERS), dtype=torch.float64)
        writer = Writer(self.language_model, self.language_model.get_input_embeddings()(ids), batch.inputs["prompt_lengths"])
        found: list[torch.Tensor] = []
        for piece in pieces[:-1]:
            if found:
                writer.say_each(self.numbers.ids[(found[-1] @ values).round().long()])
            writer.say_each(torch.tensor(piece, dtype=torch.long).expand(len(ids), -1))
            found.append(writer.chances(self.numbers).cpu())
        return torch.stack(found, dim=1).numpy()

    def _contexts(self, batch: Batch) -> list[list[int]]:
        ids, lengths = batch.inputs["ids"].tolist(), batch.inputs["prompt_lengths"].tolist()
        return [row[:length] for row, length in zip(ids, lengths, strict=True)]

    def _expected_log_risk(self, chances: np.ndarray) -> np.ndarray:
        """Probabilities (n, places, 100) of the numbers → log-risk (n,), expected over them.

        For percentiles the expectation is of the log-risk itself: that of the number shies away from 00 and 99, where the
        log-risk is steepest.
        """
        if self.state["target"] == "percentile":
            return chances[:, 0] @ np.array(self.state["risk_of_number"])
        return self._log_risk(chances @ np.arange(chances.shape[2]))

    def _log_risk(self, numbers: np.ndarray) -> np.ndarray:
        """Numbers (n, places), possibly fractional, NaN where unread → log-risk (n,)."""
        if self.state["target"] == "percentile":
            return np.interp(numbers[:, 0], np.arange(100), self.state["risk_of_number"])
        return np.where(np.isnan(numbers).any(axis=1), np.nan, log_risk_of(np.maximum(numbers, 0.5) / 100))


def model(cfg: Config, state: dict[str, Any]) -> Distilled:
    """The base before training, the same at every call; with adapters where the config says lora."""
    tokenizer = base.tokenizer_of(cfg, state["tokenizer"])
    torch.manual_seed(state["seed"])
    tiny = cfg.base == base.TINY
    language_model = base.tiny_model(tokenizer, cfg.tiny, cfg.max_tokens) if tiny else base.pretrained_model(cfg.base)
    return Distilled(base.tuned(language_model, cfg), tokenizer, cfg, state)
