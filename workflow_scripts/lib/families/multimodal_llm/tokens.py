"""Cases as tokens: report, read-out, states of the encoders, covariates in words, question, answer."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from transformers import PreTrainedTokenizerBase

from workflow_scripts.lib.config.families.multimodal_llm import Config
from workflow_scripts.lib.errors import ConfigError
from workflow_scripts.lib.prompts.prognosis import CaseTemplate
from workflow_scripts.lib.provenance.log import logger
from workflow_scripts.lib.training.data import Batch, Examples
from workflow_scripts.lib.training.language.decoding import NUMBERS
from workflow_scripts.lib.training.language.tokenizer import token_ids

SLOTS = 3  # behind the report: the read-out, covariates, genes
SPARE = 1.5  # an answer may be so much longer than the longest that was taught


def case_tokens(cfg: Config, state: dict[str, Any], tokenizer: PreTrainedTokenizerBase, cases: pd.DataFrame) -> dict[str, np.ndarray]:
    """The tokens of all cases, one after the other, and by case (m,): ``starts``, ``lengths``, ``reads``, ``asked`` and ``told``.

    ``reads`` is where the report has been read, ``asked`` and ``told`` how many tokens are before the answer and before its prose. A report
    that is too long beside the patient's own question and the longest answer loses its end, never the question. ``findings`` are those
    that prose may name, as bytes; ``line`` is that of ``line_digits``.
    """
    reports = token_ids(tokenizer, cases["report"]) if "reports" in cfg.modalities else [[]] * len(cases)
    questions, answers = question_ids(cfg, tokenizer, cases), answer_ids(tokenizer, state, cases)
    room = [max(cfg.max_tokens - SLOTS - len(question) - state["longest_answer"], 0) for question in questions]
    if cut := sum(len(report) > most for report, most in zip(reports, room, strict=True)):
        said = "%d of %d reports are too long for max_tokens, %d, and lose their end, with the findings that only stand there"
        logger.warning(said, cut, len(reports), cfg.max_tokens)
    findings = _offered(tokenizer, reports, room, cases, CaseTemplate.model_validate_json(state["wording"]).genes)
    reports = [report[:most] for report, most in zip(reports, room, strict=True)]
    slots = [tokenizer.eos_token_id] * SLOTS
    reads = np.array([len(report) for report in reports])
    asked = reads + SLOTS + np.array([len(question) for question in questions])
    lengths = asked + np.array([len(answer) for answer in answers])
    line = line_digits(tokenizer, state)
    whole = (part for row in zip(reports, questions, answers, strict=True) for part in (row[0], slots, row[1], row[2]))
    tokens = np.fromiter((token for part in whole for token in part), dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    places = {"starts": starts, "lengths": lengths, "reads": reads, "asked": asked, "told": asked + len(line)}
    return {"tokens": tokens, **places, "findings": findings_bytes(findings), "line": line}


def _offered(
    tokenizer: PreTrainedTokenizerBase, reports: Sequence[Sequence[int]], room: Sequence[int], cases: pd.DataFrame, genes: str
) -> list[list[str]]:
    """The findings (m) that prose may name: of whose report loses its end, only those in the words that are left, or from elsewhere."""
    offered = []
    for ids, most, patient, findings in zip(reports, room, cases["patient"], cases["findings"], strict=True):
        left = tokenizer.decode(ids[:most], clean_up_tokenization_spaces=False) if len(ids) > most else None
        offered.append([one for one in findings if left is None or one == genes or one in patient or one in left])
    return offered


def answer_ids(tokenizer: PreTrainedTokenizerBase, state: dict[str, Any], cases: pd.DataFrame) -> list[list[int]]:
    """Token ids of each answer with the end token: the line piece by piece, as it is read, then the prose."""
    first, *others = token_ids(tokenizer, state["pieces"])
    digits, end = token_ids(tokenizer, NUMBERS), [tokenizer.eos_token_id]
    lines = [sum((digits[int(one)] + piece for one, piece in zip(row, others, strict=True)), first) for row in cases["numbers"]]
    prose = _prose_ids(tokenizer, state, cases)
    return [line + said + end for line, said in zip(lines, prose, strict=True)]


def line_digits(tokenizer: PreTrainedTokenizerBase, state: dict[str, Any]) -> np.ndarray:
    """Of each token of the line (length of the line,) which of a number's tokens it is, from 0 on, and -1 for words."""
    first, *others = token_ids(tokenizer, state["pieces"])
    number = [*range(len(token_ids(tokenizer, NUMBERS)[0]))]
    return np.array([-1] * len(first) + [digit for piece in others for digit in number + [-1] * len(piece)])


