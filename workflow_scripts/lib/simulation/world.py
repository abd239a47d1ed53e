"""The world as files, raw as a hospital's would be, and the truth beside them."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from PIL import Image

from workflow_scripts.lib.config.simulation import PARTS, SimulatedSource
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.oracle import ORACLE, ORACLE_FILE
from workflow_scripts.lib.simulation import covariates, expression, images, reports, visits
from workflow_scripts.lib.simulation.blocks import Block, blocks
from workflow_scripts.lib.simulation.truth import SHAPE, FollowUp, follow, scale_days, weighted
from workflow_scripts.lib.survival.seeds import derive_seed

MODULES: dict[str, Any] = {"covariates": covariates, "expression": expression, "images": images, "reports": reports, "visits": visits}


@dataclass(frozen=True)
class World:
    """The truth of n patients: what each part adds to the log-hazard (n,), the ``site`` (n,), and the follow-up."""

    cfg: SimulatedSource
    added: dict[str, np.ndarray]
    site: np.ndarray
    seen: FollowUp

    @property
    def log_hazard(self) -> np.ndarray:
        """The sum of the parts (n,)."""
        return sum(self.added.values())

    def blocks(self) -> Iterator[Block]:
        """All patients, block by block."""
        return blocks(self.cfg.seed, self.cfg.patients)

    def shown(self, part: str) -> Iterator[tuple[Block, pd.DataFrame, np.ndarray]]:
        """Block by block: the facts of the patients who have this part, and where in the block they stand."""
        for block in self.blocks():
            there = np.flatnonzero(block.rng(part, "missing").random(len(block)) >= self.cfg.missing)
            yield block, _facts(part, block).iloc[there].reset_index(drop=True), there


def draw_world(cfg: SimulatedSource) -> World:
    """The truth of all patients; where a part is left out or weighs nothing, what it adds is 0."""
    weights = cfg.weights.model_dump()
    nothing = np.zeros(cfg.patients)
    added = {part: weighted(_effects(part, cfg), weights[part]) if part in cfg.parts else nothing for part in PARTS}
    size = 1 / np.sqrt(np.arange(1, cfg.sites + 1))  # hospitals differ in size
    site = np.random.default_rng(derive_seed(cfg.seed, "sites")).choice(cfg.sites, cfg.patients, p=size / size.sum())
    return World(cfg, added, site, follow(sum(added.values()), site, cfg.censored, cfg.seed))


def write_world(folder: Path, world: World) -> dict[str, int]:
    """Write every part of the world, and ``oracle.parquet``, into ``folder``; how many rows or files each part has."""
    writers: dict[str, Callable[[Path, World], int]] = {
        "covariates": _write_patients,
        "expression": _write_expression,
        "images": _write_images,
        "reports": _write_reports,
        "visits": _write_visits,
    }
    written = {part: writers[part](folder, world) for part in PARTS if part in world.cfg.parts}
    _write_oracle(folder, world)
    return written


def _facts(part: str, block: Block) -> pd.DataFrame:
    return MODULES[part].draw(block.rng(part, "facts"), len(block))


def _effects(part: str, cfg: SimulatedSource) -> np.ndarray:
    effect = partial(images.effect, hazard=cfg.image_hazard) if part == "images" else MODULES[part].effect
    return np.concatenate([effect(_facts(part, block)) for block in blocks(cfg.seed, cfg.patients)])


def _write_patients(folder: Path, world: World) -> int:
    tables = (
        covariates.table(block, _facts("covariates", block), world.site[block.rows], world.seen[block.rows], world.cfg.missing)
        for block in world.blocks()
    )
    return _stream(folder / "patients.csv", tables)


def _write_expression(folder: Path, world: World) -> int:
    shown = world.shown("expression")
    tables = (rows for block, facts, there in shown for rows in expression.tables(block, facts, block.ids[there], world.cfg.genes))
    return _stream(folder / "expression.parquet", tables)


def _write_visits(folder: Path, world: World) -> int:
    def tables() -> Iterator[pa.Table]:
        for block, facts, there in world.shown("visits"):
            seen = world.seen[block.rows][there]
            yield visits.table(block, facts, block.ids[there], covariates.index_dates(seen), seen.days)

    return _stream(folder / "visits.csv", tables())


def _write_reports(folder: Path, world: World) -> int:
    count = 0
    with open(folder / "reports.jsonl", "w", encoding="utf-8") as stream:
        for block, facts, there in world.shown("reports"):
            texts = zip(block.ids[there].tolist(), reports.texts(block, facts), strict=True)
            stream.writelines(json.dumps({"patient": patient, "text": text}) + "\n" for patient, text in texts)
            count += len(facts)
    return count


def _write_images(folder: Path, world: World) -> int:
    """Images and masks, and the listing that says whose they are; the first study stands for the patient."""
    for kind in ("images", "masks"):
        (folder / kind).mkdir()
    listed = [
        {"file": file, "patient": patient, "study": study, "view": "PA"}
        for block, facts, there in world.shown("images")
        for patient, study, file in _save_images(folder, block, facts, there, world.cfg.image_side)
    ]
    listing = pa.table({name: [row[name] for row in listed] for name in ("file", "patient", "study", "view")})
    return _stream(folder / "images.csv", iter([listing]))


def _save_images(folder: Path, block: Block, facts: pd.DataFrame, there: np.ndarray, side: int) -> Iterator[tuple[str, int, str]]:
    rng, again = block.rng("images", "shown"), block.rng("images", "again")
    pictures = images.render(rng, facts, side)
    for patient, repeated, first in zip(block.ids[there].tolist(), facts["repeated"], pictures, strict=True):
        studies = [first, images.taken_again(again, *first)] if repeated else [first]
        for study, (picture, mask) in enumerate(studies, start=1):
            Image.fromarray(picture).save(folder / "images" / f"{patient}_{study}.png")
            Image.fromarray(mask).save(folder / "masks" / f"{patient}_{study}_mask.png")
            yield patient, study, f"{patient}_{study}.png"


def _write_oracle(folder: Path, world: World) -> None:
    rows = pd.DataFrame({"patient": np.concatenate([block.ids for block in world.blocks()]), "log_hazard": world.log_hazard, **world.added})
    write_table(rows.assign(shape=SHAPE, scale_days=scale_days(world.log_hazard)), folder / ORACLE_FILE, ORACLE)


def _stream(path: Path, tables: Iterator[pa.Table]) -> int:
    """Write tables of one schema, one after another; how many rows they have."""
    first = next(tables)
    if path.suffix == ".csv":
        plain = pyarrow.csv.WriteOptions(quoting_style="none")
        writer = pyarrow.csv.CSVWriter(path, first.schema, write_options=plain)
    else:
        writer = pq.ParquetWriter(path, first.schema, compression="zstd")
    count = 0
    with closing(writer):
        for rows in chain([first], tables):
            writer.write_table(rows)
            count += rows.num_rows
    return count
