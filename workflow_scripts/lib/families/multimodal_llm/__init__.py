"""Multimodal survival with a language model that runs on the premises (`gogl2026`): it reads the report, and writes a curve with reasons.

Its state behind the report, and encoders of covariates and genes, give hazards (output ``hidden``). It goes on to read the covariates in
words, the encoders' states as two tokens, and the question, and writes percentages and prose (``verbal``). ``combined`` mixes both curves.
"""

from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy.special import expit

from workflow_scripts.lib.config.families.multimodal_llm import Config
from workflow_scripts.lib.contracts.cases import LANGUAGE
from workflow_scripts.lib.errors import ConfigError
from workflow_scripts.lib.families.multimodal_llm.network import Narrative
from workflow_scripts.lib.families.multimodal_llm.pretraining import pretrained
from workflow_scripts.lib.families.multimodal_llm.tokens import case_tokens, collate, longest_answer
from workflow_scripts.lib.prompts.prognosis import CaseTemplate
from workflow_scripts.lib.survival.cox import breslow, proportional_curves
from workflow_scripts.lib.survival.outcome import Outcome, TimeGrid
from workflow_scripts.lib.training.data import Answer, Examples, FoldData
from workflow_scripts.lib.training.language import base
from workflow_scripts.lib.training.language.tokenizer import train_tokenizer

__all__ = ["Config", "collate", "examples", "fit_state", "model", "settle"]

WEIGHTS = np.linspace(1, 0, 21)  # of the hidden curve beside the verbal one; where nothing tells, the first


def fit_state(train: FoldData, cfg: Config, seed: int) -> dict[str, Any]:
    """Tokenizer, the words around the numbers, the grid, and encoders trained by themselves, stopped on validation patients."""
    cases = train.only("train").tables["cases"]
    _can_be_learnt(cases, cfg)
    first = cases.iloc[0]
    tokenizer = None
    if cfg.base == base.TINY:
        texts = (cases["report"] + cases["patient"] + cases["question"] + cases["completion"]).sample(frac=1, random_state=seed)
        tokenizer = train_tokenizer(list(texts), cfg.tiny.word_pieces).backend_tokenizer.to_str()
    template, horizons = CaseTemplate.model_validate_json(first["wording"]), list(first["horizon_days"])
    state = {"tokenizer": tokenizer, "wording": first["wording"], "pieces": template.pieces(horizons), "horizon_days": horizons}
    columns = {"covariates": len(first["covariates"]), "expression": len(first["genes"])}
    state |= {"seed": seed, "edges": train.grid.edges.tolist(), "columns": columns}
    state |= {
        "base_logits": _base_logits(train.only("train")).tolist(),
        "longest_answer": longest_answer(cfg, state, base.tokenizer_of(cfg, state["tokenizer"]), cases),
        "weight": None,
        "baseline": None,
    }
    return state | {"arrays": _encoders(train.own(), cfg, state)}


def _can_be_learnt(cases: pd.DataFrame, cfg: Config) -> None:
    if cfg.prose == "own_findings" and (cases["speaker"] == LANGUAGE).any():
        raise ConfigError(
            "prose: own_findings names findings in the words of the embedded teacher, and these cases have a language model's rationales; "
            "use free, or leave out cases.language"
        )


def _base_logits(train: FoldData) -> np.ndarray:
    """Log-odds (k,) of the event in each interval, among those who came to it."""
    interval, event = train.grid.discretise(train.cohort.outcome)
    k = len(train.grid)
    events = np.bincount(interval[event], minlength=k)[:k]
    survived = (interval[:, None] > np.arange(k)).sum(0)
    return np.log((events + 0.5) / (survived + 0.5))


def _crowd(state: dict[str, Any]) -> np.ndarray:
    """The curve (k,) of all training patients."""
    return np.cumprod(1 - expit(np.array(state["base_logits"])))


def _encoders(train: FoldData, cfg: Config, state: dict[str, Any]) -> dict[str, np.ndarray]:
    """Weights of each encoder, by ``modality/part.name``, where the config asks for training of its own."""
    found: dict[str, np.ndarray] = {}
    if cfg.encoders.steps == 0:
        return found
    cases = train.tables["cases"].set_index("patient_id").loc[train.roles["patient_id"]]
    interval, event = train.grid.discretise(train.cohort.outcome)
    valid, width = (train.roles["role"] == "valid").to_numpy(), _width(cfg, state)
    for name, column, there in (
        ("covariates", "covariates", np.ones(len(cases), bool)),
        ("expression", "genes", cases["has_genes"].to_numpy()),
    ):
        if name in cfg.modalities and state["columns"][name] and (there & valid).any() and (there & ~valid).any():
            torch.manual_seed(state["seed"])
            values = np.stack(cases[column].tolist())[there]
            weights = pretrained(values, interval[there], event[there], valid[there], np.array(state["base_logits"]), width, cfg.encoders)
            found |= {f"{name}/{part}": value for part, value in weights.items()}
    return found


