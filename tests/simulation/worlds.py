"""Small simulated worlds, written once."""

import json
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pandas as pd

from workflow_scripts.ingest import simulate_world
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.simulation import SimulatedSource
from workflow_scripts.lib.contracts.oracle import read_oracle


def settings(**changes: Any) -> SimulatedSource:
    """A world of 400 patients with small images, some settings replaced."""
    return parse(SimulatedSource, {"kind": "simulated", "patients": 400, "image_side": 64, "genes": 60, **changes}, "source")


def written(folder: Path, **changes: Any) -> Path:
    """The manifest of a world written into ``folder``."""
    simulate_world.main(folder / "world" / "MANIFEST.json", settings(**changes))
    return folder / "world" / "MANIFEST.json"


@cache
def whole() -> Path:
    """The manifest of a world with every part."""
    return written(Path(mkdtemp()))


def patients(manifest: Path) -> pd.DataFrame:
    """The raw patients table, every cell as it stands, by patient."""
    return pd.read_csv(manifest.parent / "patients.csv", dtype=str, keep_default_na=False).set_index("patient")


def table(manifest: Path, name: str) -> pd.DataFrame:
    """A raw CSV of the world, every cell as it stands."""
    return pd.read_csv(manifest.parent / name, dtype=str, keep_default_na=False)


def reports(manifest: Path) -> pd.DataFrame:
    """The raw reports."""
    lines = (manifest.parent / "reports.jsonl").read_text(encoding="utf-8").splitlines()
    return pd.DataFrame([json.loads(line) for line in lines], columns=["patient", "text"])


def truth(manifest: Path) -> pd.DataFrame:
    """The oracle's table, by patient."""
    return read_oracle(manifest)
