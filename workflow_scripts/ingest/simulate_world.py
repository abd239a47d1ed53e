"""Make a cohort whose truth is known: raw files of every modality, and the oracle beside them."""

from workflow_scripts.lib.config.simulation import SimulatedSource
from workflow_scripts.lib.contracts.files import bundle_folder
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.simulation.world import draw_world, write_world


def main(world: str, cfg: SimulatedSource) -> str:
    """Write the files of the world and ``world``, their manifest."""
    truth = draw_world(cfg)
    with bundle_folder(world) as folder:
        written = write_world(folder, truth)
    rows = ", ".join(f"{part} {count}" for part, count in written.items())
    return f"{cfg.patients} patients, {truth.seen.event.sum()} events; rows: {rows}"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
