"""Bring cleaned reports into one structure, by rules or by a language model; say whose could not be, and why."""

from pathlib import Path

from workflow_scripts.lib.config.reports import ReportsStageConfig
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.ingest import REFUSALS
from workflow_scripts.lib.contracts.reports import CLEANED_REPORTS, ENGINE_CALLS, REFINED_REPORTS
from workflow_scripts.lib.ingest.members import refuse_if_strict
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.reports.cache import Answers
from workflow_scripts.lib.reports.engines import make_engine
from workflow_scripts.lib.reports.fields import load_fields
from workflow_scripts.lib.reports.refining import load_refine_template, refine_with_model, refine_with_rules, said_of, tables


def main(cleaned, fields, template, refined, calls, refusals, cfg: ReportsStageConfig, cache, strict: bool, threads: int) -> str:
    """Write ``refined``, the outcome of each call, and ``refusals``; answers of a model are kept in ``cache``, which stays."""
    reports, engine = read_table(cleaned, CLEANED_REPORTS), make_engine(cfg, threads)
    texts = list(reports["text"])
    if engine is None:
        answers, done = None, refine_with_rules(texts)
    else:
        words = load_refine_template(template)
        answers = Answers(engine, Path(cache), words.label)
        done = refine_with_model(texts, answers, words, load_fields(fields).root, cfg.longest_report)
    rows, counted, refused = tables(reports, done)
    refuse_if_strict(refused, strict)
    write_table(rows, refined, REFINED_REPORTS)
    write_table(counted, calls, ENGINE_CALLS)
    write_table(refused, refusals, REFUSALS)
    return said_of(counted, answers)


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