def _prose_ids(tokenizer: PreTrainedTokenizerBase, state: dict[str, Any], cases: pd.DataFrame) -> list[list[int]]:
    """Token ids of each answer's prose: part by part, as it may be said, or as a whole where it follows no outline."""
    template, parts = CaseTemplate.model_validate_json(state["wording"]), []
    for text, numbers, findings in zip(cases["completion"], cases["numbers"], cases["findings"], strict=True):
        prose = prose_of(state, text, numbers)
        read = template.outline(list(findings)).read(prose)
        parts.append(read[0] if read else [prose])
    words = list(dict.fromkeys(part for said in parts for part in said))
    ids = dict(zip(words, token_ids(tokenizer, words), strict=True))
    return [[token for part in said for token in ids[part]] for said in parts]


def findings_bytes(findings: Sequence[Sequence[str]]) -> np.ndarray:
    """The findings (m) that prose may name, as JSON in ASCII: (m, longest) uint8, zero behind the end."""
    lines = np.array([json.dumps(list(own)).encode() for own in findings])
    return lines.astype(f"S{max(lines.dtype.itemsize, 1)}").view(np.uint8).reshape(len(findings), -1)


def findings_in(line: torch.Tensor) -> list[str]:
    """What ``findings_bytes`` wrote of one patient: (longest,) → findings."""
    return json.loads(bytes(line.tolist()).rstrip(b"\0"))


def prose_of(state: dict[str, Any], completion: str, numbers: np.ndarray) -> str:
    """What follows the line of probabilities in ``completion``."""
    return completion[sum(map(len, state["pieces"])) + 2 * len(numbers) :]


def question_ids(cfg: Config, tokenizer: PreTrainedTokenizerBase, cases: pd.DataFrame) -> list[list[int]]:
    """Token ids of what is read behind the report: covariates in words, where they are read, and the question."""
    return token_ids(tokenizer, cases["patient"] + cases["question"] if "covariates" in cfg.modalities else cases["question"])


def longest_answer(cfg: Config, state: dict[str, Any], tokenizer: PreTrainedTokenizerBase, cases: pd.DataFrame) -> int:
    """Tokens that an answer may take: half more than the longest of training ``cases``.

    Raises ConfigError where ``max_tokens`` leaves no room for a report beside it.
    """
    longest = int(SPARE * max(map(len, answer_ids(tokenizer, state, cases))))
    needed = SLOTS + longest + max(map(len, question_ids(cfg, tokenizer, cases)))
    if needed >= cfg.max_tokens:
        raise ConfigError(f"max_tokens: {cfg.max_tokens} leave no room for a report beside question and answer, which take {needed}")
    return longest


def collate(chosen: Examples, rows: np.ndarray) -> Batch:
    """Cases at positions ``rows`` (n,), padded on the right to (n, t): under a causal mask what is padded is never attended to.

    ``row`` and ``column`` point at the tokens after which a token of the answer is to be said; ``digit`` says which of a number's tokens in
    the line that is, -1 for all others.
    """
    arrays, lengths = chosen.arrays, chosen.lengths[rows]
    places = np.arange(lengths.max())
    inside = places < lengths[:, None]  # (n, t)
    ids = np.where(inside, arrays["tokens"][np.minimum(arrays["starts"][rows][:, None] + places, len(arrays["tokens"]) - 1)], 0)
    row, column = np.nonzero(inside & (places >= arrays["asked"][rows][:, None]))
    in_line, place = column < arrays["told"][rows][row], column - arrays["asked"][rows][row]
    digit = np.where(in_line, np.take(arrays["line"], place, mode="clip"), -1)
    inputs = {"ids": ids, "row": row, "column": column - 1, "digit": digit}
    inputs |= {name: arrays[name][rows] for name in ("reads", "asked", "covariates", "genes", "present", "findings")}
    targets = {name: arrays[name][rows] for name in ("own", "own_weight", "days", "event", "interval", "event_on_grid")}
    targets |= {name: arrays[name][rows] for name in ("teacher_survival", "teacher_weight")}
    line, prose = (arrays[name][rows][row] for name in ("line_weight", "prose_weight"))
    targets |= {"tokens": ids[row, column], "line_weight": line * in_line, "prose_weight": prose * ~in_line}
    return Batch(_tensors(inputs), _tensors(targets))


def _tensors(arrays: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    found = {name: torch.from_numpy(np.ascontiguousarray(values)) for name, values in arrays.items()}
    return {name: values.float() if values.is_floating_point() and name != "days" else values for name, values in found.items()}
