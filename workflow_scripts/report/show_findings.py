"""What the leakage audit found, and what is accepted for which reason, as a page to read."""

from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.leakage import FINDINGS
from workflow_scripts.lib.evaluate.figures.findings import findings_page
from workflow_scripts.lib.evaluate.figures.pages import write_page
from workflow_scripts.lib.provenance.job import run_job


def main(findings, page, cohort, notes) -> str:
    """Write the page of one cohort; ``notes`` are sentences on how it was analysed that a reader must not miss."""
    found = read_table(findings, FINDINGS)
    write_page(page, findings_page(found, cohort, notes))
    return f"{len(found)} findings, {found['accepted'].sum()} accepted"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
