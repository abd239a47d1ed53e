"""What is known of a cancer: shipped, with its sources, or written by a language model."""

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from pydantic import Field

from workflow_scripts.lib.config.base import Section, parse, read_yaml
from workflow_scripts.lib.errors import ConfigError, StageRefusal, did_you_mean
from workflow_scripts.lib.reports.cache import Answers, kinds
from workflow_scripts.lib.reports.engines.base import as_data, spoken

FOLDERS = re.compile(r"(?<!\S)/\S*/")  # where a server keeps its model is of this machine
COLUMNS = ["modality", "text", "source"]


class Passage(Section):
    """What one modality shows."""

    text: str
    sources: list[str] = Field(min_length=1, description="keys of resources/references.bib")


class Knowledge(Section):
    """`resources/knowledge/<cancer>.yaml`."""

    cancer: str = Field(description="the name that a cohort's `cancer` has")
    pathology: Passage
    expression: Passage
    radiology: Passage
    clinical: Passage


class BackgroundTemplate(Section):
    """`resources/reports/background.yaml`."""

    id: str
    version: int = Field(ge=1, description="to be raised with every change of wording")
    question: str = Field(description="with {features} and {cancer}")
    modalities: dict[str, str] = Field(min_length=1, description="the features of each modality, in words")


def shipped(paths: Sequence[str | Path], cancer: str) -> pd.DataFrame:
    """Rows of BACKGROUND_KNOWLEDGE; raises ConfigError, with what to do, where none ships for ``cancer``."""
    files = [parse(Knowledge, read_yaml(path), str(path)) for path in paths]
    by_name = {found.cancer.casefold(): found for found in files}
    known = by_name.get(cancer.strip().casefold())
    if known is None:
        raise ConfigError(
            f"cancer: no knowledge of '{cancer}' ships; {did_you_mean(cancer, [found.cancer for found in files])} "
            "Write resources/knowledge/NAME.yaml in the way of the others, or set reports.engine to transformers or openai"
        )
    passages = {name: getattr(known, name) for name in Knowledge.model_fields if name != "cancer"}
    rows = [(name, passage.text.strip(), f"shipped: {', '.join(passage.sources)}") for name, passage in passages.items()]
    return pd.DataFrame(rows, columns=COLUMNS)


def load_background_template(path: str | Path) -> BackgroundTemplate:
    """Read and check the template; raises ConfigError."""
    return parse(BackgroundTemplate, read_yaml(path), str(path))


def written(answers: Answers, template: BackgroundTemplate, cancer: str) -> pd.DataFrame:
    """Rows of BACKGROUND_KNOWLEDGE as a model writes them; raises StageRefusal where one of them is not answered."""
    questions = [template.question.format(features=features, cancer=as_data(cancer)) for features in template.modalities.values()]
    replies = answers.to([({"role": "user", "content": question},) for question in questions], "background")
    if failures := [reply.failure for reply in replies if reply.failure]:
        raise StageRefusal(f"{answers.engine.name}: background knowledge was not written: {kinds(failures)}; run again")
    texts = [spoken(reply.text).encode("utf-8", "replace").decode() for reply in replies]
    if empty := [name for name, text in zip(template.modalities, texts, strict=True) if not text]:
        raise StageRefusal(f"{answers.engine.name}: nothing but thoughts on {', '.join(empty)}; raise reports.max_answer_tokens")
    return pd.DataFrame(
        {"modality": list(template.modalities), "text": texts, "source": FOLDERS.sub("", answers.engine.name)}, columns=COLUMNS
    )
