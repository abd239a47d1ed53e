"""BERTSurv (`zhao2021`): a text encoder's mean token of the report, beside components of genes and covariates, into a Cox head.

A patient without a report has, in place of its mean token, a vector that is learned; one without genes has the training mean and a
column that says so.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import AutoModel

from workflow_scripts.lib.config.families.bertsurv import TINY, Config
from workflow_scripts.lib.families.bertsurv.encoder import (
    mean_token,
    padded,
    read_once,
    text_encoder,
    tokenizer_of,
    tokens_of,
    train_tokenizer,
)
from workflow_scripts.lib.modalities.latents import FEWEST
from workflow_scripts.lib.training.data import Batch, Examples, FoldData, Prediction
from workflow_scripts.lib.training.modalities import columns_of, fit_columns, nothing_to_learn_from
from workflow_scripts.lib.training.module import WEIGHTS, SurvivalModule

__all__ = ["Config", "collate", "examples", "fit_state", "model"]

ENCODER = "encoder"
FLAT = ("tokens", "starts", "tokens_each")  # reports one after the other, where each starts, and how long it is
FAINT = 0.01  # sd of the text's first weights: a few hundred reports are soon learnt by heart, and the columns shall come first


def fit_state(train: FoldData, cfg: Config, seed: int) -> dict[str, Any]:
    """Columns of covariates and genes, and the tokenizer of the reports; from training patients only."""
    own = train.only("train")
    reports = own.tables.get("reports", ())
    reads = len(reports) >= FEWEST
    state = fit_columns(own, [name for name in cfg.modalities if name != "reports"], cfg)
    if not state["columns"] and not reads:
        raise nothing_to_learn_from(cfg.modalities, own)
    stored = train_tokenizer(reports["text"].tolist(), cfg.tiny.word_pieces) if reads and cfg.base == TINY else None
    return {**state, "reads": reads, "tokenizer": stored, "seed": seed}


def examples(data: FoldData, cfg: Config, state: dict[str, Any]) -> Examples:
    """One example per patient: columns (m, p), the report as tokens, flat, or as the frozen base reads it (m, d), and the outcome."""
    outcome, patients = data.cohort.outcome, data.roles["patient_id"]
    arrays = {"columns": columns_of(data, state).astype(np.float32), "days": outcome.days, "event": outcome.event}
    if state["reads"]:
        reports = data.tables["reports"].set_index("patient_id")["text"]
        tokens = dict(zip(reports.index, tokens_of(tokenizer_of(cfg, state["tokenizer"]), reports, cfg.max_tokens), strict=True))
        found = [tokens.get(patient, []) for patient in patients]
        lengths = np.array([len(ids) for ids in found])
        flat = (np.concatenate([*found, []]).astype(np.int64), np.cumsum(lengths) - lengths, lengths)
        frozen = cfg.tuning == "frozen"
        arrays |= {"read": read_once(cfg, *flat), "present": lengths > 0} if frozen else dict(zip(FLAT, flat, strict=True))
    return Examples(arrays, np.ones(len(patients), dtype=int), np.arange(len(patients)))


def collate(chosen: Examples, rows: np.ndarray) -> Batch:
    """The patients at positions ``rows`` (n,) as tensors, reports padded on the right to (n, t)."""
    arrays = {name: torch.from_numpy(values[rows]) for name, values in chosen.arrays.items() if name not in FLAT}
    targets = {name: arrays.pop(name) for name in ("days", "event")}
    if "tokens" in chosen.arrays:
        lengths = chosen.arrays["tokens_each"][rows]
        arrays["ids"], arrays["inside"] = padded(chosen.arrays["tokens"], chosen.arrays["starts"][rows], lengths)
        arrays["present"] = torch.from_numpy(lengths > 0)
    return Batch(arrays, targets)


class BertSurv(SurvivalModule):
    """The encoder, where a report is read and not just once, and the head on text and columns."""

    def __init__(self, cfg: Config, state: dict[str, Any], columns: int) -> None:
        super().__init__()
        self.encoder, self.token_dropout, seen = None, cfg.token_dropout, 0
        if state["reads"]:
            encoder = text_encoder(cfg, len(tokenizer_of(cfg, state["tokenizer"])))
            seen = encoder.config.hidden_size
            self.encoder = None if cfg.tuning == "frozen" else encoder
            self.absent = nn.Parameter(torch.zeros(seen))  # in place of a report
            self.dropout = nn.Dropout(cfg.dropout)
            self.text = nn.Linear(seen, cfg.width, bias=False)
            nn.init.normal_(self.text.weight, std=FAINT)
        if columns:
            self.columns = nn.Linear(columns, cfg.width)
        deeper = [block for _ in range(cfg.depth - 1) for block in (nn.Linear(cfg.width, cfg.width), nn.SELU(), nn.Dropout(cfg.dropout))]
        self.layers = nn.Sequential(nn.SELU(), nn.Dropout(cfg.dropout), *deeper)
        self.head = nn.Linear(cfg.width, 1, bias=False)

    def forward(self, batch: Batch) -> Prediction:
        """The log-risk (n,)."""
        parts = [self.text(self.dropout(self._read(batch)))] if "present" in batch.inputs else []
        parts += [self.columns(batch.inputs["columns"])] if batch.inputs["columns"].shape[1] else []
        return Prediction(log_risk=self.head(self.layers(sum(parts))).squeeze(1))

    def _read(self, batch: Batch) -> torch.Tensor:
        """What stands for each patient's report: (n, d)."""
        present = batch.inputs["present"]
        if self.encoder is None:
            return torch.where(present[:, None], batch.inputs["read"], self.absent)
        read = self.absent.expand(len(present), -1).clone()
        if present.any():
            ids, inside = batch.inputs["ids"][present], batch.inputs["inside"][present]
            if self.training:
                inside = inside & (torch.rand(inside.shape, device=inside.device) >= self.token_dropout)
                inside[:, 0] = True
            read[present] = mean_token(self.encoder, ids, inside).to(read.dtype)
        return read

    def save(self, folder: Path) -> None:
        """The encoder in the Hugging Face layout, loadable without this project, and the rest beside it."""
        rest = {name: value.contiguous() for name, value in self.state_dict().items() if not name.startswith(f"{ENCODER}.")}
        save_file(rest, folder / WEIGHTS)
        if self.encoder is not None:
            self.encoder.save_pretrained(folder / ENCODER)

    def load(self, folder: Path) -> None:
        """What ``save`` wrote."""
        weights = load_file(folder / WEIGHTS)
        if self.encoder is not None:
            found = AutoModel.from_pretrained(folder / ENCODER, dtype=torch.float32).state_dict()
            weights |= {f"{ENCODER}.{name}": found[name] for name in self.encoder.state_dict()}
        self.load_state_dict(weights)


def model(cfg: Config, state: dict[str, Any]) -> BertSurv:
    """A fresh head, with a fresh encoder or the pretrained base, the same at every call."""
    torch.manual_seed(state["seed"])
    return BertSurv(cfg, state, state["columns"])
