"""The three simulations in numbers beside what was published, as a table and as a page to read."""

from workflow_scripts.lib.attention.page import simulations_page
from workflow_scripts.lib.attention.summary import read_published, summary
from workflow_scripts.lib.contracts.attention import ATTENTION_MASS, PRUNING, RECOVERY, SIMULATIONS
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.evaluate.figures.pages import write_page
from workflow_scripts.lib.provenance.job import run_job


def main(attention_mass, recovery, pruning, published, simulations, page, backgrounds) -> str:
    """Write ``simulations`` and its ``page``; ``pruning`` has a table for each of ``backgrounds``."""
    known = read_published(published)
    pruned = {name: read_table(path, PRUNING) for name, path in zip(backgrounds, pruning, strict=True)}
    found = summary(read_table(attention_mass, ATTENTION_MASS), read_table(recovery, RECOVERY), pruned, known)
    write_table(found, simulations, SIMULATIONS)
    write_page(page, simulations_page(found, known))
    return f"{len(found)} numbers, {found['published'].notna().sum()} of them published"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
