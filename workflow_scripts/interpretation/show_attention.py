"""Show where a family looks in the images of a few test patients of the first repeat."""

import pandas as pd

from workflow_scripts.lib.config.report import ReportConfig
from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.explanations import ATTENTION, BRANCH_RISKS
from workflow_scripts.lib.contracts.files import check_bundle
from workflow_scripts.lib.contracts.radiomics import STANDARDISED
from workflow_scripts.lib.evaluate.figures.attention import attention_page, looks_of
from workflow_scripts.lib.evaluate.figures.pages import write_page
from workflow_scripts.lib.evaluate.style import name_of
from workflow_scripts.lib.provenance.job import run_job


def main(standardised, pictures, attention, branch_risks, page, cfg: ReportConfig, cohort, family, folds) -> str:
    """Write the page; as many patients as ``cfg.examples`` allows, three at most."""
    seen, risks = (
        pd.concat([read_table(path, contract).assign(fold=fold) for fold, path in zip(folds, paths, strict=True)])
        for paths, contract in ((attention, ATTENTION), (branch_risks, BRANCH_RISKS))
    )
    looks = looks_of(seen, risks, read_table(standardised, STANDARDISED), check_bundle(pictures), cfg.examples)
    write_page(page, attention_page(cohort, name_of(family), looks))
    return f"{len(looks)} patients shown in full"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
