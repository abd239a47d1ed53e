"""The script that states what is known of a simulated cohort."""

import numpy as np
import pandas as pd
import pytest

from tests.registry import registry_of
from tests.simulation.worlds import truth, written
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.predictions import PREDICTIONS
from workflow_scripts.lib.contracts.registry import REGISTRY
from workflow_scripts.lib.contracts.splits import FOLDS, TIME_GRID
from workflow_scripts.lib.errors import ContractError
from workflow_scripts.teacher import state_oracle

EDGES = [0.0, 400.0, 1500.0]


@pytest.fixture(scope="module")
def staged(tmp_path_factory):
    """A world of which one patient was refused; the others are renumbered, as pseudonyms are."""
    folder = tmp_path_factory.mktemp("oracle")
    world = written(folder, patients=30, parts=["covariates", "visits"])
    source_ids = truth(world).index[1:]
    patient_ids = [f"p{number:02}" for number in range(len(source_ids))][::-1]
    write_table(registry_of(patient_ids, source_id=list(source_ids)), folder / "registry", REGISTRY)
    roles = np.array(["train", "valid", "test"])[np.arange(29) % 3]
    folds = pd.concat([pd.DataFrame({"fold": fold, "patient_id": patient_ids, "role": roles}) for fold in ("r1f1", "r1f2")])
    write_table(folds, folder / "folds", FOLDS)
    write_table(pd.DataFrame({"fold": "r1f2", "index": range(3), "days": EDGES}), folder / "grid", TIME_GRID)
    return folder, world, dict(zip(patient_ids, source_ids, strict=True)), dict(zip(patient_ids, roles, strict=True))


def stated(staged) -> tuple[str, pd.DataFrame]:
    folder, world, *_ = staged
    said = state_oracle.main(world, folder / "registry", folder / "folds", folder / "grid", folder / "oracle", "r1f2")
    return said, read_table(folder / "oracle", PREDICTIONS)


def test_everybody_of_the_fold_gets_the_truth_under_the_patients_own_id(staged):
    _, world, source_id, role = staged
    said, rows = stated(staged)
    known = truth(world).loc[rows["patient_id"].map(source_id)]
    assert said == f"29 patients, standard deviation of the log-hazard {known['log_hazard'].std():.2f}"
    assert dict(zip(rows["patient_id"], rows["role"], strict=True)) == role
    assert set(rows["fold"]) == {"r1f2"}
    assert set(rows["output"]) == {"truth"}
    assert rows["log_risk"].to_numpy() == pytest.approx(known["log_hazard"].to_numpy())
    curves = np.stack(rows["survival"])
    assert curves == pytest.approx(np.exp(-np.outer(np.exp(known["log_hazard"]), (np.array(EDGES[1:]) / 1500) ** 1.2)))


def test_an_altered_truth_is_refused(staged, tmp_path):
    folder, *_ = staged
    world = written(tmp_path, patients=30, parts=["covariates"])
    (world.parent / "oracle.parquet").write_bytes((folder / "folds").read_bytes())
    with pytest.raises(ContractError, match=r"oracle\.parquet missing or altered"):
        state_oracle.main(world, folder / "registry", folder / "folds", folder / "grid", folder / "oracle", "r1f2")


def test_a_patient_whom_the_world_does_not_know_is_refused(staged, tmp_path):
    folder, *_ = staged
    world = written(tmp_path, patients=20, parts=["covariates"])
    with pytest.raises(ContractError, match="10 of 29 patients are not in the world"):
        state_oracle.main(world, folder / "registry", folder / "folds", folder / "grid", folder / "oracle", "r1f2")
