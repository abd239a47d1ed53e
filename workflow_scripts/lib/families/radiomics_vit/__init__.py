"""Radiomics-guided vision transformer: pixels and radiomics of the same patches, each with a risk, mixed; or one of them alone.

The risk of a hybrid is (1 − α) β_imgᵀ ReLU(z_img) + α β_radᵀ ReLU(z_rad), trained on the Cox likelihood beside a contrast that makes both
views of a patient find each other. Patients without an image have a risk of their own, the same for all of them.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional
from transformers import ViTModel

from workflow_scripts.lib.config.families.radiomics_vit import TINY, Config
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.families.radiomics_vit.branches import PixelBranch, RadiomicsBranch, pixel_transformer
from workflow_scripts.lib.families.radiomics_vit.features import Features, fit_features
from workflow_scripts.lib.training.data import Batch, Examples, FoldData, Prediction
from workflow_scripts.lib.training.explaining import Explanation
from workflow_scripts.lib.training.module import WEIGHTS, SurvivalModule

__all__ = ["Config", "collate", "examples", "fit_state", "model"]

TRANSFORMER = "transformer"
LEAST_GREY = 4.0  # grey levels: where pixels hardly vary, nothing is blown up
FAINT = 0.01  # sd of the first coefficients of the groups: what a group is worth is then learnt, and not what chance gave it
BRANCHES = {"images": "pixels", "patch_features": "radiomics"}  # by what it reads, what a branch is called


def fit_state(train: FoldData, cfg: Config, seed: int) -> dict[str, Any]:
    """The images' size and patches, and the features that vary with their mean and sd: from training patients only."""
    own = train.only("train")
    state: dict[str, Any] = {"seed": seed, "arrays": {}}
    for name in cfg.tables:
        if own.tables[name].empty:
            raise StageRefusal(f"no patient to train on has {name}; leave the family out for this cohort, or look at its refusals")
    if "images" in cfg.tables:
        first = own.tables["images"].iloc[0]
        state |= {"pooling": cfg.pooling, "side": int(first["side"]) // cfg.pooling, "patch": int(first["patch"]) // cfg.pooling}
        if cfg.base == TINY and cfg.standardised_by == "place":
            pixels = _pixels(own.tables["images"], np.arange(len(own.tables["images"])), state)
            mean = pixels.mean(0, dtype=np.float64)
            # one by one: all as numbers of 64 bits would need eight times the memory
            variance = sum((one - mean) ** 2 for one in pixels) / len(pixels)
            state["arrays"] |= {"pixel_mean": mean, "pixel_sd": np.maximum(np.sqrt(variance), LEAST_GREY)}
    if "patch_features" in cfg.tables:
        rows = own.tables["patch_features"]
        values = rows["values"].tolist()
        fitted = asdict(fit_features(values, rows["names"].iloc[0], cfg.groups, cfg.most_sds, cfg.standardised_by == "place"))
        state["arrays"] |= {name: fitted.pop(name) for name in ("mean", "sd")}
        state |= {"patches": len(values[0]), "features": fitted}
    return state


def features_of(state: dict[str, Any]) -> Features:
    """The features that ``fit_state`` chose."""
    return Features(**state["features"], **{name: state["arrays"][name] for name in ("mean", "sd")})


def examples(data: FoldData, cfg: Config, state: dict[str, Any]) -> Examples:
    """One example per patient: pixels (m, side, side), features (m, p, f), whether there are any, and the outcome."""
    outcome, patients = data.cohort.outcome, data.roles["patient_id"]
    present = np.ones(len(patients), dtype=bool)
    arrays: dict[str, np.ndarray] = {"days": outcome.days, "event": outcome.event}
    readers = {"images": _pixels, "patch_features": _features}
    for name in cfg.tables:
        found = data.tables[name].set_index("patient_id")
        row = found.index.get_indexer(patients)
        present &= row >= 0
        arrays[name] = readers[name](found, row, state)
    return Examples({**arrays, "present": present}, np.ones(len(patients), dtype=int), np.arange(len(patients)))


def _pixels(images: Any, row: np.ndarray, state: dict[str, Any]) -> np.ndarray:
    """Pixels (m, side, side) uint8, pooled, of the images at ``row`` (m,), 0 where it is -1."""
    from PIL import Image

    pixels = np.zeros((len(row), state["side"], state["side"]), dtype=np.uint8)
    for place in np.flatnonzero(row >= 0):
        with Image.open(images["path"].iloc[row[place]]) as image:
            pixels[place] = np.asarray(image.reduce(state["pooling"]))
    return pixels


def _features(rows: Any, row: np.ndarray, state: dict[str, Any]) -> np.ndarray:
    """Standardised features (m, p, f) of the images at ``row`` (m,), 0, which is their mean, where it is -1."""
    features = features_of(state)
    values = np.zeros((len(row), state["patches"], len(features.names)), dtype=np.float32)
    there = row >= 0
    if there.any():
        values[there] = features.standardised(rows["values"].iloc[row[there]].tolist(), rows["names"].iloc[0])
    return values


def collate(chosen: Examples, rows: np.ndarray) -> Batch:
    """The patients at positions ``rows`` (n,) as tensors."""
    arrays = {name: torch.from_numpy(values[rows]) for name, values in chosen.arrays.items()}
    targets = {name: arrays.pop(name) for name in ("days", "event")}
    return Batch(arrays, targets)


class RadiomicsVit(SurvivalModule):
    """The branches that the variant has, with the risk of each."""

    def __init__(self, cfg: Config, state: dict[str, Any]) -> None:
        super().__init__()
        self.cfg, self.dropout = cfg, nn.Dropout(cfg.dropout)
        self.branches, self.heads, self.contrasts = nn.ModuleDict(), nn.ModuleDict(), nn.ModuleDict()
        self.views: dict[str, list[str]] = {}  # of each branch: what looks
        if "images" in cfg.tables:
            by_place = [state["arrays"].get(name) for name in ("pixel_mean", "pixel_sd")]
            transformer = pixel_transformer(cfg, state["side"], state["patch"])
            self.branches["images"] = PixelBranch(transformer, *by_place, shift=cfg.shift, gain=cfg.gain)
            self.views["images"] = ["pixels"]
        if "patch_features" in cfg.tables:
            self.features = features_of(state)
            sizes = self.features.sizes
            self.branches["patch_features"] = RadiomicsBranch(sizes, state["patches"], cfg.group_width, cfg.feature_dropout)
            self.views["patch_features"] = list(self.features.group_names)
        for name, branch in self.branches.items():
            self.heads[name] = nn.Linear(branch.width, 1, bias=False)
            if "contrast" in cfg.objective:
                self.contrasts[name] = nn.Linear(branch.width, cfg.contrast_width)
        if "patch_features" in self.heads:
            nn.init.normal_(self.heads["patch_features"].weight, std=FAINT)
        self.absent = nn.Parameter(torch.zeros(()))  # the risk of a patient without an image

    def forward(self, batch: Batch, kept: dict[str, torch.Tensor] | None = None) -> Prediction:
        """The log-risk (n,) of all, and both views of those who have an image, of whose patches only those ``kept`` count, by branch."""
        present, kept = batch.inputs["present"], kept or {}
        seen = {name: branch(batch.inputs[name][present], kept.get(name)) for name, branch in self.branches.items()}
        risk = self.absent.expand(len(present)).clone()
        risk[present] = sum(share * self._risk(name, self.dropout(seen[name])) for name, share in self.shares.items())
        views = tuple(self._view(name, seen[name]) for name in self.contrasts)
        return Prediction(risk, views=views or None)

    @property
    def shares(self) -> dict[str, float]:
        """What each branch's risk is weighed with."""
        if len(self.branches) == 1:
            return dict.fromkeys(self.branches, 1.0)
        return {"images": 1 - self.cfg.mixing, "patch_features": self.cfg.mixing}

    def _risk(self, name: str, seen: torch.Tensor) -> torch.Tensor:
        return self.heads[name](torch.relu(seen)).squeeze(1)

    def _view(self, name: str, seen: torch.Tensor) -> torch.Tensor:
        return functional.normalize(self.contrasts[name](seen), dim=1) / self.cfg.temperature**0.5

    @torch.no_grad()
    def explain(self, batch: Batch) -> Explanation:
        """Attention by view, "pixels" or a group of features, and each branch's part of the log-risk, of the patients who have an image."""
        self.eval()
        inputs = batch.to(self.absent.device).inputs
        present = inputs["present"]
        attention, parts = {}, {}
        for name, branch in self.branches.items():
            given = inputs[name][present]
            weights = branch.attention(given)  # (m, p), or (m, p, views)
            shares = weights[..., None] if weights.ndim == 2 else weights
            attention |= {view: shares[..., place].cpu().numpy() for place, view in enumerate(self.views[name])}
            parts[BRANCHES[name]] = (self.shares[name] * self._risk(name, branch(given))).double().cpu().numpy()
        return Explanation(np.flatnonzero(present.cpu().numpy()), attention, parts)

    @torch.no_grad()
    def pruned(self, batch: Batch, kept: dict[str, np.ndarray]) -> np.ndarray:
        """The log-risk (m,) of those who have an image, from the patches alone that each view has ``kept`` (m, k)."""
        self.eval()
        batch = batch.to(self.absent.device)
        chosen = {name: torch.from_numpy(np.stack([kept[view] for view in views], axis=-1)) for name, views in self.views.items()}
        if "images" in chosen:
            chosen["images"] = chosen["images"].squeeze(-1)  # one view
        log_risk = self(batch, {name: places.to(self.absent.device) for name, places in chosen.items()}).log_risk
        return log_risk[batch.inputs["present"]].double().cpu().numpy()

    @torch.no_grad()
    def importance(self) -> dict[str, dict[str, float]]:
        """By group and feature, the effective coefficient: the head's coefficients led back through the group's projection (`shi2026`).

        It is what one standard deviation more of the feature, in every patch, adds to the log-risk of a patient in whom all of the
        group's outputs are positive, attention aside; ReLU keeps back the others. The branch's share of the risk is in it.
        """
        if "patch_features" not in self.branches:
            return {}
        branch, found, names = self.branches["patch_features"], {}, iter(self.features.names)
        heads = self.heads["patch_features"].weight[0].split(branch.group_width)
        for group, projection, head in zip(self.views["patch_features"], branch.projections, heads, strict=True):
            effective = self.shares["patch_features"] * (head @ projection.weight)
            found[group] = dict(zip([next(names) for _ in effective], effective.double().tolist(), strict=True))
        return found

    def save(self, folder: Path) -> None:
        """The transformer in the Hugging Face layout, loadable without this project, and the rest beside it."""
        rest = {
            name: value.contiguous() for name, value in self.state_dict().items() if not name.startswith(f"branches.images.{TRANSFORMER}")
        }
        save_file(rest, folder / WEIGHTS)
        if "images" in self.branches:
            self.branches["images"].transformer.save_pretrained(folder / TRANSFORMER)

    def load(self, folder: Path) -> None:
        """What ``save`` wrote."""
        weights = load_file(folder / WEIGHTS)
        if "images" in self.branches:
            self.branches["images"].transformer = transformer = ViTModel.from_pretrained(folder / TRANSFORMER, add_pooling_layer=False)
            weights |= {f"branches.images.{TRANSFORMER}.{name}": value for name, value in transformer.state_dict().items()}
        self.load_state_dict(weights)


def model(cfg: Config, state: dict[str, Any]) -> RadiomicsVit:
    """Fresh branches, or a pretrained transformer, the same at every call."""
    torch.manual_seed(state["seed"])
    return RadiomicsVit(cfg, state)
