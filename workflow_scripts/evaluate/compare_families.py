"""Compare the families of a cohort, paired on the same resamples of the same held-out patients."""

from workflow_scripts.lib.config.evaluate import EvaluateConfig
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.evaluate import COMPARISONS, REPLICATES
from workflow_scripts.lib.evaluate.comparing import TEACHER, Contender, compare, pairs_of
from workflow_scripts.lib.provenance.job import run_job


def main(replicates, comparisons, cfg: EvaluateConfig, families, cohort) -> str:
    """Write comparisons; ``replicates`` are those of ``families``, by name in that order, and then the teacher's."""
    tables = [read_table(path, REPLICATES) for path in replicates]
    contenders = [Contender(name, **family) for name, family in families.items()]
    pairs = pairs_of(contenders, cfg.references)
    rows = compare(dict(zip([*families, TEACHER], tables, strict=True)), pairs, cohort)
    write_table(rows, comparisons, COMPARISONS)
    return f"{len(pairs)} pairs; {int((rows['p_value'] < 0.05).sum())} of {len(rows)} differences with p < 0.05"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
