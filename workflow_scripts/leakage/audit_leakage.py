"""Look for what would make results false, before any model trains, and count who came how far."""

from workflow_scripts.lib.config.cohort import LeakageConfig
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.leakage import FINDINGS, FLOW
from workflow_scripts.lib.leakage.audit import audit
from workflow_scripts.lib.leakage.evidence import read_evidence
from workflow_scripts.lib.leakage.findings import judged, summary
from workflow_scripts.lib.leakage.flow import flow_of
from workflow_scripts.lib.provenance.job import run_job


def main(
    patients, registry, refusals, proposed_folds, findings, flow, cfg: LeakageConfig, known_after, grouped, endpoint,
    expression=None, expression_refusals=None, reports=None, reports_refusals=None, images=None, images_refusals=None,
    slides=None, slides_refusals=None, visits=None, visits_refusals=None, pictures=None,
) -> str:  # fmt: skip
    """Write ``findings`` and ``flow``; ``known_after`` are covariates declared so, ``grouped`` asks for folds of whole sites.

    ``pictures`` is the manifest of the folder that the images are in.
    """
    tables = {"expression": expression, "reports": reports, "images": images, "slides": slides, "visits": visits}
    evidence = read_evidence(patients, registry, proposed_folds, tables, known_after, grouped, endpoint, pictures)
    found = judged(audit(evidence), cfg.accepted)
    write_table(found, findings, FINDINGS)
    refused = {
        "expression": expression_refusals, "reports": reports_refusals, "images": images_refusals,
        "slides": slides_refusals, "visits": visits_refusals,
    }  # fmt: skip
    write_table(flow_of(evidence, refusals, refused), flow, FLOW)
    return (
        f"{len(evidence)} patients, {len(evidence.cohort.covariates)} covariates, {len(evidence.modalities)} modalities: {summary(found)}"
    )


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
