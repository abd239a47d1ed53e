"""Compute the radiomic features of every patch of one shard's images; images that were computed before are taken from the cache."""

from pathlib import Path

import pandas as pd

from workflow_scripts.lib.config.radiomics import RadiomicsConfig
from workflow_scripts.lib.contracts.base import read_table, write_pieces, write_table
from workflow_scripts.lib.contracts.ingest import REFUSALS
from workflow_scripts.lib.contracts.radiomics import STANDARDISED, patch_features_contract
from workflow_scripts.lib.ingest.members import refuse_if_strict
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.radiomics.extract import Extractor, in_shard
from workflow_scripts.lib.radiomics.settings import load_settings


def main(
    standardised,
    bundle,
    settings,
    patch_features,
    refusals,
    cfg: RadiomicsConfig,
    cache,
    patch: int,
    shard,
    strict: bool,
    threads: int,
    code,
) -> str:
    """Write the features of one ``shard`` of the ``bundle``, and ``refusals``; the ``cache`` is shared by all, and stays."""
    everybody = read_table(standardised, STANDARDISED)
    images = in_shard(everybody, int(shard), cfg.shards)
    extractor = Extractor(Path(bundle).parent, Path(cache), load_settings(settings), cfg, patch, threads, code)
    contract = patch_features_contract(extractor.names, int(everybody["side"].iloc[0]) // patch)
    written = write_pieces(extractor.pieces(images, contract), patch_features, contract)
    refused = pd.DataFrame(extractor.refused, columns=["patient_id", "reason"], dtype=object)
    refuse_if_strict(refused, strict)
    write_table(refused, refusals, REFUSALS)
    return f"{len(extractor.names)} features of {written} images, {extractor.computed} of them new; {len(refused)} refusals"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821
