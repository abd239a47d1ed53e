"""The importable library; knows nothing of Snakemake."""
