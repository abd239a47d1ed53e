"""Patients per second of asking a fitted multimodal_llm in batches, against calling ``generate`` once per patient, on one thread.

The same bundle, fitted with default settings, and patients; ``generate`` is led to the same answer by a logits processor that reads the
expected numbers and allows what the outline of the patient's prose allows. Curves must agree, and what is written be the same.

    .venv/bin/snakemake --cores all --configfile config/multimodal.yaml
    .venv/bin/python -m benchmarks.score_patients
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from transformers import LogitsProcessor

from benchmarks.report import write_result
from workflow_scripts.lib.families import multimodal_llm as family
from workflow_scripts.lib.families.multimodal_llm.network import Narrative
from workflow_scripts.lib.families.multimodal_llm.tokens import findings_in
from workflow_scripts.lib.families.multimodal_llm.writing import Guide
from workflow_scripts.lib.training.batches import in_order
from workflow_scripts.lib.training.bundle import Bundle, load_bundle
from workflow_scripts.lib.training.data import Batch, Examples, FoldData
from workflow_scripts.lib.training.inputs import read_fold

PACKAGES = ("torch", "transformers")
SAME = 1e-4  # largest difference of survival that counts as the same
AT_ONCE = 128


class Led(LogitsProcessor):
    """Leads one patient's answer through ``generate``: the line with its expected numbers, then prose along the patient's outline."""

    def __init__(self, pieces: list[list[int]], ids: torch.Tensor, guide: Guide) -> None:
        self.ids, self.guide, self.percent, self.step = ids.squeeze(1), guide, [], 0
        self.plan = [token for place, piece in enumerate(pieces) for token in [*piece, *([None] if place < len(pieces) - 1 else [])]]

    def __call__(self, said: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Scores (1, vocabulary) that leave the tokens that may come next."""
        if self.step < len(self.plan):
            token = self.plan[self.step]
            allowed = [self._number(scores) if token is None else token]
        else:
            if self.step > len(self.plan):
                self.guide.say(int(said[0, -1]))
            allowed = self.guide.allowed()
        self.step += 1
        kept = torch.full_like(scores, -torch.inf)
        kept[:, allowed] = scores[:, allowed]
        return kept

    def _number(self, scores: torch.Tensor) -> int:
        expected = float(scores[0, self.ids].double().softmax(-1) @ torch.arange(100, dtype=torch.float64))
        self.percent.append(min([expected, *self.percent[-1:]]))
        return int(self.ids[round(self.percent[-1])])


@torch.no_grad()
def generated(model: Narrative, batch: Batch) -> tuple[np.ndarray, str]:
    """One patient's combined curve (k,) and text, from one call of ``generate`` beside one forward pass for the hidden curve."""
    states, end = model.senses.encode(batch), model.tokenizer.eos_token_id
    embedded = model._embedded(batch, states)[:, : int(batch.inputs["asked"])]
    hidden = model.language_model.get_decoder()(inputs_embeds=embedded, use_cache=False).last_hidden_state
    by_state = model._by_state(model._fused(batch, hidden[:, int(batch.inputs["reads"])], states)).survival[0]
    guide = Guide(model.template.outline(findings_in(batch.inputs["findings"][0])), model._tokens, end)
    led = Led(model._pieces(), model.numbers.ids, guide)
    longest = len(led.plan) + model.state["longest_answer"]
    said = model.language_model.generate(
        inputs_embeds=embedded,
        attention_mask=torch.ones(embedded.shape[:2], dtype=torch.long),
        max_new_tokens=longest,
        do_sample=False,
        logits_processor=[led],
        pad_token_id=end,
        eos_token_id=end,
    )
    verbal = model._curve_through(np.array([led.percent]) / 100)[0]
    text = model.tokenizer.decode(said[0], skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return model.state["weight"] * by_state + (1 - model.state["weight"]) * verbal, text


def batched(model: Narrative, examples: Examples) -> tuple[np.ndarray, list[str]]:
    """Everybody's combined curves (n, k) and texts."""
    rows = list(in_order(examples.lengths, AT_ONCE))
    said = [model.respond(family.collate(examples, part)) for part in rows]
    back = np.argsort(np.concatenate(rows))
    curves = np.concatenate([one["combined"].survival for one in said])[back]
    texts = [text for one in said for text in one["verbal"].text]
    return curves, [texts[place] for place in back]


def measure(bundle: Bundle, data: FoldData, patients: int, alone: int, rounds: int) -> Path:
    """Ask ``patients`` in batches and ``alone`` of them one by one, in turn, and write the result."""
    examples, model = family.examples(data.own(), bundle.cfg, bundle.state), bundle.model.eval()
    rows = np.arange(len(examples))[:patients]
    chosen = Examples({**examples.arrays}, examples.lengths[rows], examples.patient[rows])
    ours, theirs, gaps, same = [], [], [], []
    for _ in range(rounds):
        start = time.perf_counter()
        curves, texts = batched(model, chosen)
        middle = time.perf_counter()
        single = [generated(model, family.collate(chosen, rows[[row]])) for row in rows[:alone]]
        end = time.perf_counter()
        ours.append(len(rows) / (middle - start)), theirs.append(alone / (end - middle))
        gaps.append(max(float(np.abs(curve - curves[row]).max()) for row, (curve, _) in enumerate(single)))
        same.append(sum(text == texts[row] for row, (_, text) in enumerate(single)) / alone)
        print(
            f"{ours[-1]:.1f} patients/s in batches, {theirs[-1]:.1f} by generate; curves within {gaps[-1]:.1e}, texts alike {same[-1]:.3f}"
        )
    facts = {"unit": "patients per second", "patients": len(rows), "one_by_one": alone, "threads": 1}
    facts |= {"largest_difference": max(gaps), "texts_alike": min(same)}
    return write_result("score_patients", "transformers generate", ours, theirs, max(gaps) < SAME, PACKAGES, **facts)


def main() -> None:
    """Measure and write benchmarks/results/score_patients.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cohort", default="simulated_reports")
    parser.add_argument("--known", default="covariates-expression-reports")
    parser.add_argument("--family", default="late")
    parser.add_argument("--patients", type=int, default=1000)
    parser.add_argument("--alone", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    place = Path("results") / chosen.cohort
    splits = [place / "ingest/patients.parquet", place / "splits/folds.parquet", place / "splits/time_grid.parquet"]
    data = read_fold(*splits, "r1f1", {"cases": place / f"prompts/cases/{chosen.known}/r1f1.parquet"})
    bundle = load_bundle(place / f"student/{chosen.family}/r1f1/bundle/MANIFEST.json", family, family.Config())
    print(measure(bundle, data.only("test"), chosen.patients, chosen.alone, chosen.rounds))


if __name__ == "__main__":
    main()
