"""Folds that were published: files with a column of patients for each role, or a column of the main table."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.lib.config.cohort import PublishedSplit
from workflow_scripts.lib.config.sources import TableSource
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.raw.folder import read_inventory
from workflow_scripts.lib.ingest.raw.reading import read_source
from workflow_scripts.lib.survival.outcome import Outcome
from workflow_scripts.lib.survival.seeds import derive_seed
from workflow_scripts.lib.survival.splitting import draw_valid, refuse_bare_parts


@dataclass(frozen=True)
class Published:
    """``roles`` has, by fold label such as r1f1, the role (n,) of each patient of the cohort, "" where the fold leaves one out.

    ``doubled`` are patients (fold, patient_id, role) who have a second role in a fold: the audit's to judge. ``strangers`` is
    how many ids of the split are not of the cohort, ``left_out`` how many patients of the cohort some fold leaves out.
    """

    roles: dict[str, np.ndarray]
    doubled: pd.DataFrame
    strangers: int
    left_out: int

    def with_valid(
        self, outcome: Outcome, *, valid_fraction: float, time_bins: int, seed: int, site: np.ndarray | None
    ) -> dict[str, np.ndarray]:
        """The roles, with validation patients drawn from those that train in the folds that name none."""
        roles = {label: role.copy() for label, role in self.roles.items()}
        for label, role in roles.items():
            listed = role != ""
            if "valid" not in role:
                sites = None if site is None else site[listed]
                derived = derive_seed(seed, "valid", label)
                role[listed] = draw_valid(outcome[listed], role[listed] == "test", valid_fraction, time_bins, derived, sites)
        refuse_bare_parts(roles, outcome, f"the published split, with {valid_fraction:g} kept for validation")
        return roles

    @property
    def words(self) -> str:
        """What did not fit, for the log."""
        return f"as published; {self.strangers} listed patients are not in the cohort, {self.left_out} of the cohort are not in every fold"


def published_roles(split: PublishedSplit, registry: pd.DataFrame, published: str | Path | None, *, folds: int, repeats: int) -> Published:
    """The folds of ``split`` over the patients of ``registry``, which is indexed by source id, in its order.

    ``published`` is the fetched source: a table, or the inventory of a folder of tables, a fold each. Raises StageRefusal for a column
    that is not there, for another number of folds than ``repeats`` times ``folds``, and where no id is of the cohort.
    """
    listed = [_of_column(split, registry)] if split.source is None else [_of_table(split, table) for table in _tables(split, published)]
    if len(listed) != folds * repeats:
        raise StageRefusal(
            f"split: {len(listed)} published folds, the config asks for {folds * repeats} ({folds} folds x {repeats} repeats); "
            f"set splits: {{folds: {len(listed)}, repeats: 1}}"
        )
    labels = [f"r{place // folds + 1}f{place % folds + 1}" for place in range(len(listed))]
    return _over_cohort(dict(zip(labels, listed, strict=True)), registry)


def _tables(split: PublishedSplit, published: str | Path) -> list[tuple[Path, TableSource]]:
    """Each fold's table, in the order of the files' names, in which 10 comes after 9."""
    if split.source.kind == "table":
        return [(Path(published), split.source)]
    folder = read_inventory(published)
    names = sorted(folder.files["path"], key=lambda name: [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)])
    for name in names:
        folder.read(name)  # refused if it was altered since
    return [
        (folder.path(name), TableSource(kind="table", path=f"split file {place}{Path(name).suffix}")) for place, name in enumerate(names, 1)
    ]


def _of_table(split: PublishedSplit, table: tuple[Path, TableSource]) -> pd.DataFrame:
    rows = read_source(*table)
    columns = {"train": split.train, "valid": split.valid, "test": split.test}
    absent = [column for column in columns.values() if column is not None and column not in rows.column_names]
    if absent:
        raise StageRefusal(
            f"{table[1].path}: there is no column {absent}; its columns are {rows.column_names}: correct train, valid or test"
        )
    parts = {role: pd.Series(rows[column].to_pylist(), dtype=object) for role, column in columns.items() if column is not None}
    listed = pd.concat([pd.DataFrame({"id": ids.dropna().astype(str).str.strip(), "role": role}) for role, ids in parts.items()])
    return listed[listed["id"] != ""].drop_duplicates()


def _of_column(split: PublishedSplit, registry: pd.DataFrame) -> pd.DataFrame:
    values = {value: role for role, value in (("train", split.train), ("valid", split.valid), ("test", split.test)) if value is not None}
    role = registry["published_role"].map(values).dropna()
    return pd.DataFrame({"id": role.index, "role": role.to_numpy()})


def _over_cohort(listed: Mapping[str, pd.DataFrame], registry: pd.DataFrame) -> Published:
    roles, doubled, strangers, left_out = {}, [], set(), np.zeros(len(registry), dtype=bool)
    for label, rows in listed.items():
        place = registry.index.get_indexer(rows["id"])
        strangers |= {*rows.loc[place < 0, "id"]}
        known = pd.DataFrame({"place": place, "role": rows["role"]})[place >= 0]
        roles[label] = np.full(len(registry), "", dtype=object)
        for role in ("train", "valid", "test"):  # the last wins: who is tested must not train
            roles[label][known.loc[known["role"] == role, "place"]] = role
        left_out |= roles[label] == ""
        lost = known[known["role"].to_numpy() != roles[label][known["place"]]]
        doubled.append(pd.DataFrame({"fold": label, "patient_id": registry["patient_id"].to_numpy()[lost["place"]], "role": lost["role"]}))
        if not len(known):
            raise StageRefusal(
                f"split: in fold {label} not one of {len(rows)} listed patients is in the cohort; compare ids, columns and values"
            )
    return Published(roles, pd.concat(doubled), len(strangers), int(left_out.sum()))
