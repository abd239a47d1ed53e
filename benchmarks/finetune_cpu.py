"""Tokens per second of our training of the tiny student against TRL's SFTTrainer, on one thread.

Same initial weights, prompts, batches in the same order, optimiser (AdamW), schedule, clipping and threads; the losses of
every step must agree. Ours computes logits where the completion is and nowhere else, and attends without a mask.

    .venv/bin/pip install --constraint envs/lock.txt --requirement envs/benchmark.txt
    .venv/bin/snakemake --cores all results/gbsg2/prompts/cox/r1f1.parquet
    .venv/bin/python -m benchmarks.finetune_cpu
"""

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from datasets import Dataset
from torch.utils.data import SequentialSampler
from trl import SFTConfig, SFTTrainer

from benchmarks.report import write_result
from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.ingest import Cohort
from workflow_scripts.lib.contracts.prompts import PROMPTS
from workflow_scripts.lib.families import cox_distilled as family
from workflow_scripts.lib.survival.outcome import TimeGrid
from workflow_scripts.lib.training.batches import training_batches
from workflow_scripts.lib.training.data import Examples, FoldData
from workflow_scripts.lib.training.loop import Trainer
from workflow_scripts.lib.training.optimiser import Optimiser, schedule

PACKAGES = ("torch", "transformers", "trl", "accelerate", "tokenizers")
SEED = 1
LIMIT = 20_000  # prompts
SAME = 1e-3  # largest difference of mean losses that counts as the same training


class InOrder(SFTTrainer):
    """TRL's trainer, taking the prompts in the order given instead of shuffling them."""

    def _get_train_sampler(self, *_: object) -> SequentialSampler:
        return SequentialSampler(self.train_dataset)


def one_by_one(examples: Examples, rows: np.ndarray) -> list[dict[str, list[int]]]:
    """The same prompts as TRL takes them: token ids, and which belong to the completion."""
    out = []
    for row in rows:
        start, length, prompt = (examples.arrays[name][row] for name in ("starts", "lengths", "prompt_lengths"))
        ids = examples.arrays["tokens"][start : start + length].tolist()
        out.append({"input_ids": ids, "completion_mask": [0] * int(prompt) + [1] * int(length - prompt)})
    return out


def train_ours(model: family.Distilled, examples: Examples, cfg: family.Config, scratch: Path) -> tuple[float, float]:
    """Seconds, and the mean loss of the steps."""
    one = replace(examples, lengths=examples.lengths[:1], patient=examples.patient[:1])
    trainer = Trainer(model, family.collate, examples, one, cfg, SEED, scratch / "checkpoint.safetensors")
    start = time.perf_counter()
    history = trainer.run()
    seconds = time.perf_counter() - start
    return seconds, next(row["value"] for row in history if row["role"] == "train" and row["term"] == "total")


def train_theirs(model: family.Distilled, data: Dataset, cfg: family.Config, scratch: Path) -> tuple[float, float]:
    """The same with TRL, given our optimiser and schedule."""
    adamw = Optimiser(model, cfg).parts[0][1]
    schedules = torch.optim.lr_scheduler.LambdaLR(adamw, lambda done: schedule(done, cfg))
    arguments = SFTConfig(
        output_dir=str(scratch),
        max_steps=cfg.steps,
        per_device_train_batch_size=cfg.batch_size,
        max_grad_norm=cfg.clip_norm,
        use_cpu=cfg.device == "cpu",
        bf16=cfg.precision == "bfloat16",
        gradient_checkpointing=False,
        logging_steps=cfg.steps,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        max_length=None,
        completion_only_loss=True,
    )
    trainer = InOrder(model.language_model, arguments, train_dataset=data, processing_class=model.tokenizer, optimizers=(adamw, schedules))
    start = time.perf_counter()
    trainer.train()
    seconds = time.perf_counter() - start
    return seconds, trainer.state.log_history[0]["loss"]


def measure(cfg: family.Config, prompts: pd.DataFrame, rounds: int) -> Path:
    """Train in turn, ours and theirs, from the same weights, and write the result."""
    roles = prompts[["patient_id", "role"]].drop_duplicates()
    cohort = Cohort(pd.DataFrame(index=roles["patient_id"]), ())
    fold = FoldData("r1f1", cohort, roles, TimeGrid(np.array([0.0, 1.0])), {"prompts": prompts})
    state = family.fit_state(fold, cfg, SEED)
    examples = family.examples(fold, cfg, state)
    batches = training_batches(examples.lengths, cfg.batch_size, SEED)
    rows = np.concatenate([next(batches) for _ in range(cfg.steps)])
    data, tokens = Dataset.from_list(one_by_one(examples, rows)), int(examples.lengths[rows].sum())
    ours, theirs, gaps = [], [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as scratch:
            a, our_loss = train_ours(family.model(cfg, state), examples, cfg, Path(scratch))
            b, their_loss = train_theirs(family.model(cfg, state), data, cfg, Path(scratch))
        ours.append(tokens / a), theirs.append(tokens / b), gaps.append(abs(our_loss - their_loss))
        print(f"ours {ours[-1]:.0f} tokens/s, loss {our_loss:.5f}; TRL {theirs[-1]:.0f} tokens/s, loss {their_loss:.5f}")
    facts = {"unit": "tokens per second", "steps": cfg.steps, "largest_loss_gap": max(gaps), "threads": 1}
    return write_result("finetune_cpu", "TRL SFTTrainer", ours, theirs, max(gaps) < SAME, PACKAGES, **facts)


def main() -> None:
    """Measure and write benchmarks/results/finetune_cpu.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=Path, default=Path("results/gbsg2/prompts/cox/r1f1.parquet"))
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    seldom = {"validate_every": 10**6, "checkpoint_every": 10**6}
    cfg = family.Config(device="cpu", steps=chosen.steps, optimiser="adamw", learning_rate=1e-3, **seldom)
    prompts = read_table(chosen.prompts, PROMPTS)
    print(measure(cfg, prompts[prompts["role"] == "train"].head(LIMIT), chosen.rounds))


if __name__ == "__main__":
    main()
