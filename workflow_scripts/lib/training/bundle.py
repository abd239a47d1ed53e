"""A fitted family on disk: weights, state and calibration behind one manifest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import load_file, save_file

from workflow_scripts.lib.contracts.files import bundle_folder, check_bundle, write_json
from workflow_scripts.lib.survival.cox import breslow, proportional_curves
from workflow_scripts.lib.training.batches import in_order
from workflow_scripts.lib.training.data import Answer, FoldData

if TYPE_CHECKING:
    from workflow_scripts.lib.training.module import SurvivalModule
    from workflow_scripts.lib.training.tabular import Fitted

STATE, STATE_ARRAYS, CALIBRATION = "survdistill_state.json", "survdistill_state.safetensors", "survdistill_calibration.json"
ROWS_AT_ONCE = 256


@dataclass(frozen=True)
class Bundle:
    """A fitted family: its module (one of ``workflow_scripts.lib.families``), settings, state, trained model, and baselines.

    ``baselines`` hold, by output, Breslow's cumulative baseline hazard (k,) fitted on training patients; outputs whose model
    states curves itself have none.
    """

    family: ModuleType
    cfg: Any
    state: dict[str, Any]
    model: SurvivalModule | Fitted
    baselines: dict[str, np.ndarray]

    def answers(self, data: FoldData) -> dict[str, Answer]:
        """By output, the answers for the patients of ``data``, in their order; curves where a baseline is known."""
        said = ask(self.family, self.cfg, self.state, self.model, data)
        return {output: self._with_curves(output, answer) for output, answer in said.items()}

    def _with_curves(self, output: str, answer: Answer) -> Answer:
        if answer.survival is not None:
            return answer
        risk = np.nan_to_num(answer.log_risk)  # unread answers get no curve: see prediction_rows
        return Answer(answer.log_risk, proportional_curves(risk, self.baselines[output]), answer.text)


def ask(family: ModuleType, cfg: Any, state: dict[str, Any], model: SurvivalModule | Fitted, data: FoldData) -> dict[str, Answer]:
    """By output, what the model says of each patient of ``data`` (n), from the patient's own example, in the order of ``data``."""
    examples = family.examples(data.own(), cfg, state)
    parts: dict[str, list[Answer]] = {}
    order = []
    for rows in in_order(examples.lengths, min(ROWS_AT_ONCE, getattr(cfg, "batch_size", ROWS_AT_ONCE))):
        for output, answer in model.respond(family.collate(examples, rows)).items():
            parts.setdefault(output, []).append(answer)
        order.append(examples.patient[rows])
    back = np.argsort(np.concatenate(order))
    return {output: _joined(answers, back) for output, answers in parts.items()}


def _joined(answers: list[Answer], back: np.ndarray) -> Answer:
    log_risk = np.concatenate([answer.log_risk for answer in answers])[back]
    survival = None if answers[0].survival is None else np.concatenate([answer.survival for answer in answers])[back]
    texts = None if answers[0].text is None else [text for answer in answers for text in answer.text or []]
    return Answer(log_risk, survival, texts and [texts[row] for row in back])


def fit_baselines(said: dict[str, Answer], train: FoldData) -> dict[str, np.ndarray]:
    """Breslow's baseline for each output that has no curves of its own, from the risks ``said`` of training patients."""
    outcome, days = train.cohort.outcome, train.grid.days
    baselines = {}
    for output, answer in said.items():
        if answer.survival is None:
            read = np.isfinite(answer.log_risk)
            baselines[output] = breslow(answer.log_risk[read], outcome[read], days) if read.any() else np.zeros(len(days))
    return baselines


def save_bundle(manifest: str | Path, bundle: Bundle) -> None:
    """Write a bundle; arrays as safetensors, the rest as JSON."""
    with bundle_folder(manifest) as folder:
        bundle.model.save(folder)
        arrays = bundle.state.get("arrays")
        if arrays:
            save_file({name: np.ascontiguousarray(value) for name, value in arrays.items()}, folder / STATE_ARRAYS)
        write_json(folder / STATE, {name: value for name, value in bundle.state.items() if name != "arrays"})
        write_json(folder / CALIBRATION, {output: baseline.tolist() for output, baseline in bundle.baselines.items()})


def load_bundle(manifest: str | Path, family: ModuleType, cfg: Any) -> Bundle:
    """Read a bundle back; raises ContractError when a file was altered."""
    folder = check_bundle(manifest)
    state = json.loads((folder / STATE).read_text(encoding="utf-8"))
    if (folder / STATE_ARRAYS).is_file():
        state["arrays"] = load_file(folder / STATE_ARRAYS)
    model = family.model(cfg, state)
    model.load(folder)
    model.place(cfg)
    baselines = json.loads((folder / CALIBRATION).read_text(encoding="utf-8"))
    return Bundle(family, cfg, state, model, {output: np.array(values) for output, values in baselines.items()})
