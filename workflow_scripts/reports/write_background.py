"""Write what is known of a cohort's cancer: which features indicate high risk, and which low, modality by modality."""

from collections.abc import Sequence
from pathlib import Path

from workflow_scripts.lib.config.reports import ReportsStageConfig
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.reports import BACKGROUND_KNOWLEDGE
from workflow_scripts.lib.errors import ConfigError
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.reports.background import load_background_template, shipped, written
from workflow_scripts.lib.reports.cache import Answers
from workflow_scripts.lib.reports.engines import make_engine


def main(template, knowledge: Sequence[str], background, cfg: ReportsStageConfig, cache, cancer: str | None, threads: int) -> str:
    """Write ``background``, for rules from the shipped ``knowledge``; answers of a model are kept in ``cache``, which stays."""
    if cancer is None:
        raise ConfigError("cancer: the cohort's file does not say which cancer its patients have; add a line such as cancer: breast cancer")
    engine = make_engine(cfg, threads)
    if engine is None:
        rows = shipped(knowledge, cancer)
    else:
        words = load_background_template(template)
        rows = written(Answers(engine, Path(cache), f"{words.id} v{words.version}"), words, cancer)
    write_table(rows, background, BACKGROUND_KNOWLEDGE)
    return f"{cancer}: {len(rows)} modalities, {', '.join(str(len(text.split())) for text in rows['text'])} words"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
