"""What a model that explains itself looks at in each patient, and which features its risk rests on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isqrt
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workflow_scripts.lib.training.batches import in_order
from workflow_scripts.lib.training.bundle import ROWS_AT_ONCE
from workflow_scripts.lib.training.data import FoldData

if TYPE_CHECKING:
    from workflow_scripts.lib.training.module import SurvivalModule


@dataclass(frozen=True)
class Explanation:
    """Of the m patients at ``rows`` (m,), those of all asked of whom something can be said: by view, how its ``attention`` is shared out
    over patches (m, p), and by branch its part of the log-risk (m,), which ``parts`` add up to."""

    rows: np.ndarray
    attention: dict[str, np.ndarray]
    parts: dict[str, np.ndarray]


def explain(family: ModuleType, cfg: Any, state: dict[str, Any], model: "SurvivalModule", data: FoldData) -> Explanation:
    """The model's explanation of the patients of ``data``, from each patient's own example, in the order of ``data``."""
    examples = family.examples(data.own(), cfg, state)
    found = []
    for part in in_order(examples.lengths, min(ROWS_AT_ONCE, cfg.batch_size)):
        one = model.explain(family.collate(examples, part))
        found.append(replace(one, rows=examples.patient[part][one.rows]))
    rows = np.concatenate([one.rows for one in found])
    back = np.argsort(rows)
    return Explanation(rows[back], *(_joined([getattr(one, name) for one in found], back) for name in ("attention", "parts")))


def _joined(parts: list[dict[str, np.ndarray]], back: np.ndarray) -> dict[str, np.ndarray]:
    return {name: np.concatenate([part[name] for part in parts])[back] for name in parts[0]}


def attention_rows(patient_ids: np.ndarray, found: Explanation) -> pd.DataFrame:
    """Rows of the attention contract; ``patient_ids`` are those of all who were asked about."""
    parts = [
        pd.DataFrame({"patient_id": patient_ids[found.rows], "view": view, "patches": isqrt(values.shape[1]), "values": list(values)})
        for view, values in found.attention.items()
    ]
    return pd.concat(parts)


def risk_rows(patient_ids: np.ndarray, found: Explanation) -> pd.DataFrame:
    """Rows of the branch_risks contract."""
    ids = patient_ids[found.rows]
    return pd.concat([pd.DataFrame({"patient_id": ids, "branch": name, "log_risk": part}) for name, part in found.parts.items()])


def importance_rows(coefficients: Mapping[str, Mapping[str, float]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of the group_importance and of the feature_importance contract, from effective coefficients by group and feature."""
    groups, features = [], []
    for group, own in coefficients.items():
        types, classes, _ = zip(*(name.split("_", 2) for name in own), strict=True)
        size = np.abs(np.array(list(own.values())))
        groups.append((group, classes[0], len(own), sorted(set(types)), size.mean(), np.sqrt((size**2).sum())))
        features += [(group, name, value) for name, value in own.items()]
    found = pd.DataFrame(groups, columns=["group", "feature_class", "features", "image_types", "mean_abs", "l2"])
    ranks = {f"rank_{norm}": found[norm].astype(float).rank(ascending=False) for norm in ("mean_abs", "l2")}
    return found.assign(**ranks), pd.DataFrame(features, columns=["group", "feature", "coefficient"])
