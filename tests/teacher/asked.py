"""A language model that answers about every patient as a known law says, and the script that asks it."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd

from tests.project import ROOT
from tests.reports.loopback import Sent, saying
from tests.world import WORDS, Stages
from workflow_scripts.lib.config.cases import LanguageTeacherConfig
from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.teacher import TEACHER_ANSWERS
from workflow_scripts.teacher import ask_teacher

TEMPLATE = ROOT / "resources/prompts/ask_teacher.yaml"
TOLD = "covariates-reports"  # genes have no words
WHY = "An age of {age} years decides."


def rate_of(age: float) -> float:
    """Events per day."""
    return np.exp(0.05 * (age - 60)) / 1000


def told_in(body: dict) -> str:
    """What a question tells of the patient."""
    return body["messages"][0]["content"].split("\n<patient>\n")[1].split("\n</patient>\n")[0]


def prophet(body: dict, number: int) -> Sent:
    """A model that knows the law: survival falls exponentially, the faster the older."""
    (age,) = re.findall(r"\bage (\d+) years", told_in(body))
    stated = {str(days): float(np.exp(-rate_of(float(age)) * days)) for days in WORDS["horizon_days"]}
    return saying(json.dumps({"probabilities": stated, "rationale": WHY.format(age=age)}))


def settings(url: str, **changes: object) -> LanguageTeacherConfig:
    """A config that asks the server at ``url``."""
    server = {"url": url, "model": "m", "retries": 0, "timeout_seconds": 20.0, **changes.pop("server", {})}
    return LanguageTeacherConfig(engine="openai", server=server, **changes)


def ask(folder: Path, stages: Stages, cfg: LanguageTeacherConfig, known: str = TOLD, text: str = "refined", **tables: Path):
    """What the script says, and its table."""
    if not tables and "reports" in known:
        tables = {"refined_reports": stages.refined_reports} | ({"reports": stages.reports} if text == "raw" else {})
    made = {"answers": folder / "answers.parquet", "cache": folder / "cache"}
    how = {"cfg": cfg, "cohort": WORDS, "known": known, "text": text, "threads": 1}
    said = ask_teacher.main(stages.inputs["patients"], TEMPLATE, **made, **how, **tables)
    return said, read_table(made["answers"], TEACHER_ANSWERS).set_index("patient_id")


def of(answers: pd.DataFrame, outcome: str) -> list[str]:
    """The patients with this outcome."""
    return list(answers.index[answers["outcome"] == outcome])
