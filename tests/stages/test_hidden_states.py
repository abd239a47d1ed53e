"""From a fitted language model to hidden states, what they know, and the pages about its patients."""

import numpy as np
import pytest

from tests.world import FOLD, GRID, SEED, WORDS, Stages, cohort, roles, staged
from workflow_scripts.figures import plot_hidden_states, probe_hidden_states
from workflow_scripts.lib.config.report import ReportConfig
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.evaluate import HIDDEN_STATE_PROBE
from workflow_scripts.lib.contracts.prompts import PROMPTS
from workflow_scripts.lib.contracts.student import HIDDEN_STATES
from workflow_scripts.lib.contracts.teacher import TEACHER_CURVES
from workflow_scripts.lib.training.bundle import load_bundle
from workflow_scripts.lib.training.inputs import family_at, read_fold
from workflow_scripts.report import show_prompts, show_proportional_hazards
from workflow_scripts.student import embed_patients, fit_student, predict_student

MODULE = "workflow_scripts/lib/families/cox_distilled.py"
SETTINGS = {"steps": 3, "tiny": {"layers": 1, "width": 16, "heads": 2, "word_pieces": 300}, "batch_size": 16, "max_tokens": 128}
CFG = ReportConfig(examples=4, neighbours=3)


@pytest.fixture(scope="module")
def stages(tmp_path_factory) -> Stages:
    """The cohort with a fitted and embedded student."""
    made = staged(tmp_path_factory.mktemp("hidden"), cohort())
    bundle = made.root / "bundle" / "MANIFEST.json"
    fit_student.main(
        **made.inputs, bundle=bundle, history=made.root / "history.parquet", cfg=SETTINGS, fold=FOLD, seed=SEED, module=MODULE,
        code="digest", prompts=made.prompts,
    )  # fmt: skip
    common = {**made.inputs, "bundle": bundle, "cfg": SETTINGS, "fold": FOLD, "module": MODULE, "prompts": made.prompts}
    predict_student.main(predictions=made.root / "predictions.parquet", **common)
    embed_patients.main(hidden_states=made.root / "hidden_states.parquet", **common)
    return made


def states_of(stages: Stages, weights: str) -> dict[str, np.ndarray]:
    rows = read_table(stages.root / "hidden_states.parquet", HIDDEN_STATES)
    return {row.patient_id: np.array(row.state) for row in rows[rows["weights"] == weights].itertuples()}


def test_every_patient_has_a_state_before_and_after_training(stages):
    rows = read_table(stages.root / "hidden_states.parquet", HIDDEN_STATES)
    for weights in ("trained", "untrained"):
        mine = rows[rows["weights"] == weights].set_index("patient_id")
        assert mine["role"].to_dict() == roles().set_index("patient_id")["role"].to_dict()
        assert set(mine["state"].str.len()) == {16}
    before, after = states_of(stages, "untrained"), states_of(stages, "trained")
    assert all(np.abs(after[patient] - before[patient]).max() > 1e-3 for patient in before)


def test_a_state_belongs_to_its_patient(stages):
    """Each patient alone, without padding, has the state that it has among all others."""
    family = family_at(MODULE)
    cfg = family.Config(**SETTINGS)
    bundle = load_bundle(stages.root / "bundle" / "MANIFEST.json", family, cfg)
    data = read_fold(**stages.inputs, fold=FOLD, tables={"prompts": stages.prompts}).own()
    chosen = family.examples(data, cfg, bundle.state)
    together = states_of(stages, "trained")
    for place in (0, 17, 101):
        alone = bundle.model.embed(family.collate(chosen, np.array([place])))[0]
        assert together[data.roles["patient_id"][chosen.patient[place]]] == pytest.approx(alone, abs=1e-5)


def test_probe_is_of_test_patients_and_finds_a_risk_that_is_there(stages):
    """Trained states replaced by the risk itself: both numbers are 1; training patients, given nonsense, play no part."""
    curves = read_table(stages.root / "teacher_curves.parquet", TEACHER_CURVES, {"output": "cox"}).set_index("patient_id")
    rows = read_table(stages.root / "hidden_states.parquet", HIDDEN_STATES)
    known = (rows["weights"] == "trained") & (rows["role"] == "test")
    rows["state"] = [[curves.loc[one, "log_risk"]] if knows else [0.0] for one, knows in zip(rows["patient_id"], known, strict=True)]
    write_table(rows, stages.root / "planted.parquet", HIDDEN_STATES)
    paths = [stages.root / "planted.parquet"], [stages.root / "teacher_curves.parquet"], stages.root / "planted_probe.parquet"
    probe_hidden_states.main(*paths, CFG, [FOLD], "cox", SEED)
    found = read_table(paths[-1], HIDDEN_STATE_PROBE).set_index(["weights", "metric"])
    assert found.loc[("trained", "probe_r2"), "value"] > 0.99
    assert found.loc[("trained", "neighbour_spearman"), "value"] > 0.9
    assert found.loc[("untrained", "probe_r2"), "value"] < 0.05
    assert set(found["n_patients"]) == {(roles()["role"] == "test").sum()}


def test_hidden_states_are_drawn_with_the_numbers_of_the_probe(stages):
    states, curves, probe = (stages.root / f"{name}.parquet" for name in ("hidden_states", "teacher_curves", "probe"))
    probe_hidden_states.main([states], [curves], probe, CFG, [FOLD], "cox", SEED)
    for name in "ab":
        plot_hidden_states.main(states, curves, probe, stages.root / f"{name}.svg", CFG, FOLD, "cox")
    drawn = (stages.root / "a.svg").read_bytes()
    assert drawn == (stages.root / "b.svg").read_bytes()
    value = read_table(probe, HIDDEN_STATE_PROBE).set_index(["weights", "metric"]).loc[("trained", "probe_r2"), "value"]
    assert f"linear probe R² {value:.2f}".replace("-", "−") in drawn.decode()


def test_prompts_of_test_patients_are_shown_and_of_no_others(stages):
    tables = [stages.inputs["time_grid"], *(stages.root / f"{name}.parquet" for name in ("prompts", "predictions", "teacher_curves"))]
    said = show_prompts.main(*tables, stages.root / "prompts.html", CFG, "small", "cox_distilled", FOLD, "cox", WORDS["horizon_days"])
    assert said == "4 patients shown in full"
    page = (stages.root / "prompts.html").read_text(encoding="utf-8")
    own = read_table(stages.prompts, PROMPTS)
    shown = {text for text in own["prompt"] if f"<pre>{text}</pre>" in page}
    assert shown <= set(own.loc[own["role"] == "test", "prompt"])
    assert page.count("<pre>") == 4
    assert GRID.edges[-1] > WORDS["horizon_days"][1]
    assert page.count("event-free at 1 year<") == page.count("event-free at 2 years<") == 4


def test_proportional_hazards_are_told_in_words(stages):
    show_proportional_hazards.main(
        stages.inputs["patients"], [stages.root / "proportional_hazards.parquet"], stages.root / "hazards.html", "small"
    )
    page = (stages.root / "hazards.html").read_text(encoding="utf-8")
    assert "tumour size: missing" in page
    assert "grade: II" in page
    assert "grade=" not in page
