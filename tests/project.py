"""A copy of the project with a small cohort of its own, and the real snakemake to run in it."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

ROOT = Path(__file__).parents[1]
PARTS = ("Snakefile", "slurm", "rules", "workflow_scripts", "config", "resources", "profiles", "envs")
CONFIG = {
    "seed": 7,
    "cohorts": ["ward"],
    "splits": {"folds": 2, "intervals": 6},
    "teacher": {
        "cox": {"penalties": [1.0, 10.0], "inner_folds": 2},
        "random_forest": {"trees": 10},
        "boosting": {"trees": 10},
        "crossfit_folds": 2,
    },
    "prompts": {"augmented": 400},
    "student": {
        "families": {
            "cox": {"penalties": [1.0, 10.0], "inner_folds": 2},
            "cox_distilled": {"steps": 12, "validate_every": 6, "batch_size": 32, "tiny": {"width": 16, "heads": 2, "layers": 1}},
        }
    },
    "evaluate": {"bootstrap": 20},
    "report": {"tsne_perplexity": 5.0},
}
# Of the ward's first patient, in columns that nothing maps, and in the patient's report.
PLANTED = {"surname": "Quillfeather", "ssn": "987-65-4321", "street": "12 Wisteria Lane", "email": "q.feather@example.org"}
COHORT = {
    "description": "A made-up ward.",
    "subject": "patient",
    "endpoint": "death",
    "source": {"kind": "table", "path": "data/ward.csv"},
    "patient_id": "id",
    "time": {"column": "months", "unit": "months"},
    "event": {"column": "status", "seen": ["dead"], "censored": ["alive"]},
    "covariates": {
        "age": {"kind": "numeric", "label": "age", "unit": "years"},
        "stage": {"kind": "categorical", "label": "stage", "levels": {"1": "early", "2": "late"}},
    },
    "missing": ["", "?"],
    "horizon_days": [365, 730],
    "reports": {"source": {"kind": "table", "path": "data/letters.csv"}, "patient": {"column": "id"}, "text": "letter"},
}


def ward(n: int = 90, seed: int = 0) -> pd.DataFrame:
    """``n`` made-up patients whose hazard rises with age and stage."""
    rng = np.random.default_rng(seed)
    age, stage = rng.integers(40, 90, n), rng.integers(1, 3, n)
    months = rng.exponential(40 / np.exp((age - 65) / 20 + (stage - 1.5))) + 0.5
    seen = rng.exponential(60, n) + 0.5
    status = np.where(months <= seen, "dead", "alive")
    rows = {"id": [f"p{i:03d}" for i in range(n)], "months": np.minimum(months, seen).round(2), "status": status}
    rows |= {"age": [str(value) for value in age], "stage": stage}
    table = pd.DataFrame(rows)
    table.loc[::10, "age"] = "?"
    for name, value in PLANTED.items():
        table[name] = [value, *(f"{name} of {i}" for i in range(1, n))]
    return table


def letters(n: int = 90) -> pd.DataFrame:
    """A letter about each of the ward's patients, the first with everything that identifies the patient."""
    said = " ".join(PLANTED.values())
    texts = [f"Seen today, somewhat better than at visit {i}, walks {3 * i} steps." for i in range(n)]
    texts[0] += f" {said}, known as {PLANTED['surname'].upper()}; MRN: 0048213, seen 03/17/2011."
    return pd.DataFrame({"id": [f"p{i:03d}" for i in range(n)], "letter": texts})


@dataclass(frozen=True)
class Project:
    """A project folder."""

    folder: Path

    def snakemake(self, *words: str) -> subprocess.CompletedProcess:
        """Run snakemake in the folder, with what it prints kept."""
        command = [str(Path(sys.executable).parent / "snakemake"), "--cores", "2", *words]
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHONPATH"))}
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)

    def run(self, *words: str) -> None:
        """Run, and insist that it works."""
        done = self.snakemake(*words)
        assert done.returncode == 0, done.stdout + done.stderr

    def planned(self) -> Counter:
        """Rule by rule, how many jobs a run would have."""
        done = self.snakemake("--dry-run")
        assert done.returncode == 0, done.stdout + done.stderr
        rules = re.findall(r"^(?:local)?rule (\w+):$", done.stdout + done.stderr, re.MULTILINE)
        return Counter(rule for rule in rules if rule != "all")

    def write(self, path: str, value: Any) -> None:
        """Write a YAML file."""
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(yaml.safe_dump(value, sort_keys=False), encoding="utf-8")

    def configure(self, **changes: Any) -> None:
        """Write config/config.yaml: the small default with ``changes`` to its sections."""
        self.write("config/config.yaml", merged(CONFIG, changes))

    def replace(self, path: str, old: str, new: str) -> None:
        """Edit a file; ``old`` must be there."""
        text = (self.folder / path).read_text(encoding="utf-8")
        assert old in text
        (self.folder / path).write_text(text.replace(old, new, 1), encoding="utf-8")

    def copy(self, to: Path) -> "Project":
        """A copy with results, Snakemake's memory and all dates."""
        shutil.copytree(self.folder, to, symlinks=True)
        return Project(to)


def merged(base: dict, changes: dict) -> dict:
    """``base`` with ``changes`` merged in, dictionaries within dictionaries."""
    inner = {key: merged(base[key], value) for key, value in changes.items() if isinstance(value, dict) and isinstance(base.get(key), dict)}
    return {**base, **changes, **inner}


def new_project(folder: Path) -> Project:
    """The project's files in ``folder``, the small config and the cohort ``ward``."""
    folder.mkdir(parents=True)
    for part in PARTS:
        source = ROOT / part
        if source.is_symlink():
            (folder / part).symlink_to(source.readlink())
        elif source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / part)
    project = Project(folder)
    project.configure()
    project.write("config/cohorts/ward.yaml", COHORT)
    (folder / "data").mkdir()
    ward().to_csv(folder / "data/ward.csv", index=False)
    letters().to_csv(folder / "data/letters.csv", index=False)
    return project
