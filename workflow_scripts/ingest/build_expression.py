"""Turn a matrix of gene expression into one vector per patient, on a stated scale; say who has none and why."""

import pandas as pd

from workflow_scripts.lib.config.modalities.expression import ExpressionConfig
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.ingest import REFUSALS
from workflow_scripts.lib.contracts.modalities import expression_contract
from workflow_scripts.lib.ingest.expression import read_samples, unit_of, vectors
from workflow_scripts.lib.ingest.members import read_members, refuse_if_strict
from workflow_scripts.lib.provenance.job import run_job


def main(source: str, registry: str, expression: str, refusals: str, cfg: ExpressionConfig, strict: bool) -> str:
    """Write ``expression`` and ``refusals`` from the raw ``source`` and the ``registry``."""
    members, samples = read_members(registry), read_samples(source, cfg)
    rows, refused = vectors(samples, members, cfg)
    refuse_if_strict(refused, strict)
    write_table(rows, expression, expression_contract(samples.genes, unit_of(cfg)))
    write_table(pd.concat([refused, members.refusals()]), refusals, REFUSALS)
    said = f"{len(rows)} patients with {len(samples.genes)} genes, {refused['patient_id'].nunique()} refused"
    return f"{said}; {len(members.strangers)} of {len(samples.names)} samples are not of the cohort's patients"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
