"""Turn raw tables into one row per patient, every column named, typed and in stated units; say who was left out and why."""

from collections.abc import Sequence

from workflow_scripts.lib.config.cohort import PatientsConfig
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.ingest import PATIENTS, REFUSALS
from workflow_scripts.lib.contracts.registry import REGISTRY
from workflow_scripts.lib.ingest.identifiers import load_lexicon, refuse_identifiers
from workflow_scripts.lib.ingest.patients.dealing import permuted_labels, pseudonymous
from workflow_scripts.lib.ingest.patients.joining import read_tables
from workflow_scripts.lib.ingest.patients.mapping import covariates_of, map_patients
from workflow_scripts.lib.ingest.patients.summary import summary
from workflow_scripts.lib.provenance.job import run_job


def main(
    source: str,
    lexicon: str,
    patients: str,
    registry: str,
    refusals: str,
    cfg: PatientsConfig,
    control: str,
    published: str | None,
    seed: int,
    tables: Sequence[str] = (),
) -> str:
    """Write ``patients``, ``registry`` and ``refusals`` from the raw ``source`` and further ``tables``, in the order of their names."""
    raw = read_tables([source, *tables], cfg)
    refuse_identifiers(raw, cfg.covariates, cfg.identifiers.columns, load_lexicon(lexicon))
    found = map_patients(raw, cfg, published)
    found = pseudonymous(found, seed) if cfg.identifiers.pseudonyms else found
    found = permuted_labels(found, seed) if control == "permuted_labels" else found
    write_table(found.rows, patients, PATIENTS.extended([covariate.as_field() for covariate in covariates_of(cfg)]))
    write_table(found.registry, registry, REGISTRY)
    write_table(found.refusals, refusals, REFUSALS)
    return summary(raw, cfg, found, published)


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
