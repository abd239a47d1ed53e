"""The three simulations in numbers: means over seeds with intervals, beside what was published."""

from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from pydantic import Field
from scipy.special import stdtrit

from workflow_scripts.lib.config.base import Section, parse

BACKGROUND_WORDS = {"noise": "patterns in noise", "patches_in_noise": "patches in noise", "patches": "patches among patches"}
ARM_WORDS = {"all": "all tokens", "pruned": "pruned", "random": "random tokens", "mask": "true mask"}
STOP_WORDS = {"horizon": "fixed step", "validation": "stopped on validation"}
BATCH_WORDS = {"full": "all patients at once", "mini": "mini-batches"}
Named = tuple[str, str, str, pd.Series]  # simulation, setting, quantity, values by seed


class PublishedValue(Section):
    """A published number."""

    simulation: str
    setting: str
    quantity: str
    value: float
    sd: float | None = None


class Published(Section):
    """What was published: its source (a key of references.bib), in words by simulation, and in numbers."""

    source: str
    said: dict[str, str]
    values: list[PublishedValue] = Field(min_length=1)


def read_published(path: str | Path) -> Published:
    """The file of published values; raises ConfigError where it is not as it must be."""
    return parse(Published, yaml.safe_load(Path(path).read_text(encoding="utf-8")), str(path))


def interval(values: np.ndarray, least: float = 0.0) -> tuple[float, float, float, float]:
    """Mean, standard deviation and 95 % t interval of the mean of independent ``values`` (s,), s of 2 or more.

    The interval ends where the values' range does: at ``least`` (0 for shares, -1 for their differences) and at 1.
    """
    mean, sd, n = float(values.mean()), float(values.std(ddof=1)), len(values)
    half = float(stdtrit(n - 1, 0.975)) * sd / n**0.5
    return mean, sd, max(mean - half, least), min(mean + half, 1.0)


def summary(mass: pd.DataFrame, recovery: pd.DataFrame, pruning: Mapping[str, pd.DataFrame], published: Published) -> pd.DataFrame:
    """Rows of the contract simulations, from the simulations' own tables, ``pruning`` by background."""
    known = {(one.simulation, one.setting, one.quantity): (one.value, one.sd) for one in published.values}
    rows = []
    for simulation, setting, quantity, values in (*_dynamics(mass), *_recovery(recovery), *_pruning(pruning)):
        value, sd = known.get((simulation, setting, quantity), (None, None))
        least = -1.0 if "−" in setting + quantity else 0.0
        found = dict(zip(("mean", "sd", "lower", "upper"), interval(values.to_numpy(), least), strict=True))
        beside = {"published": value, "published_sd": sd, "above_zero": int((values > 0).sum()), "seeds": len(values)}
        rows.append({"simulation": simulation, "setting": setting, "quantity": quantity, **found, **beside})
    return pd.DataFrame(rows).astype({"published": float, "published_sd": float})


def _dynamics(mass: pd.DataFrame) -> Iterator[Named]:
    """Masses at the beginning, half way and at the end, and what all patients at once are ahead of mini-batches."""
    steps = np.sort(mass["iteration"].unique())
    wide = mass.pivot(index="seed", columns=["iteration", "batch", "kind"], values="mass")
    for (place, step), kind in product(enumerate(np.unique(steps[[0, len(steps) // 2, -1]])), ("relevant", "confusion", "irrelevant")):
        for batch, words in BATCH_WORDS.items():
            yield "dynamics", f"{words}, step {step}", kind, wide[step, batch, kind]
        if place:
            yield "dynamics", f"all at once − mini-batches, step {step}", kind, wide[step, "full", kind] - wide[step, "mini", kind]


def _recovery(recovery: pd.DataFrame) -> Iterator[Named]:
    for (signal, threshold), rows in recovery.groupby(["signal", "threshold"]):
        setting, by_seed = f"{signal} signal, threshold {threshold:g}", rows.set_index("seed")
        for quantity in ("sensitivity", "specificity"):
            yield "recovery", setting, quantity, by_seed[quantity]
        yield "recovery", setting, "false positive rate", 1 - by_seed["specificity"]
        yield "recovery", setting, "false negative rate", 1 - by_seed["sensitivity"]
        yield "recovery", setting, "AUC", by_seed["auc"]


def _pruning(pruning: Mapping[str, pd.DataFrame]) -> Iterator[Named]:
    for background, (stop, words) in product(pruning, STOP_WORDS.items()):
        setting = f"{BACKGROUND_WORDS[background]}, {words}"
        rows = pruning[background]
        wide = rows[rows["stop"] == stop].pivot(index="seed", columns="arm", values="c")
        for arm, name in ARM_WORDS.items():
            yield "pruning", setting, f"C, {name}", wide[arm]
            if arm != "all":
                yield "pruning", setting, f"{name} − all tokens", wide[arm] - wide["all"]
