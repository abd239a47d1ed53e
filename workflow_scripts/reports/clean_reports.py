"""Take out of every report what scanning and printing put in; say who has nothing left."""

from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.ingest import REFUSALS
from workflow_scripts.lib.contracts.modalities import REPORTS
from workflow_scripts.lib.contracts.reports import CLEANED_REPORTS
from workflow_scripts.lib.ingest.members import refuse_if_strict
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.reports.cleaning import clean_table


def main(reports, cleaned, refusals, strict: bool) -> str:
    """Write ``cleaned`` reports, and ``refusals`` of those of which nothing is left."""
    rows, refused = clean_table(read_table(reports, REPORTS))
    refuse_if_strict(refused, strict)
    write_table(rows, cleaned, CLEANED_REPORTS)
    write_table(refused, refusals, REFUSALS)
    return f"{len(rows)} reports cleaned of {rows['removed'].sum()} characters; {len(refused)} refused"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
