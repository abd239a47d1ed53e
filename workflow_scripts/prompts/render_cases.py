"""Put every patient of a fold into words and numbers, with what a multimodal teacher says; training patients also as mixed copies."""

import numpy as np

from workflow_scripts.lib.config.cases import CasesConfig
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.cases import CASES, LANGUAGE
from workflow_scripts.lib.contracts.ingest import read_cohort
from workflow_scripts.lib.contracts.splits import read_grid, read_roles
from workflow_scripts.lib.contracts.tables import read_tables
from workflow_scripts.lib.contracts.teacher import TEACHER_ANSWERS
from workflow_scripts.lib.prompts.casebook import Casebook, Sources
from workflow_scripts.lib.prompts.prognosis import load_case_template
from workflow_scripts.lib.prompts.speaking import let_speak
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.survival.seeds import derive_seed


def main(patients, folds, time_grid, template, cases, cfg: CasesConfig, cohort, known, fold, seed, answers=None, **tables) -> str:
    """Write the cases of one fold, for a family that is told what is ``known``: modalities, joined by hyphens.

    Where there are ``answers`` of a language model, it speaks as the teacher for whom it has one.
    """
    sources = Sources(read_cohort(patients), read_tables(tables), cfg.text, "covariates" in known.split("-"))
    seed = derive_seed(seed, "cases", fold)
    book = Casebook(sources, read_roles(folds, fold), read_grid(time_grid, fold), load_case_template(template), cfg, cohort, seed)
    rows = book.write(np.random.default_rng(derive_seed(seed, "copies"))).assign(fold=fold)
    said = None if answers is None else read_table(answers, TEACHER_ANSWERS)
    rows = let_speak(rows, said, book.template, book.grid, cfg.language.curve)
    write_table(rows, cases, CASES)
    own, heard = rows["copy"] == 0, (rows["speaker"] == LANGUAGE).sum()
    told = f"{len(rows)} cases, {int((~own).sum())} of them mixed, {int(rows['has_report'].sum())} with a report"
    return told if said is None else f"{told}; a language model speaks of {heard} patients, the embedded teacher of {own.sum() - heard}"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
