"""Seal a run: ledger, edges, crate, page and manifest of everything that it made, and a line in the run index."""

from pathlib import Path

from workflow_scripts.lib.audit.seal import gather, write_seal
from workflow_scripts.lib.audit.trail import read_trail
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.provenance.sidecar import note


def main(targets, ledger, edges, crate, trail, manifest, config) -> str:
    """Write the seal of all that ``targets`` rest on; ``config`` are the configuration's files."""
    found = read_trail(Path(manifest).parents[1])
    sealed = gather(found, targets, config)
    run = write_seal(sealed, ledger=ledger, edges=edges, crate=crate, trail=trail, manifest=manifest)
    note(sealing=run["sha256"])  # in sidecars, so that no line can be added to the run index or taken from its end
    left = len(found.artifacts) + len(found.faults) - len(sealed.names)
    return f"sealing {run['number']}: {len(sealed.names)} artifacts, {len(sealed.reachable)} that targets rest on, {left} left out"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
