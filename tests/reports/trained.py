"""A tiny model that learned a few answers by heart, in seconds."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch.nn import functional
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase

from tests.families.bases import write_base
from workflow_scripts.lib.reports.engines.base import Conversation

CHAT = (  # `transformers serve` takes what follows the last of these marks as the answer of a Qwen2
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
LOSS = 0.3  # of the worst token, at which the answers are known by heart
MOST_STEPS = 2000


def write_reader(folder: Path, asked: Sequence[Conversation], answers: Sequence[str]) -> Path:
    """A Qwen2 in the Hugging Face layout that answers each conversation with its answer."""
    write_base(folder, [*answers, *(one[0]["content"] for one in asked)], tied=False)
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder)
    tokenizer.chat_template = CHAT
    rows = [_tokens(tokenizer, one, answer) for one, answer in zip(asked, answers, strict=True)]
    longest = max(len(ids) for ids, _ in rows)
    ids = torch.tensor([ids + [tokenizer.eos_token_id] * (longest - len(ids)) for ids, _ in rows])
    targets = torch.tensor([labels + [-100] * (longest - len(labels)) for _, labels in rows])
    _learn(model, ids, targets)
    model.generation_config.repetition_penalty = 1.0
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _tokens(tokenizer: PreTrainedTokenizerBase, conversation: Conversation, answer: str) -> tuple[list[int], list[int]]:
    """Token ids of question and answer, and those of the answer alone."""
    text = tokenizer.apply_chat_template(list(conversation), tokenize=False, add_generation_prompt=True)
    asked, said = tokenizer(text)["input_ids"], [*tokenizer(answer)["input_ids"], tokenizer.eos_token_id]
    return asked + said, [-100] * len(asked) + said


def _learn(model: torch.nn.Module, ids: torch.Tensor, targets: torch.Tensor) -> None:
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(MOST_STEPS):
        logits = model(input_ids=ids, use_cache=False).logits[:, :-1]
        losses = functional.cross_entropy(logits.flatten(0, 1), targets[:, 1:].flatten(), reduction="none")
        if losses.max() < LOSS:
            return
        losses.sum().div((targets >= 0).sum()).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
    raise AssertionError(f"the tiny model did not learn its answers: a token's loss is {losses.max().item():.3f}")
