"""Seal a finished run: prove the chain, write ledger, edges, manifest and crate, add a line to the run index."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from workflow_scripts.lib.audit.crate import write_crate
from workflow_scripts.lib.audit.index import append_run
from workflow_scripts.lib.audit.page import trail_page
from workflow_scripts.lib.audit.seal import edges_of, ledger_of, manifest_of, sealed, write_manifest
from workflow_scripts.lib.contracts.audit import EDGES, LEDGER
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.evaluate.figures.pages import write_page
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.provenance.sidecar import LOCK, git_state


def main(targets, ledger, edges, manifest, crate, page, settings, code_root) -> str:
    """Seal what ``targets`` rest on; ``settings`` are the configuration files of the run, ``code_root`` is where the Snakefile stands."""
    here, code = Path(), Path(code_root)
    run = sealed(here, targets)
    write_table(ledger_of(here, run, targets), ledger, LEDGER)
    write_table(edges_of(run), edges, EDGES)
    write_page(page, trail_page(run, targets, _example(targets)))
    kept = {name: code / name for name in ("Snakefile", LOCK)} | {name.replace("..", "up"): here / name for name in settings}
    write_crate(crate, run, targets, kept)
    digests = manifest_of(here, run, [ledger, edges, crate, page, *settings])
    write_manifest(manifest, digests)
    number = append_run(here, {"moment": datetime.now(UTC).isoformat(timespec="seconds"), "artifacts": len(run), "git": git_state(code)})
    return f"run {number}: {len(run)} artifacts, {len(digests)} files sealed"


def _example(targets) -> dict[str, str]:
    board = next((path for path in targets if Path(path).name == "leaderboard.parquet"), None)
    return pd.read_parquet(board, columns=["cohort", "family"]).iloc[0].to_dict() if board else {"cohort": "…", "family": "…"}


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
