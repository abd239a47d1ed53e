"""The network: a causal language model, encoders beside it, and what is read out of both."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from transformers import PreTrainedTokenizerBase

from workflow_scripts.lib.config.families.multimodal_llm import Config
from workflow_scripts.lib.families.multimodal_llm.fusion import MODALITIES, EarlyFusion, Encoder, LateFusion
from workflow_scripts.lib.families.multimodal_llm.tokens import SLOTS, findings_in
from workflow_scripts.lib.families.multimodal_llm.writing import Guide, Line, Writer, write_line, write_prose
from workflow_scripts.lib.prompts.prognosis import CaseTemplate
from workflow_scripts.lib.survival.cox import proportional_curves
from workflow_scripts.lib.survival.outcome import log_risk_of
from workflow_scripts.lib.survival.parametric import fitted_curves
from workflow_scripts.lib.training.data import Answer, Batch, Prediction
from workflow_scripts.lib.training.language import base
from workflow_scripts.lib.training.language.decoding import number_tokens
from workflow_scripts.lib.training.language.tokenizer import token_ids
from workflow_scripts.lib.training.module import WEIGHTS, SurvivalModule

FUSION = "fusion"  # beside the language model's own files


class Senses(nn.Module):
    """Everything beside the language model: encoders, what they tell it as tokens, and the fusion of all states."""

    def __init__(self, cfg: Config, state: dict[str, Any], width: int) -> None:
        super().__init__()
        numbers = len(state["base_logits"]) if cfg.head == "hazard" else 1
        columns = {name: max(count, 1) for name, count in state["columns"].items() if name in cfg.modalities}
        self.encoders = nn.ModuleDict({name: Encoder(count, width, cfg.encoders.dropout) for name, count in columns.items()})
        self.tell = nn.ModuleDict({name: nn.Linear(width, width) for name in columns})
        self.absent = nn.Parameter(base.SPREAD * torch.randn(width)) if "expression" in columns else None
        self.dropout = nn.Dropout(cfg.encoders.dropout)
        late = cfg.fusion == "late"
        self.fusion = LateFusion(width, numbers) if late else EarlyFusion(width, numbers, cfg.encoders.dropout)
        self.base_logits = nn.Parameter(torch.tensor(state["base_logits"])) if cfg.head == "hazard" else None
        self._take_up(state.get("arrays", {}), late and cfg.head == "hazard")

    def _take_up(self, arrays: dict[str, np.ndarray], with_heads: bool) -> None:
        """The weights that encoders, and heads of hazards that are fused late, have from training by themselves."""
        for key, value in arrays.items():
            name, part, rest = key.replace("/", ".").split(".", 2)
            if part == "encoder":
                self.encoders[name].get_parameter(rest).data = torch.tensor(value)
            elif with_heads:
                self.fusion.heads[name].get_parameter(rest).data = torch.tensor(value)

    def encode(self, batch: Batch) -> dict[str, torch.Tensor]:
        """States (n, d) of covariates and genes, of those that are read."""
        columns = {"covariates": batch.inputs["covariates"], "expression": batch.inputs["genes"]}
        padded = {name: value if value.shape[1] else value.new_zeros(len(value), 1) for name, value in columns.items()}
        return {name: encoder(padded[name]) for name, encoder in self.encoders.items()}

    def tokens(self, states: dict[str, torch.Tensor], present: torch.Tensor) -> torch.Tensor | None:
        """What the language model is told of them: (n, 1 or 2, d); genes that are not there by a token of their own."""
        told = {name: self.tell[name](state) for name, state in states.items()}
        if "expression" in told:
            told["expression"] = torch.where(present[:, [MODALITIES.index("expression")]], told["expression"], self.absent)
        return torch.stack(list(told.values()), dim=1) if told else None

    def fuse(self, read: torch.Tensor, states: dict[str, torch.Tensor], present: torch.Tensor) -> torch.Tensor:
        """Numbers (n, k) from the state behind the report (n, d) and the others."""
        nothing = torch.zeros_like(read)
        whole = torch.stack([self.dropout(read), *(states.get(name, nothing) for name in MODALITIES[1:])], dim=1) * present[:, :, None]
        said = self.fusion(whole, present)
        return said if self.base_logits is None else said + self.base_logits


class Narrative(SurvivalModule):
    """A causal language model with senses beside it."""

    def __init__(self, cfg: Config, state: dict[str, Any], tokenizer: PreTrainedTokenizerBase) -> None:
        super().__init__()
        tiny = cfg.base == base.TINY
        language_model = base.tiny_model(tokenizer, cfg.tiny, cfg.max_tokens) if tiny else base.pretrained_model(cfg.base)
        self.language_model = base.tuned(language_model, cfg)
        self.senses = Senses(cfg, state, language_model.config.hidden_size)
        self.cfg, self.state, self.tokenizer, self.numbers = cfg, state, tokenizer, number_tokens(tokenizer)
        self.template = CaseTemplate.model_validate_json(state["wording"])
        self._known_words: dict[str, list[int]] = {}

    def forward(self, batch: Batch) -> Prediction:
        """Hazards (n, k), or a log-risk (n,), and the logits of the answer's tokens."""
        states = self.senses.encode(batch)
        batch = replace(batch, inputs={**batch.inputs, "ids": self._misread(batch)}) if self.training and self.cfg.word_noise else batch
        embedded = self._embedded(batch, states)
        hidden = self.language_model.get_decoder()(inputs_embeds=embedded, use_cache=False).last_hidden_state  # (n, t, d)
        read = hidden[torch.arange(len(hidden), device=hidden.device), batch.inputs["reads"]]
        said = self._fused(batch, read, states)
        logits = self.language_model.get_output_embeddings()(hidden[batch.inputs["row"], batch.inputs["column"]])
        form = self._form(logits, batch.inputs["digit"]) if "form" in self.cfg.objective else None
        if self.cfg.head == "cox":
            return Prediction(log_risk=said.squeeze(1), token_logits=logits, form=form)
        cumulative = functional.softplus(said.float()).cumsum(1)
        return Prediction(log_risk=cumulative.sum(1).log(), hazard_logits=said, token_logits=logits, form=form)

    def answer(self, batch: Batch) -> dict[str, Answer]:
        """``hidden``; ``verbal``, as it writes, NaN where of its own it would have written no such line; and ``combined``, once settled.

        Prose is written once all is settled.
        """
        states = self.senses.encode(batch)
        writer = Writer(self.language_model, self._embedded(batch, states), batch.inputs["asked"])
        by_state = self._by_state(self._fused(batch, writer.state_at(batch.inputs["reads"]), states))
        line = write_line(writer, self._pieces(), self.numbers)
        verbal = self._curve_through(line.percent / 100)
        settled = self.state["weight"] is not None
        texts = self._with_prose(writer, line, batch) if settled else None
        found = {"hidden": by_state, "verbal": _unread(Answer(log_risk_of(verbal), verbal, texts), ~line.fluent)}
        if not settled:
            return found
        weight = np.where(line.fluent, self.state["weight"], 1.0)[:, None]
        mixed = weight * by_state.survival + (1 - weight) * verbal
        return {"combined": Answer(log_risk_of(mixed), mixed), **found}

    def _with_prose(self, writer: Writer, line: Line, batch: Batch) -> list[str]:
        """What is written (n), the line and the prose behind it."""
        guides, end = None, self.tokenizer.eos_token_id
        if self.cfg.prose == "own_findings":
            outlines = [self.template.outline(findings_in(row)) for row in batch.inputs["findings"].cpu()]
            guides = [Guide(outline, self._tokens, end) for outline in outlines]
        said = line.said + write_prose(writer, guides, end, self.state["longest_answer"])
        return self.tokenizer.batch_decode(torch.stack(said, dim=1), skip_special_tokens=True, clean_up_tokenization_spaces=False)

    def _tokens(self, words: str) -> list[int]:
        if words not in self._known_words:
            self._known_words[words] = token_ids(self.tokenizer, [words])[0]
        return self._known_words[words]

    def save(self, folder: Path) -> None:
        """The language model in the Hugging Face layout, loadable without this project; the senses beside it."""
        from safetensors.torch import save_file

        self.language_model.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)
        (folder / FUSION).mkdir()
        save_file({name: value.contiguous() for name, value in self.senses.state_dict().items()}, folder / FUSION / WEIGHTS)

    def load(self, folder: Path) -> None:
        """What ``save`` wrote."""
        from safetensors.torch import load_file

        self.language_model = base.load_weights(self.language_model, self.cfg, folder)
        self.senses.load_state_dict(load_file(folder / FUSION / WEIGHTS))

    def _misread(self, batch: Batch) -> torch.Tensor:
        """Tokens (n, t), of which those before the answer are by chance any token."""
        ids, reads, asked = (batch.inputs[name] for name in ("ids", "reads", "asked"))
        place = torch.arange(ids.shape[1], device=ids.device) - reads[:, None]
        words = ((place < 0) | (place >= SLOTS)) & (place < (asked - reads)[:, None])
        changed = words & (torch.rand(ids.shape, device=ids.device) < self.cfg.word_noise)
        return torch.where(changed, torch.randint_like(ids, len(self.tokenizer)), ids)

    def _form(self, logits: torch.Tensor, digit: torch.Tensor) -> torch.Tensor:
        """Cross-entropy of writing a number where one stands in the line, and zero at all other tokens of the answer: (tokens,)."""
        cost = torch.zeros(len(logits), device=logits.device)
        for place in range(self.numbers.ids.shape[1]):
            there = digit == place
            cost[there] = self.numbers.cost(logits[there], place)
        return cost

    def _pieces(self) -> list[list[int]]:
        return token_ids(self.tokenizer, self.state["pieces"])

    def _embedded(self, batch: Batch, states: dict[str, torch.Tensor]) -> torch.Tensor:
        """Tokens (n, t, d), those behind the read-out replaced by what the encoders tell."""
        embedded = self.language_model.get_input_embeddings()(batch.inputs["ids"])
        told = self.senses.tokens(states, batch.inputs["present"])
        if told is None:
            return embedded
        places = batch.inputs["reads"][:, None] + 1 + torch.arange(told.shape[1], device=embedded.device)
        return embedded.scatter(1, places[:, :, None].expand_as(told), told.to(embedded.dtype))

    def _curve_through(self, stated: np.ndarray) -> np.ndarray:
        """Survival (n, k) on the grid, from probabilities (n, q) at the horizons; those beyond the grid's end say what its end says."""
        days, edges = np.array(self.state["horizon_days"]), np.array(self.state["edges"])
        within = days <= max(edges[-1], days[0])
        return fitted_curves(stated[:, within], days[within], edges[1:], self.cfg.curve)

    def _fused(self, batch: Batch, read: torch.Tensor, states: dict[str, torch.Tensor]) -> torch.Tensor:
        """In single precision, whatever the language model is in: risks that differ little are all that a likelihood has."""
        with torch.autocast(read.device.type, enabled=False):
            return self.senses.fuse(read.float(), {name: state.float() for name, state in states.items()}, batch.inputs["present"])

    def _by_state(self, said: torch.Tensor) -> Answer:
        """Hazards as curves; a log-risk as a curve once its baseline is settled."""
        if self.cfg.head == "hazard":
            curve = torch.exp(-functional.softplus(said.double()).cumsum(1)).cpu().numpy()
            return Answer(log_risk_of(curve), curve)
        log_risk, baseline = said.squeeze(1).double().cpu().numpy(), self.state["baseline"]
        return Answer(log_risk, None if baseline is None else proportional_curves(log_risk, np.array(baseline)))


def _unread(answer: Answer, rows: np.ndarray) -> Answer:
    return Answer(np.where(rows, np.nan, answer.log_risk), answer.survival, answer.text)
