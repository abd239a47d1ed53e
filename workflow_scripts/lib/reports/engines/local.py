"""A language model with its weights on this machine; the likeliest token each time, so that the same question has the same answer."""

from collections.abc import Generator, Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils.logging import disable_progress_bar

from workflow_scripts.lib.config.reports import EngineConfig
from workflow_scripts.lib.errors import ConfigError
from workflow_scripts.lib.reports.engines.base import Conversation, Reply

disable_progress_bar()  # logs are lines


class Local:
    """Loads the weights in ``folder`` with the first question; ``digest`` is that of its files."""

    def __init__(self, cfg: EngineConfig, folder: Path, digest: str, threads: int) -> None:
        self.cfg, self.folder = cfg, folder
        torch.set_num_threads(threads)
        self.name = f"transformers {Path(cfg.base).name} {digest}, {self.device.type}, greedy, {cfg.max_answer_tokens} tokens"

    @cached_property
    def device(self) -> torch.device:
        """Where the model runs; raises ConfigError when a GPU is asked for and there is none."""
        there = torch.cuda.is_available()
        if self.cfg.device == "cuda" and not there:
            raise ConfigError("device: cuda was asked for, but no GPU is visible; use auto or cpu, or ask the scheduler for a GPU")
        return torch.device("cuda" if there and self.cfg.device != "cpu" else "cpu")

    @cached_property
    def tokenizer(self) -> PreTrainedTokenizerBase:
        """Raises ConfigError for one that cannot write digits, or has no token to end an answer with."""
        tokenizer = _loaded(AutoTokenizer, self.folder)
        if tokenizer.eos_token_id is None:
            raise ConfigError(f"base: the tokenizer of '{self.cfg.base}' has no end token, so that no answer would end; use another base")
        digits = "0 1 2 3 4 5 6 7 8 9"
        written = tokenizer.decode(tokenizer(digits, add_special_tokens=False)["input_ids"], skip_special_tokens=True)
        if missing := [digit for digit in digits.split() if digit not in written]:
            raise ConfigError(f"base: the tokenizer of '{self.cfg.base}' cannot write {', '.join(missing)}; use another base")
        tokenizer.pad_token_id = tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id
        return tokenizer

    @cached_property
    def model(self) -> PreTrainedModel:
        """The model, in the precision of its files."""
        return _loaded(AutoModelForCausalLM, self.folder, dtype="auto", use_safetensors=True).to(self.device).eval()

    def answer(self, conversations: Sequence[Conversation]) -> Generator[tuple[int, Reply], None, None]:
        """See Engine. Questions of one length are answered together: beside a longer one, in low precision, an answer may change."""
        asked = [self._tokens(one) for one in conversations]
        room = self.model.config.get_text_config().max_position_embeddings - self.cfg.max_answer_tokens
        long = [place for place, tokens in enumerate(asked) if len(tokens) > room]
        yield from ((place, Reply(None, "too long for the model")) for place in long)
        order = sorted(set(range(len(asked))) - set(long), key=lambda place: (len(asked[place]), place))
        for _, alike in groupby(order, key=lambda place: len(asked[place])):
            places = list(alike)
            for start in range(0, len(places), self.cfg.batch_size):
                together = places[start : start + self.cfg.batch_size]
                yield from zip(together, self._replies([asked[place] for place in together]), strict=True)

    def _replies(self, asked: Sequence[Sequence[int]]) -> list[Reply]:
        """Replies to questions of one length, fewer at a time where the memory does not hold all."""
        try:
            return [Reply(text) if text.strip() else Reply(None, "empty answer") for text in self._written(asked)]
        except torch.OutOfMemoryError:
            torch.cuda.empty_cache()
        if len(asked) == 1:
            return [Reply(None, "too long for the memory")]
        half = len(asked) // 2
        return self._replies(asked[:half]) + self._replies(asked[half:])

    def _tokens(self, conversation: Conversation) -> list[int]:
        """In the model's own chat template; message after message where it has none."""
        conversation = [message | {"content": self._plain(message["content"])} for message in conversation]
        if self.tokenizer.chat_template is None:
            said = "\n\n".join(message["content"] for message in conversation) + "\n\n"
            return self.tokenizer(said)["input_ids"]
        text = self.tokenizer.apply_chat_template(conversation, tokenize=False, add_generation_prompt=True)
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def _plain(self, text: str) -> str:
        """``text`` with a space within whatever the tokenizer would take for a token that directs the model."""
        added = [token.content for token in self.tokenizer.added_tokens_decoder.values() if token.special]
        for token in sorted({*added, *self.tokenizer.all_special_tokens}, key=len, reverse=True):
            if len(token) > 1:
                text = text.replace(token, f"{token[0]} {token[1:]}")
        return text

    @torch.no_grad()
    def _written(self, asked: Sequence[Sequence[int]]) -> list[str]:
        inputs = self.tokenizer.pad({"input_ids": list(asked)}, return_tensors="pt").to(self.device)
        out = self.model.generate(
            **inputs,
            max_new_tokens=self.cfg.max_answer_tokens,
            do_sample=False,
            num_beams=1,
            temperature=None,
            top_p=None,
            top_k=None,
            repetition_penalty=1.0,
            pad_token_id=self.tokenizer.pad_token_id,
        )
        return self.tokenizer.batch_decode(out[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)


def _loaded(kind: type, folder: Path, **options: object) -> object:
    try:
        return kind.from_pretrained(folder, trust_remote_code=False, local_files_only=True, **options)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"base: '{folder}' cannot be loaded ({type(error).__name__}); expected config.json, tokenizer and safetensors of one model"
        ) from error
