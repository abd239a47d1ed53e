"""The statistical teachers of one fold: fitted together, kept together, and able to label any covariate vector."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors.numpy import load_file, save_file

from workflow_scripts.lib.config.teacher import TeacherConfig
from workflow_scripts.lib.contracts.files import bundle_folder, check_bundle, write_json
from workflow_scripts.lib.contracts.ingest import Cohort
from workflow_scripts.lib.survival.design import Design, fit_design
from workflow_scripts.lib.survival.estimators import FITTERS, Arrays, Prognosis, average, predict, stratified_parts
from workflow_scripts.lib.survival.outcome import TimeGrid
from workflow_scripts.lib.survival.seeds import derive_seed

MEMBERS = ("cox", "random_forest", "boosting")
SPEAKERS = (*MEMBERS, "average")


@dataclass(frozen=True)
class Teacher:
    """The members' arrays by name, and the design matrix they were fitted on."""

    design: Design
    members: dict[str, Arrays]

    def speak(self, values: pd.DataFrame) -> dict[str, Prognosis]:
        """What each member, and their average, says of the patients with these covariates (n rows)."""
        columns = self.design.transform(values)
        said = {name: predict(name, arrays, columns) for name, arrays in self.members.items()}
        return {**said, "average": average(list(said.values()))}


def fit_teacher(train: Cohort, grid: TimeGrid, cfg: TeacherConfig, seed: int) -> Teacher:
    """Fit every member on the training patients ``train``."""
    design = fit_design(train.values)
    columns = design.transform(train.values)
    members = {}
    for name in MEMBERS:
        settings: dict[str, Any] = getattr(cfg, name).model_dump()
        members[name] = FITTERS[name](columns, train.outcome, grid.days, **settings, seed=derive_seed(seed, name))
    return Teacher(design, members)


def crossfit(train: Cohort, grid: TimeGrid, cfg: TeacherConfig, seed: int) -> dict[str, Prognosis]:
    """What teachers fitted without a training patient say of that patient: (n,) and (n, k) in the order of ``train``.

    The training patients are cut into ``cfg.crossfit_folds`` parts, stratified by event; each part is answered by
    teachers fitted on the other parts.
    """
    parts = stratified_parts(train.outcome.event, cfg.crossfit_folds, derive_seed(seed, "crossfit"))
    said: dict[str, list[Prognosis]] = {name: [] for name in SPEAKERS}
    order = []
    for part, (others, held_out) in enumerate(parts):
        ids = train.rows.index
        teacher = fit_teacher(train.take(ids[others]), grid, cfg, derive_seed(seed, "crossfit", part))
        for name, prognosis in teacher.speak(train.take(ids[held_out]).values).items():
            said[name].append(prognosis)
        order.append(held_out)
    back = np.argsort(np.concatenate(order))
    return {
        name: Prognosis(np.concatenate([p.log_risk for p in parts])[back], np.concatenate([p.survival for p in parts])[back])
        for name, parts in said.items()
    }


def save_teacher(manifest: str | Path, teacher: Teacher, train_ids: list[str], crossfitted: dict[str, Prognosis]) -> None:
    """Write arrays as safetensors and the rest as JSON, behind a manifest."""
    with bundle_folder(manifest) as folder:
        write_json(folder / "design.json", asdict(teacher.design))
        write_json(folder / "crossfit_patients.json", train_ids)
        for name, arrays in teacher.members.items():
            save_file({key: np.ascontiguousarray(value) for key, value in arrays.items()}, folder / f"{name}.safetensors")
        for name, prognosis in crossfitted.items():
            save_file(
                {"log_risk": prognosis.log_risk, "survival": np.ascontiguousarray(prognosis.survival)},
                folder / f"crossfit_{name}.safetensors",
            )


def load_teacher(manifest: str | Path) -> Teacher:
    """The teacher written by ``save_teacher``; raises ContractError when a file was altered."""
    folder = check_bundle(manifest)
    design = Design(**json.loads((folder / "design.json").read_text(encoding="utf-8")))
    return Teacher(design, {name: load_file(folder / f"{name}.safetensors") for name in MEMBERS})


def load_crossfit(manifest: str | Path) -> tuple[list[str], dict[str, Prognosis]]:
    """The training patients, and what teachers fitted without them say of them."""
    folder = check_bundle(manifest)
    ids = json.loads((folder / "crossfit_patients.json").read_text(encoding="utf-8"))
    return ids, {name: Prognosis(**load_file(folder / f"crossfit_{name}.safetensors")) for name in SPEAKERS}
