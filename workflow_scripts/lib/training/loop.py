"""The one training loop: weighted terms, early stopping, checkpoints."""

import math
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from workflow_scripts.lib.config.training import TrainingConfig
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.provenance.log import Progress, logger
from workflow_scripts.lib.provenance.sidecar import note
from workflow_scripts.lib.survival.metrics.concordance import harrell_c
from workflow_scripts.lib.survival.outcome import Outcome
from workflow_scripts.lib.training.batches import in_order, training_batches
from workflow_scripts.lib.training.checkpoint import load_checkpoint, part_of, prefixed, save_checkpoint
from workflow_scripts.lib.training.data import Batch, Examples, Prediction
from workflow_scripts.lib.training.device import autocast, choose_device, keep_freed_memory
from workflow_scripts.lib.training.group import current_group
from workflow_scripts.lib.training.losses import weighted_loss
from workflow_scripts.lib.training.module import SurvivalModule
from workflow_scripts.lib.training.optimiser import Optimiser

OUT_OF_TIME = (
    "time is up after step {step} of {steps}; the checkpoint is kept, and the next attempt goes on from it "
    "(the scheduler's limit is `runtime` of the rule in profiles/default, in minutes; `retries` in profiles/slurm are further attempts)"
)

Collate = Callable[[Examples, np.ndarray], Batch]


