"""Tokens per second, peak memory and use of the arithmetic of a GPU, tuning the last 18 layers of a Qwen2.5-1.5B, beside TRL's SFTTrainer.

Random weights and tokens, prompts of 820 tokens of which the last 120 are learnt, bfloat16 (autocast over float32 weights). Both make the
same steps from the same weights; the losses must agree. Utilisation counts what the training needs and nothing computed twice: forward
through all layers, backward through those trained, causal attention once over, and logits of the completion alone.

    .venv/bin/pip install --constraint envs/lock.txt --requirement envs/benchmark.txt
    .venv/bin/python -m benchmarks.finetune_gpu --peak 989  # TFLOP/s that the GPU's maker states for bfloat16, dense
    .venv/bin/python -m benchmarks.finetune_gpu --shape small --device cpu --peak 1  # that it runs; writes no result
"""

import argparse
import gc
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from datasets import Dataset
from transformers import Qwen2Config, Qwen2ForCausalLM

from benchmarks.finetune_cpu import PACKAGES, SEED, one_by_one, train_ours, train_theirs
from benchmarks.report import write_result
from workflow_scripts.lib.families import cox_distilled as family
from workflow_scripts.lib.training.batches import training_batches
from workflow_scripts.lib.training.data import Examples
from workflow_scripts.lib.training.language import base
from workflow_scripts.lib.training.language.tokenizer import train_tokenizer

SHAPES = {  # hidden size, size between, layers, heads, heads of keys and values, vocabulary
    "qwen2.5-1.5b": (1536, 8960, 28, 12, 2, 151_936),
    "small": (64, 128, 20, 4, 2, 2_000),
}
LENGTH, LEARNT = 820, 120  # tokens of a prompt with its completion, and of the completion
SAME = 2e-2  # largest relative difference of mean losses that counts as the same training in bfloat16


def model_of(shape: str, cfg: family.Config) -> family.Distilled:
    """The shape with random weights, the same at every call, its last layers to be trained."""
    width, between, layers, heads, keys, words = SHAPES[shape]
    tokenizer = train_tokenizer(["a patient of 60 years"], 300)
    torch.manual_seed(SEED)
    config = Qwen2Config(
        vocab_size=words,
        hidden_size=width,
        intermediate_size=between,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=keys,
        tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.eos_token_id,
    )
    return family.Distilled(base.tuned(Qwen2ForCausalLM(config), cfg), tokenizer, cfg, {"pieces": [], "target": "percentile"})


def prompts(count: int, words: int) -> Examples:
    """``count`` prompts of random tokens."""
    tokens = np.random.default_rng(SEED).integers(300, words, count * LENGTH)
    lengths = np.full(count, LENGTH)
    arrays = {"tokens": tokens, "starts": np.arange(count) * LENGTH, "lengths": lengths, "prompt_lengths": lengths - LEARNT}
    return Examples(arrays, lengths, np.arange(count))


def needed(shape: str, trained: int) -> float:
    """Floating-point operations that one prompt of training needs."""
    width, between, layers, heads, keys, words = SHAPES[shape]
    maps = 2 * width * width * (1 + keys / heads) + 3 * width * between  # weights of a layer
    forward = LENGTH * (2 * maps + 2 * LENGTH * width)  # of a layer: its maps, and attention to what came before
    return layers * forward + 2 * min(trained, layers) * forward + 2 * LEARNT * 2 * width * words


def once(train: Callable[..., tuple[float, float]], *arguments: object) -> tuple[float, float, float]:
    """Seconds, mean loss, and the peak of the GPU's memory in GiB, of one training."""
    gc.collect()
    on_gpu = torch.cuda.is_available()
    if on_gpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    with tempfile.TemporaryDirectory() as scratch:
        seconds, loss = train(*arguments, Path(scratch))
    return seconds, loss, torch.cuda.max_memory_allocated() / 2**30 if on_gpu else float("nan")


def measure(shape: str, cfg: family.Config, rounds: int, peak: float) -> dict[str, object]:
    """Train in turn, ours and theirs, and say what both came to."""
    examples = prompts(cfg.batch_size * 4, SHAPES[shape][-1])
    batches = training_batches(examples.lengths, cfg.batch_size, SEED)
    rows = np.concatenate([next(batches) for _ in range(cfg.steps)])
    data = Dataset.from_list(one_by_one(examples, rows))
    found: dict[str, list[tuple[float, float, float]]] = {"ours": [], "theirs": []}
    for _ in range(rounds):
        found["ours"].append(once(train_ours, model_of(shape, cfg), examples, cfg))
        found["theirs"].append(once(train_theirs, model_of(shape, cfg), data, cfg))
        print({name: tuple(round(value, 4) for value in values[-1]) for name, values in found.items()})
    work = len(rows) * needed(shape, cfg.last_layers) / (peak * 1e12)  # seconds at the peak
    rates = {name: [len(rows) * LENGTH / seconds for seconds, *_ in runs] for name, runs in found.items()}
    return {
        "tokens_per_second": rates,
        "gap": max(abs(a[1] - b[1]) / b[1] for a, b in zip(found["ours"], found["theirs"], strict=True)),
        "peak_memory_gib": {name: round(max(memory for *_, memory in runs), 2) for name, runs in found.items()},
        "utilisation": {name: round(work / statistics.median(seconds for seconds, *_ in runs), 4) for name, runs in found.items()},
    }


def main() -> None:
    """Measure, and write benchmarks/results/finetune_gpu.json where it was on a GPU."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=SHAPES, default="qwen2.5-1.5b")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--peak", type=float, required=True, help="TFLOP/s in bfloat16, as stated for this GPU")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    cfg = family.Config(
        base=given.shape,
        tuning="last_layers",
        max_tokens=LENGTH,
        steps=given.steps,
        batch_size=given.batch,
        device=given.device,
        precision="bfloat16",
        optimiser="adamw",
        learning_rate=1e-4,
        validate_every=10**6,
        checkpoint_every=10**6,
    )
    found = measure(given.shape, cfg, given.rounds, given.peak)
    print(found)
    if given.device == "cuda":
        rates, gap = found.pop("tokens_per_second"), found.pop("gap")
        facts = {"unit": "tokens per second", "gpu": torch.cuda.get_device_name(), **vars(given), **found}
        print(write_result("finetune_gpu", "TRL SFTTrainer", rates["ours"], rates["theirs"], gap < SAME, PACKAGES, **facts))


if __name__ == "__main__":
    main()
