"""The patients table: age, stage, a tumour marker and treatment carry hazard; sex, smoking and haemoglobin do not."""

import numpy as np
import pandas as pd
import pyarrow as pa

from workflow_scripts.lib.simulation.blocks import Block
from workflow_scripts.lib.simulation.truth import FollowUp

CLOSURE = np.datetime64("2019-12-31")
STAGES = ("IA", "IB", "II", "IIIA")
SMOKING = ("never", "former", "current")


def draw(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Facts of n patients, as they are written down; who has a high stage is more often treated."""
    stage = rng.choice(len(STAGES), n, p=[0.35, 0.25, 0.25, 0.15])
    return pd.DataFrame(
        {
            "age": np.clip(np.rint(rng.normal(67, 9, n)), 35, 92).astype(int),
            "sex": rng.integers(0, 2, n),
            "stage": stage,
            "marker": np.round(np.exp(rng.normal(np.log(3.5), 0.8, n)), 1) + 0.1,
            "haemoglobin": np.round(rng.normal(13.2, 1.5, n), 1),
            "smoking": rng.choice(len(SMOKING), n, p=[0.15, 0.55, 0.3]),
            "treated": rng.random(n) < 0.2 + 0.15 * stage,
        }
    )


def effect(facts: pd.DataFrame) -> np.ndarray:
    """What the covariates add to the log-hazard (n,), before it is scaled; treatment takes away."""
    marker = np.log2(facts["marker"] / 3.5)
    return (0.035 * (facts["age"] - 67) + 0.35 * facts["stage"] + 0.25 * marker - 0.6 * facts["treated"]).to_numpy()


def table(block: Block, facts: pd.DataFrame, site: np.ndarray, seen: FollowUp, missing: float) -> pa.Table:
    """Rows as a hospital would export them, with codes and with cells that are missing whoever the patient is."""
    rng = block.rng("covariates", "shown")
    gone = rng.random((2, len(block)))
    marker = np.where(gone[0] < missing, "N/A", facts["marker"].map("{:.1f}".format))
    smoking = np.where(gone[1] < missing / 2, "?", np.array(SMOKING)[facts["smoking"]])
    return pa.table(
        {
            "patient": block.ids,
            "hospital": pa.array(np.char.add("H", np.char.zfill((site + 1).astype(str), 3))),
            "surgery_date": pa.array(index_dates(seen)),
            "age": facts["age"].to_numpy(),
            "sex": np.array(["F", "M"])[facts["sex"]],
            "clinical_stage": np.array(STAGES)[facts["stage"]],
            "cea": marker,
            "haemoglobin": facts["haemoglobin"].map("{:.1f}".format).to_numpy(),
            "smoking": smoking,
            "adjuvant": np.where(facts["treated"], "Y", "N"),
            "followup_days": seen.days,
            "vital_status": np.where(seen.event, "DECEASED", "LIVING"),
        }
    )


def index_dates(seen: FollowUp) -> np.ndarray:
    """Dates of surgery (n,): as long before the study's end as the closure of each patient's follow-up says."""
    return CLOSURE - seen.closure_days.astype("timedelta64[D]")