def _width(cfg: Config, state: dict[str, Any]) -> int:
    return cfg.tiny.width if cfg.base == base.TINY else base.pretrained_width(cfg.base)


def examples(data: FoldData, cfg: Config, state: dict[str, Any]) -> Examples:
    """One example per case: its tokens, columns of covariates and genes, and the outcome where it is known."""
    cases = data.tables["cases"]
    row = pd.Index(data.roles["patient_id"]).get_indexer(cases["patient_id"])
    tokens = case_tokens(cfg, state, base.tokenizer_of(cfg, state["tokenizer"]), cases)
    outcome, own = data.cohort.outcome[row], (cases["copy"] == 0).to_numpy()
    grid = TimeGrid(np.array(state["edges"]))
    interval, event = grid.discretise(outcome)
    said = np.stack(cases["teacher_survival"].tolist())
    present = {
        "reports": cases["has_report"].to_numpy(),
        "covariates": np.ones(len(cases), dtype=bool),
        "expression": cases["has_genes"].to_numpy(),
    }
    arrays = {
        **tokens,
        "covariates": np.stack(cases["covariates"].tolist()),
        "genes": np.stack(cases["genes"].tolist()),
        "present": np.stack([present[name] & (name in cfg.modalities) for name in present], axis=1),
        "teacher_survival": said,
        "own": own,
        "days": outcome.days,
        "event": outcome.event & own,
        "interval": interval,
        "event_on_grid": event,
    }
    weight = teacher_weight(cfg.correction, said, _crowd(state), grid, outcome) * (own | (cfg.correction == "none"))
    arrays["own_weight"] = _of_mean_one(own, np.ones(len(own)))
    arrays["teacher_weight"] = _of_mean_one(weight, np.ones(len(own)))
    arrays["line_weight"] = _of_mean_one(weight, tokens["told"] - tokens["asked"])
    arrays["prose_weight"] = _of_mean_one(weight, tokens["lengths"] - tokens["told"])
    return Examples(arrays, tokens["lengths"], row)


def _of_mean_one(weight: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Weights (m,), scaled such that those of all cases' ``parts`` (m,) sum to the number of cases; zero where all are."""
    whole = float((weight * parts).mean())
    return weight / whole if whole > 0 else np.zeros(len(weight))


def teacher_weight(correction: str, said: np.ndarray, crowd: np.ndarray, grid: TimeGrid, outcome: Outcome) -> np.ndarray:
    """How much is learnt to write from patients (m,), by how well the teacher's curves ``said`` (m, k) agree with their outcomes.

    With S the teacher's survival at the patient's own last day, ``hard`` leaves out events with S > .5 and censorings with S < .5, and
    ``probabilistic`` weighs events with 1 - S and censorings with S (`gogl2026`). ``posterior`` is the probability that the teacher's curve
    is right and not ``crowd`` (k,), that of all training patients, after the outcome and where before it both were as credible.
    """
    if correction == "none":
        return np.ones(len(said))
    if correction == "posterior":
        teacher = grid.likelihood(said, outcome)
        return teacher / (teacher + grid.likelihood(np.broadcast_to(crowd, said.shape), outcome))
    survived = np.array([grid.survival_at(curve[None], day[None])[0, 0] for curve, day in zip(said, outcome.days, strict=True)])
    likely = np.where(outcome.event, 1 - survived, survived)
    return likely if correction == "probabilistic" else (likely >= 0.5).astype(float)


def model(cfg: Config, state: dict[str, Any]) -> Narrative:
    """The language model and the encoders before they are joined, the same at every call."""
    torch.manual_seed(state["seed"])
    return Narrative(cfg, state, base.tokenizer_of(cfg, state["tokenizer"]))


def settle(said: dict[str, Answer], train: FoldData) -> dict[str, Any]:
    """What ``combined`` needs: the ``weight`` of the hidden curve, and for a log-risk its ``baseline`` (Breslow) from training patients.

    The weight is that with the best discrete-time likelihood of the validation patients.
    """
    valid = (train.roles["role"] == "valid").to_numpy()
    hidden, baseline = said["hidden"], None
    if hidden.survival is None:
        baseline = breslow(hidden.log_risk[~valid], train.cohort.outcome[~valid], train.grid.days)
        hidden = Answer(hidden.log_risk, proportional_curves(hidden.log_risk, baseline))
    shares = [np.where(np.isfinite(said["verbal"].log_risk[valid]), weight, 1.0)[:, None] for weight in WEIGHTS]
    curves = [share * hidden.survival[valid] + (1 - share) * said["verbal"].survival[valid] for share in shares]
    fits = [np.log(train.grid.likelihood(curve, train.cohort.outcome[valid])).sum() for curve in curves]
    return {"weight": float(WEIGHTS[int(np.argmax(fits))]), "baseline": None if baseline is None else baseline.tolist()}
