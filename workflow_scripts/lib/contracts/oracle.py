"""The truth of a simulated world, and how the other stages read it."""

from pathlib import Path

import pandas as pd

from workflow_scripts.lib.config.simulation import PARTS
from workflow_scripts.lib.contracts.base import NUMBER, STRING, Contract, Field, read_table
from workflow_scripts.lib.contracts.files import check_bundle
from workflow_scripts.lib.errors import ContractError

ORACLE_FILE = "oracle.parquet"

ORACLE = Contract(
    "oracle",
    (
        Field("patient", STRING, "the patient, as the world's files name patients"),
        Field("log_hazard", NUMBER, "the sum of what the parts add to the log-hazard"),
        *(Field(part, NUMBER, f"what {part} add to the log-hazard; 0 where that part is left out or weighs nothing") for part in PARTS),
        Field("shape", NUMBER, "Weibull shape: survival is exp(-((days / scale_days) ** shape))"),
        Field("scale_days", NUMBER, "Weibull scale of this patient", "days"),
    ),
    key=("patient",),
    checks=(("log_hazard is the sum of the parts", lambda rows: (rows["log_hazard"] - rows[list(PARTS)].sum(axis=1)).abs() < 1e-9),),
)


def read_oracle(world: str | Path) -> pd.DataFrame:
    """The truth, indexed by patient, from the MANIFEST.json of an unaltered world; raises ContractError where a file was altered."""
    return read_table(check_bundle(world) / ORACLE_FILE, ORACLE).set_index("patient")


def truth_of(world: str | Path, source_ids: pd.Series) -> pd.DataFrame:
    """The truth of these patients (n,), in their order; raises ContractError where the world has not all of them."""
    truth = read_oracle(world)
    strange = int((~source_ids.isin(truth.index)).sum())
    if strange:
        raise ContractError(f"{strange} of {len(source_ids)} patients are not in the world; rebuild the cohort from this world")
    return truth.loc[source_ids]
