"""Ask a language model, zero-shot, how every patient will fare, from what was known on the first day; say what its answers came to."""

from pathlib import Path

from workflow_scripts.lib.config.cases import LanguageTeacherConfig
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.ingest import read_cohort
from workflow_scripts.lib.contracts.tables import read_tables
from workflow_scripts.lib.contracts.teacher import TEACHER_ANSWERS
from workflow_scripts.lib.errors import ConfigError
from workflow_scripts.lib.prompts.asking import Asker, load_ask_template, said_of, tell
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.reports.cache import Answers
from workflow_scripts.lib.reports.engines import make_engine
from workflow_scripts.lib.reports.findings import read_of


def main(patients, template, answers, cfg: LanguageTeacherConfig, cohort, known: str, text, cache, threads: int, **tables) -> str:
    """Write ``answers`` on all patients, each told of by what is ``known``: modalities, joined by hyphens; a model's stay in ``cache``.

    Nothing is fitted, so that no fold is needed. Raises ConfigError where the config names no model.
    """
    engine, words, people = make_engine(cfg, threads), load_ask_template(template), read_cohort(patients)
    if engine is None:
        raise ConfigError("cases.language.engine: with rules nobody is asked; set it to transformers or openai")
    covariates = people.covariates if "covariates" in known.split("-") else ()
    told = tell(people.values[[one.name for one in covariates]], covariates, read_of(read_tables(tables), text), words)
    kept = Answers(engine, Path(cache), words.label)
    rows = Asker(words, cfg, **cohort).ask(told, list(people.rows.index), kept)
    write_table(rows, answers, TEACHER_ANSWERS)
    return said_of(rows, kept)


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
