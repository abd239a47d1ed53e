"""A marker planted in test patients, extreme in every covariate and in the outcome, changes no fitted byte in any stage."""

import json

import numpy as np
import pytest

from tests.world import FOLD, SEED, cohort, roles, staged
from workflow_scripts.lib.config.splits import SplitsConfig
from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.cases import CASES
from workflow_scripts.lib.contracts.files import sha256_of
from workflow_scripts.lib.contracts.ingest import Cohort
from workflow_scripts.lib.contracts.prompts import PROMPTS
from workflow_scripts.lib.training.inputs import family_at
from workflow_scripts.splits import fit_time_grid
from workflow_scripts.student import fit_student

MARKER = "planted"
FAMILIES = {
    "workflow_scripts/lib/families/cox.py": {"penalties": [1.0, 10.0], "inner_folds": 2},
    "workflow_scripts/lib/families/coxnet.py": {"penalties": 5, "inner_folds": 2},
    "workflow_scripts/lib/families/cox_multimodal.py": {"penalties": [1.0, 10.0], "inner_folds": 2},
    "workflow_scripts/lib/families/random_forest.py": {"trees": 5},
    "workflow_scripts/lib/families/boosting.py": {"trees": 5},
    "workflow_scripts/lib/families/deepsurv.py": {"steps": 10, "width": 8},
    "workflow_scripts/lib/families/multimodal_llm/__init__.py": {
        "steps": 4,
        "validate_every": 2,
        "batch_size": 16,
        "max_tokens": 256,
        "encoders": {"steps": 10},
        "tiny": {"width": 16, "heads": 2, "layers": 1, "word_pieces": 300},
    },
    "workflow_scripts/lib/families/bertsurv/__init__.py": {"steps": 5, "tiny": {"width": 16}, "max_tokens": 24},
    "workflow_scripts/lib/families/cox_distilled.py": {
        "steps": 4,
        "validate_every": 2,
        "batch_size": 16,
        "tiny": {"width": 16, "heads": 2, "layers": 1},
    },
}


def planted(patients: Cohort) -> Cohort:
    """Test patients with covariates, times and events that no other patient has."""
    rows = patients.rows.copy()
    test = rows.index.isin(roles().query("role == 'test'")["patient_id"])
    rows.loc[test, ["age", "size"]] = 987654.0
    rows.loc[test, ["grade", "site"]] = MARKER
    rows.loc[test, "days"] = 99999.0
    rows.loc[test, "event"] = ~rows.loc[test, "event"]
    return Cohort(rows, patients.covariates)


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The stages of the cohort as it is, and of the same with the marker."""
    return [staged(tmp_path_factory.mktemp(name), patients) for name, patients in (("plain", cohort()), ("planted", planted(cohort())))]


def test_the_marker_is_there(both):
    assert both[0].inputs["patients"].read_bytes() != both[1].inputs["patients"].read_bytes()
    test = read_table(both[1].prompts, PROMPTS).query("role == 'test'")
    assert test["prompt"].str.contains(MARKER).all()


def test_no_time_grid_changes(both, tmp_path):
    grids = []
    for number, stages in enumerate(both):
        path = tmp_path / f"{number}.parquet"
        fit_time_grid.main(stages.inputs["patients"], stages.inputs["folds"], path, SplitsConfig(folds=2, intervals=5))
        grids.append(path.read_bytes())
    assert grids[0] == grids[1]


def test_no_teacher_changes(both):
    """Nor what it says of training patients, which the manifest covers too."""
    assert both[0].teacher.read_bytes() == both[1].teacher.read_bytes()


def test_no_case_of_a_training_or_validation_patient_changes(both):
    plain, marked = (read_table(stages.cases, CASES).query("role != 'test'") for stages in both)
    assert (plain["copy"] > 0).any()
    for column in plain:
        assert np.array_equal(plain[column].map(str), marked[column].map(str)), column


def test_no_prompt_of_a_training_or_validation_patient_changes(both):
    plain, marked = (read_table(stages.prompts, PROMPTS).query("role != 'test'") for stages in both)
    assert len(plain) > len(cohort())
    for column in plain:
        assert np.array_equal(plain[column].map(str), marked[column].map(str)), column


@pytest.mark.parametrize("module", FAMILIES)
def test_no_family_changes(both, tmp_path, module):
    """Weights, tokenizer, scalers, the map from numbers to risks, and baselines: all are in the bundle."""
    made = []
    for number, stages in enumerate(both):
        bundle = tmp_path / str(number) / "bundle" / "MANIFEST.json"
        tables = {name: getattr(stages, name) for name in family_at(module).Config.model_validate(FAMILIES[module]).tables}
        history = tmp_path / str(number) / "history.parquet"
        fit_student.main(
            **stages.inputs, bundle=bundle, history=history, cfg=FAMILIES[module], fold=FOLD, seed=SEED, module=module, code="", **tables
        )
        made.append(json.loads(bundle.read_text(encoding="utf-8")))
        assert made[-1]
        assert all(sha256_of(bundle.parent / name) == digest for name, digest in made[-1].items())
    assert made[0] == made[1]
