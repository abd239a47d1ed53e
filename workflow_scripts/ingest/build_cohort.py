"""Turn a raw source into one row per patient, every column named, typed and in stated units; say who was left out and why."""

from workflow_scripts.lib.config.cohort import MappingConfig
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.ingest import PATIENTS, REFUSALS
from workflow_scripts.lib.ingest.mapping import covariates_of, map_patients, summary
from workflow_scripts.lib.ingest.reading import read_source
from workflow_scripts.lib.provenance.job import run_job


def main(source: str, patients: str, refusals: str, cfg: MappingConfig) -> str:
    """Write ``patients`` and ``refusals`` from the raw ``source``."""
    table = read_source(source, cfg.source)
    rows, refused = map_patients(table, cfg)
    write_table(rows, patients, PATIENTS.extended([covariate.as_field() for covariate in covariates_of(cfg)]))
    write_table(refused, refusals, REFUSALS)
    return summary(table, cfg, rows, refused)


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
