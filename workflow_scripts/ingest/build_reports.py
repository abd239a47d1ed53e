"""Turn reports into one text per patient without identifiers; say who has none and why."""

from collections.abc import Sequence

import pandas as pd

from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.cohort import PatientsConfig
from workflow_scripts.lib.config.modalities.reports import ReportsConfig
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.ingest import REFUSALS
from workflow_scripts.lib.contracts.modalities import REPORTS
from workflow_scripts.lib.ingest.identifiers import load_lexicon
from workflow_scripts.lib.ingest.members import read_members, refuse_if_strict
from workflow_scripts.lib.ingest.patients.joining import read_tables
from workflow_scripts.lib.ingest.texts.documents import read_documents
from workflow_scripts.lib.ingest.texts.reports import build, own_values, sort_documents
from workflow_scripts.lib.provenance.job import run_job


def main(source: str, registry: str, known: Sequence[str], lexicon: str, reports: str, refusals: str, cfg: ReportsConfig, patients) -> str:
    """Write ``reports`` and ``refusals``; identifiers in ``known``, the cohort's own tables as ``patients`` maps them, are cut out."""
    mapping, words, members = parse(PatientsConfig, patients, "patients"), load_lexicon(lexicon), read_members(registry)
    found = sort_documents(read_documents(source, cfg), members)
    own = own_values(read_tables(known, mapping), mapping, members, found.usable, words)
    rows, refused = build(found, own, cfg, words, mapping.identifiers.dates)
    refuse_if_strict(refused, mapping.strict)
    write_table(rows, reports, REPORTS)
    write_table(pd.concat([refused, members.refusals()]), refusals, REFUSALS)
    said = f"{len(rows)} patients have a report, {refused['patient_id'].nunique()} refused, {rows['replaced'].sum()} identifiers replaced"
    return f"{said}; {len(members.strangers)} ids are not the cohort's, {found.nobody} documents name nobody"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
