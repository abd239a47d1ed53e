"""Turn tables of codes into MEDS events before each patient's index date; say whose codes were left out and why."""

from pathlib import Path
from tempfile import TemporaryDirectory

from workflow_scripts.lib.config.modalities.visits import VisitsConfig
from workflow_scripts.lib.contracts.base import write_pieces, write_table
from workflow_scripts.lib.contracts.ingest import REFUSALS
from workflow_scripts.lib.contracts.modalities import VISITS
from workflow_scripts.lib.ingest.members import refuse_if_strict
from workflow_scripts.lib.ingest.visits.events import buckets_for, collect, events, raw_tables, summary
from workflow_scripts.lib.ingest.visits.subjects import Subjects
from workflow_scripts.lib.provenance.job import run_job


def main(tables: list[str], registry: str, visits: str, refusals: str, cfg: VisitsConfig, strict: bool) -> str:
    """Write ``visits`` and ``refusals`` from the raw ``tables``, in the order of their sources' names, and the ``registry``."""
    raw, subjects = raw_tables(tables, cfg), Subjects(registry, cfg.event_is_death)
    folder = Path(visits).parent
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, prefix=".visits.") as scratch:
        buckets = buckets_for(raw, subjects, Path(scratch))
        counts = collect(raw, subjects, buckets)
        refuse_if_strict(subjects.refusals(), strict)
        written = write_pieces(events(buckets, subjects), visits, VISITS)
    write_table(subjects.refusals(), refusals, REFUSALS)
    return summary(written, counts, subjects, buckets)


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
