"""Let the proposed folds pass, once nothing stands that would make results false."""

from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.leakage import FINDINGS
from workflow_scripts.lib.contracts.splits import FOLDS
from workflow_scripts.lib.leakage.findings import refuse_standing, summary
from workflow_scripts.lib.provenance.job import run_job


def main(proposed_folds, findings, folds) -> str:
    """Write ``folds``, the proposal as it is; raises StageRefusal naming every finding of level error that is not accepted."""
    found = read_table(findings, FINDINGS)
    refuse_standing(found)
    write_table(read_table(proposed_folds, FOLDS), folds, FOLDS)
    return f"admitted: {summary(found)}"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