@dataclass
class Trainer:
    """Trains ``model`` on ``train`` until the steps are done or ``valid`` stops getting better.

    The weights at the end are those of the best look at the validation examples. ``checkpoint`` is where a killed run
    is taken up again: on a CPU with the same bytes at the end as an undisturbed run. Raises StageRefusal, its checkpoint saved, when the
    clock (time.monotonic) has passed ``stop_at``, and when the loss is no number. In a group of processes each has a Trainer of the same
    arguments; they share every batch, and only the first of them writes.
    """

    model: SurvivalModule
    collate: Collate
    train: Examples
    valid: Examples
    cfg: TrainingConfig
    seed: int
    checkpoint: Path
    stop_at: float = math.inf

    def __post_init__(self) -> None:
        self.group = current_group()
        self.device = choose_device(self.cfg)
        self.model.to(self.device)
        self.names = [name for name, parameter in self.model.named_parameters() if parameter.requires_grad]
        self.optimiser = Optimiser(self.model, self.cfg)
        self.facts: dict[str, Any] = {"step": 0, "best": math.inf, "worse": 0, "history": []}
        self.best = self._weights()

    def run(self) -> list[dict[str, Any]]:
        """Train, and return the history: rows of step, role, term and value."""
        keep_freed_memory()
        self._resume()
        progress = Progress("training", self.cfg.steps, bar=self.group.leads)
        batches = training_batches(self.train.lengths, self.cfg.batch_size, self.seed, self.facts["step"], self._strata())
        sums: dict[str, float] = defaultdict(float, self.facts.get("sums", {}))
        while self._goes_on():
            terms = self._step(next(batches))
            self.facts["step"] += 1
            for name, value in terms.items():
                sums[name] += value
            progress.step(self.facts["step"], loss=terms["total"])
            if self.facts["step"] % self.cfg.validate_every == 0 or self.facts["step"] == self.cfg.steps:
                self._look(sums)
            late = self._goes_on() and self._is_late()
            if late or self.facts["step"] % self.cfg.checkpoint_every == 0:
                self._save(sums)
            if late:
                self.group.gather(None)  # the first has saved, before any of the others ends
                raise StageRefusal(OUT_OF_TIME.format(**self.facts, steps=self.cfg.steps))
        progress.close()
        self.model.load_state_dict(self.best, strict=False)
        return self.facts["history"]

    def _strata(self) -> np.ndarray | None:
        """Who had the event, where every batch is to have some; raises StageRefusal where it cannot have as many as are asked for."""
        if not self.cfg.fewest_events:
            return None
        event, parts = self.train.arrays["event"], self.cfg.gradient_accumulation * self.group.size
        least = max(0, min(self.cfg.batch_size, len(event)) * int(event.sum()) // (len(event) * parts) - 1)
        if least < self.cfg.fewest_events:
            raise StageRefusal(
                f"{int(event.sum())} of {len(event)} patients to train on had the event, so that a batch of {self.cfg.batch_size} may have "
                f"only {least} in each of its {parts} parts, and fewest_events is {self.cfg.fewest_events}: raise batch_size, or lower it"
            )
        return event

    def _goes_on(self) -> bool:
        return self.facts["step"] < self.cfg.steps and self.facts["worse"] < self.cfg.patience

    def _is_late(self) -> bool:
        """By the clock of the process that leads: each machine's counts from when it was started."""
        return self.stop_at < math.inf and self.group.gather(time.monotonic() >= self.stop_at)[0]

    def _step(self, rows: np.ndarray) -> dict[str, float]:
        self.model.train()
        own: dict[str, float] = defaultdict(float)
        parts = np.array_split(rows, min(self.cfg.gradient_accumulation * self.group.size, len(rows)))
        for number, part in self.group.deal(list(enumerate(parts))):
            # A random stream per step and part, so that dropout is what it would have been after a restart or in another process.
            torch.manual_seed(self.seed + self.facts["step"] + (number << 32))
            share = len(part) / len(rows)
            loss, terms, _ = self._loss(part, self.train, len(rows))
            (loss * share).backward()
            for name, value in {**terms, "total": loss}.items():
                own[name] += share * value.item()
        totals = self.group.sum(own)
        self.group.sum_gradients(self.optimiser.parameters)
        self._insist_on_a_number(totals)
        self.optimiser.step(self.facts["step"])
        return totals

    def _insist_on_a_number(self, totals: dict[str, float]) -> None:
        if not math.isfinite(totals["total"]):
            raise StageRefusal(f"the loss is {totals['total']} after {self.facts['step']} steps; lower learning_rate or matrix_rate")

    def _loss(self, rows: np.ndarray, examples: Examples, whole: int) -> tuple[torch.Tensor, dict[str, torch.Tensor], Prediction]:
        """The objective of those at ``rows``, who are part of a step's ``whole`` batch, or asked like one."""
        batch = replace(self.collate(examples, rows), part=len(rows) / whole).to(self.device)
        with autocast(self.cfg, self.device):
            prediction = self.model(batch)
        return *weighted_loss(self.cfg.objective, prediction, batch), prediction

    def _look(self, sums: dict[str, float]) -> None:
        """Write down the mean training terms since the last look and the validation terms; keep the best weights."""
        step = self.facts["step"]
        since = step - max((row["step"] for row in self.facts["history"]), default=0)
        self.facts["history"] += [{"step": step, "role": "train", "term": name, "value": value / since} for name, value in sums.items()]
        sums.clear()
        found = self._validate()
        self._insist_on_a_number(found)
        self.facts["history"] += [{"step": step, "role": "valid", "term": name, "value": value} for name, value in found.items()]
        watched = found[self.cfg.watched]
        logger.info("step %d: validation %s %.5f", step, self.cfg.watched, watched)
        if watched < self.facts["best"]:
            self.facts.update(best=watched, worse=0)
            self.best = self._weights()
        else:
            self.facts["worse"] += 1

    @torch.no_grad()
    def _validate(self) -> dict[str, float]:
        """Terms over the validation examples: means over batches, weighted by their size; and the discordance of log-risks."""
        self.model.eval()
        own: dict[str, float] = defaultdict(float)
        risks: list[tuple[np.ndarray, np.ndarray]] = []
        size = max(self.cfg.batch_size // (self.cfg.gradient_accumulation * self.group.size), 1)
        for rows in self.group.deal(list(in_order(self.valid.lengths, size))):
            loss, terms, prediction = self._loss(rows, self.valid, min(self.cfg.batch_size, len(self.train)))
            for name, value in {**terms, "total": loss}.items():
                own[name] += value.item() * len(rows) / len(self.valid)
            if prediction.log_risk is not None:
                risks.append((rows, prediction.log_risk.double().cpu().numpy()))
        said = [part for parts in self.group.gather(risks) for part in parts]
        return {**self.group.sum(own), **({"discordance": self._discordance(said)} if said else {})}

    def _discordance(self, risks: list[tuple[np.ndarray, np.ndarray]]) -> float:
        """1 - Harrell's C of the validation examples, whatever the scale of their risks; that of a coin where no two can be compared."""
        rows, log_risk = (np.concatenate(part) for part in zip(*risks, strict=True))
        outcome = Outcome(*(self.valid.arrays[name][rows] for name in ("days", "event")))
        return 1 - float(np.nan_to_num(harrell_c(log_risk, outcome, np.ones((1, len(rows))))[0], nan=0.5))

    def _weights(self) -> dict[str, torch.Tensor]:
        """A copy of what is trained."""
        state = self.model.state_dict()
        return {name: state[name].detach().clone() for name in self.names}

    def _save(self, sums: dict[str, float]) -> None:
        if not self.group.leads:
            return
        tensors = {**prefixed("now", self._weights()), **prefixed("best", self.best), **prefixed("optimiser", self.optimiser.state())}
        save_checkpoint(self.checkpoint, tensors, {**self.facts, "sums": dict(sums)})

    def _resume(self) -> None:
        found = load_checkpoint(self.checkpoint)
        if found is None:
            return
        tensors, self.facts = found
        self.model.load_state_dict(part_of(tensors, "now"), strict=False)
        self.best = {name: value.to(self.device) for name, value in part_of(tensors, "best").items()}
        self.optimiser.restore(part_of(tensors, "optimiser"))
        logger.info("resumed from step %d", self.facts["step"])
        note(resumed_from_step=self.facts["step"])
