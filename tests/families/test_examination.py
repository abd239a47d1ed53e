"""The one examination that every family has to pass."""

from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
import torch

from tests.architecture.tree import CODE
from tests.world import FOLD, SEED, Stages, cohort, fold_of, roles, staged
from workflow_scripts.lib.config.families.multimodal_llm import EncoderConfig
from workflow_scripts.lib.config.student import Family
from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.ingest import Cohort
from workflow_scripts.lib.contracts.student import HISTORY
from workflow_scripts.lib.training.bundle import Bundle, load_bundle, save_bundle
from workflow_scripts.lib.training.data import FoldData
from workflow_scripts.lib.training.fit import fit_family
from workflow_scripts.lib.training.inputs import family_at, read_fold
from workflow_scripts.lib.training.loop import Trainer
from workflow_scripts.lib.training.losses import weighted_loss
from workflow_scripts.lib.training.optimiser import Optimiser
from workflow_scripts.student import fit_student

CONFIGS = {config.model_fields["family"].default: config for config in get_args(get_args(Family)[0])}
SHORT = {"steps": 12, "validate_every": 5, "checkpoint_every": 5}
SETTINGS: dict[str, dict[str, Any]] = {
    "cox_distilled": {**SHORT, "tiny": {"layers": 1, "width": 16, "heads": 2, "word_pieces": 300}, "batch_size": 16, "max_tokens": 128},
    "multimodal_llm": {
        **SHORT,
        "tiny": {"layers": 1, "width": 16, "heads": 2, "word_pieces": 300},
        "encoders": {"steps": 20},
        "batch_size": 40,
        "max_tokens": 256,
    },
    "deepsurv": {**SHORT, "width": 8, "batch_size": 32},
    "radiomics_vit": {
        **SHORT,
        "tiny": {"layers": 1, "width": 16, "heads": 2},
        "groups": 2,
        "group_width": 4,
        "contrast_width": 8,
        "batch_size": 40,
        "fewest_events": 4,
    },
    "bertsurv": {
        **SHORT,
        "tiny": {"layers": 1, "width": 16, "heads": 2, "word_pieces": 300},
        "genes": {"components": 4},
        "max_tokens": 24,
        "width": 8,
        "batch_size": 40,
    },
    "random_forest": {"trees": 5},
    "boosting": {"trees": 5},
    "cox": {"inner_folds": 2},
    "cox_multimodal": {"inner_folds": 2, "genes": {"components": 4}, "words": {"components": 4}},
    "coxnet": {"inner_folds": 2, "penalties": 10},
}
TRAINED = ["bertsurv", "cox_distilled", "deepsurv", "multimodal_llm", "radiomics_vit"]  # by gradient descent


class Killed(Exception):
    """What a scheduler does to a job."""


@dataclass(frozen=True)
class Candidate:
    """A family with small settings."""

    name: str

    @property
    def path(self) -> str:
        found = [path for path in (CODE / f"lib/families/{self.name}.py", CODE / f"lib/families/{self.name}/__init__.py") if path.is_file()]
        return str(found[0].relative_to(CODE.parent))

    @property
    def family(self) -> ModuleType:
        return family_at(self.path)

    @property
    def cfg(self) -> Any:
        return CONFIGS[self.name].model_validate(SETTINGS[self.name])

    def tables(self, stages: Stages) -> dict[str, Path | list[Path]]:
        return {name: getattr(stages, name) for name in self.cfg.tables}

    def data(self, stages: Stages) -> FoldData:
        return read_fold(**stages.inputs, fold=FOLD, tables=self.tables(stages))

    def fit(self, stages: Stages, folder: Path, seed: int = SEED) -> Path:
        """Run the script; returns the manifest, which has a digest of every file of the bundle."""
        manifest = folder / "bundle" / "MANIFEST.json"
        fit_student.main(
            **stages.inputs,
            bundle=manifest,
            history=folder / "history.parquet",
            cfg=self.cfg.model_dump(),
            fold=FOLD,
            seed=seed,
            module=self.path,
            code="digest",
            **self.tables(stages),
        )
        return manifest

    def load(self, manifest: Path) -> Bundle:
        return load_bundle(manifest, self.family, self.cfg)


@pytest.fixture(scope="module", params=CONFIGS)
def candidate(request) -> Candidate:
    return Candidate(request.param)


@pytest.fixture(scope="module", params=TRAINED)
def learner(request) -> Candidate:
    return Candidate(request.param)


@pytest.fixture(scope="module")
def fitted(stages, tmp_path_factory):
    """By family, the manifest of its bundle; each is fitted once."""
    done: dict[str, Path] = {}

    def fit(candidate: Candidate) -> Path:
        if candidate.name not in done:
            done[candidate.name] = candidate.fit(stages, tmp_path_factory.mktemp(candidate.name))
        return done[candidate.name]

    return fit


def test_the_list_in_the_config_is_the_list_of_families():
    there = {path.stem for path in (CODE / "lib/families").iterdir() if path.name not in ("__init__.py", "__pycache__")}
    assert there == set(CONFIGS) == set(SETTINGS)
    assert there == {path.stem for path in (CODE / "lib/config/families").glob("*.py")} - {"__init__"}


def test_a_family_is_its_five_names(candidate):
    assert set(candidate.family.__all__) - {"settle"} == {"Config", "fit_state", "examples", "collate", "model"}
    assert (
        candidate.family.Config is CONFIGS[candidate.name] is import_module(f"workflow_scripts.lib.config.families.{candidate.name}").Config
    )


def test_one_prognosis_per_patient(candidate, stages, fitted):
    data = candidate.data(stages)
    said = candidate.load(fitted(candidate)).answers(data)
    assert tuple(said) == candidate.cfg.outputs
    for answer in said.values():
        assert answer.log_risk.shape == (len(data.cohort),)
        assert answer.survival.shape == (len(data.cohort), len(data.grid))
        assert np.all((answer.survival >= 0) & (answer.survival <= 1))
        assert np.all(np.diff(answer.survival, axis=1) <= 1e-12)
    main = said[candidate.cfg.outputs[0]].log_risk
    assert np.isfinite(main).all()
    assert len(np.unique(main)) > 5


def test_every_trainable_parameter_gets_a_gradient(candidate, stages):
    family, cfg, train = candidate.family, candidate.cfg, candidate.data(stages).only("train")
    state = family.fit_state(candidate.data(stages).only("train", "valid"), cfg, 1)
    model = family.model(cfg, state)
    assert model.trainable == (candidate.name in TRAINED)
    if not model.trainable:
        return
    parameters = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert parameters
    shown = family.examples(train, cfg, state)
    batch = family.collate(shown, np.arange(len(shown)))
    weighted_loss(cfg.objective, model(batch), batch)[0].backward()
    assert not [name for name, parameter in parameters.items() if parameter.grad is None or not parameter.grad.any()]


OVERFIT: dict[str, dict[str, Any]] = {
    "deepsurv": {"steps": 100, "dropout": 0.0, "weight_decay": 0.0, "learning_rate": 0.03},
    "radiomics_vit": {
        "steps": 150,
        "dropout": 0.0,
        "weight_decay": 0.0,
        "learning_rate": 0.01,
        "objective": {"cox_sum": 1.0},
        "fewest_events": 1,
        "shift": 0.0,
        "gain": 0.0,
    },
    "bertsurv": {"steps": 60, "dropout": 0.0, "weight_decay": 0.0, "learning_rate": 0.02, "fewest_events": 1},
    "cox_distilled": {"steps": 60, "tiny": {"layers": 1, "width": 32, "heads": 2, "word_pieces": 300}, "learning_rate": 0.02},
    "multimodal_llm": {
        "steps": 200,
        "tiny": {"layers": 2, "width": 32, "heads": 2, "word_pieces": 300},
        "learning_rate": 0.02,
        "objective": {"likelihood": 1.0, "line": 1.0, "rationale": 1.0},
        "encoders": {"dropout": 0.0},
    },
}
WRITES = {"cox_distilled": ("generated", "prompts"), "multimodal_llm": ("verbal", "cases")}  # by output, and what has what it is to write
SETTLED = {"weight"}  # chosen on validation patients


def test_it_overfits_eight_patients(learner, stages, tmp_path):
    """A log-risk ranks them without a fault, hazards place every event, a language model writes what its teacher would have."""
    family = learner.family
    cfg = CONFIGS[learner.name].model_validate({**SETTINGS[learner.name], "validate_every": 20, "patience": 50, **OVERFIT[learner.name]})
    everybody = learner.data(stages).own()
    chosen = everybody.roles["patient_id"][everybody.cohort.rows["event"].to_numpy()][:8]
    eight = replace(
        everybody, roles=everybody.roles.assign(role=np.where(everybody.roles["patient_id"].isin(chosen), "train", "test"))
    ).only("train")
    state = family.fit_state(eight, cfg, 1)
    state.update(dict.fromkeys(SETTLED & set(state), 0.5))  # prose is written once all is settled
    model, shown = family.model(cfg, state), family.examples(eight, cfg, state)
    Trainer(model, family.collate, shown, shown, cfg, 1, tmp_path / "checkpoint.safetensors").run()
    said = Bundle(family, cfg, state, model, {output: np.zeros(5) for output in cfg.outputs}).answers(eight)
    if "risk" in said:
        assert np.array_equal(np.argsort(said["risk"].log_risk), np.argsort(-eight.cohort.outcome.days))
    if "hidden" in said:
        in_interval = -np.diff(said["hidden"].survival, axis=1, prepend=1.0)
        assert np.array_equal(in_interval.argmax(1), eight.grid.discretise(eight.cohort.outcome)[0])
    if learner.name in WRITES:
        output, table = WRITES[learner.name]
        assert said[output].text == list(eight.tables[table].set_index("patient_id").loc[eight.roles["patient_id"], "completion"])


def test_same_seed_same_bytes(candidate, stages, fitted, tmp_path):
    torch.manual_seed(12345)
    np.random.seed(12345)
    first = fitted(candidate)
    again = candidate.fit(stages, tmp_path)
    assert again.read_bytes() == first.read_bytes()
    assert (tmp_path / "history.parquet").read_bytes() == (first.parents[1] / "history.parquet").read_bytes()


@pytest.mark.parametrize(
    "name", sorted(set(CONFIGS) - {"cox", "coxnet", "cox_multimodal"})
)  # which need chance only to choose their penalty
def test_another_seed_other_bytes(name, stages, fitted, tmp_path):
    candidate = Candidate(name)
    assert candidate.fit(stages, tmp_path, seed=2).read_bytes() != fitted(candidate).read_bytes()


def test_the_order_of_patients_does_not_matter(candidate, stages, fitted):
    bundle, data = candidate.load(fitted(candidate)), candidate.data(stages)
    order = np.random.default_rng(1).permutation(len(data.cohort))
    shuffled = fold_of(data.cohort.take(data.roles["patient_id"].iloc[order]))
    tables = {name: rows.sample(frac=1, random_state=1) for name, rows in data.tables.items()}
    shuffled = replace(shuffled, roles=data.roles.iloc[order].reset_index(drop=True), tables=tables)
    straight, mixed = bundle.answers(data), bundle.answers(shuffled)
    for output, answer in straight.items():
        assert mixed[output].log_risk == pytest.approx(answer.log_risk[order], abs=1e-4, nan_ok=True)
        assert mixed[output].survival == pytest.approx(answer.survival[order], abs=1e-4)
        assert answer.text is None or mixed[output].text == [answer.text[row] for row in order]


def test_it_answers_each_patient_alone_as_among_others(candidate, stages, fitted):
    bundle, data = candidate.load(fitted(candidate)), candidate.data(stages)
    among = bundle.answers(data)[candidate.cfg.outputs[0]].log_risk
    for row in (3, 50):
        alone = replace(data, roles=data.roles.assign(role=np.where(np.arange(len(data.roles)) == row, "valid", "test"))).only("valid")
        assert bundle.answers(alone)[candidate.cfg.outputs[0]].log_risk == pytest.approx([among[row]], abs=1e-4)


def test_it_survives_save_and_load(candidate, stages, tmp_path):
    data = candidate.data(stages)
    bundle, _ = fit_family(candidate.family, data, candidate.cfg, SEED, tmp_path / "checkpoint.safetensors")
    save_bundle(tmp_path / "bundle" / "MANIFEST.json", bundle)
    before, after = bundle.answers(data), candidate.load(tmp_path / "bundle" / "MANIFEST.json").answers(data)
    for output, answer in before.items():
        assert np.array_equal(after[output].log_risk, answer.log_risk, equal_nan=True)
        assert np.array_equal(after[output].survival, answer.survival)
        assert after[output].text == answer.text


def marked() -> Cohort:
    """The cohort with test patients whose covariates no other has, and whose outcomes are turned around."""
    rows = cohort().rows.copy()
    test = rows.index.isin(roles().query("role == 'test'")["patient_id"])
    rows.loc[test, "age"] = 1e4
    rows.loc[test, "size"] = np.linspace(-1e6, 1e6, test.sum())
    rows.loc[test, "grade"] = "unheard of"
    rows.loc[test, "site"] = None
    rows.loc[test, "days"] = rows.loc[test, "days"].to_numpy()[::-1] * 7
    rows.loc[test, "event"] = ~rows.loc[test, "event"]
    return replace(cohort(), rows=rows)


@pytest.fixture(scope="module")
def marked_stages(tmp_path_factory) -> Stages:
    return staged(tmp_path_factory.mktemp("marked"), marked())


def test_no_byte_of_the_bundle_depends_on_test_patients(candidate, marked_stages, fitted, tmp_path):
    """From the patients' table on: the teacher and the prompts saw the marked test patients too."""
    assert candidate.fit(marked_stages, tmp_path).read_bytes() == fitted(candidate).read_bytes()


def test_validation_patients_move_no_weight_and_no_state(learner, stages, tmp_path):
    """They only say when to stop, and what is settled last; with a single look at the end there is nothing to say."""
    family, data = learner.family, learner.data(stages)
    alone = {"encoders": EncoderConfig(steps=0)} if "encoders" in type(learner.cfg).model_fields else {}
    cfg = learner.cfg.model_copy(update={"validate_every": 100, **alone})
    valid = data.roles.loc[data.roles["role"] == "valid", "patient_id"]
    rows, tables = data.cohort.rows.copy(), dict(data.tables)
    rows.loc[valid, "age"] = 1e4
    rows.loc[valid, "days"] = 1.0
    if "prompts" in tables:
        told = tables["prompts"].copy()
        told.loc[told["patient_id"].isin(valid), ["prompt", "teacher_log_risk"]] = ["unheard of words, unheard of words", 9.0]
        tables["prompts"] = told
    if "cases" in tables:
        told = tables["cases"].copy()
        mine = told["patient_id"].isin(valid)
        told.loc[mine, ["report", "patient", "completion"]] = ["unheard of", " words", "unheard of words, unheard of words"]
        tables["cases"] = told.assign(
            genes=[9 * np.asarray(genes) if own else genes for genes, own in zip(told["genes"], mine, strict=True)]
        )
    for name in {"reports", "expression"} & set(tables):
        mine = tables[name]["patient_id"].isin(valid)
        strange = {"text": ["unheard of"] * mine.sum()} if name == "reports" else {"values": [v * 9 for v in tables[name]["values"][mine]]}
        tables[name] = pd.concat([tables[name][~mine], tables[name][mine].assign(**strange)]).sort_values("patient_id")
    other = replace(data, cohort=replace(data.cohort, rows=rows), tables=tables)
    made = [fit_family(family, one, cfg, SEED, tmp_path / str(index))[0] for index, one in enumerate((data, other))]
    np.testing.assert_equal(*({name: value for name, value in one.state.items() if name not in SETTLED} for one in made))
    if made[0].model.trainable:
        assert all(torch.equal(value, made[1].model.state_dict()[name]) for name, value in made[0].model.state_dict().items())


def test_the_examination_would_notice_a_training_patient(candidate, stages, fitted, tmp_path):
    rows = cohort().rows.copy()
    rows.loc["p000", ["age", "days", "event"]] = [95.0, 1.0, True]
    assert roles().set_index("patient_id").loc["p000", "role"] == "train"
    other = staged(tmp_path / "stages", replace(cohort(), rows=rows))
    assert candidate.fit(other, tmp_path).read_bytes() != fitted(candidate).read_bytes()


def test_patients_unlike_any_in_training_get_a_prognosis(candidate, marked_stages, fitted):
    """With missing values, and with categories and numbers that were never met."""
    bundle, data = candidate.load(fitted(candidate)), candidate.data(marked_stages)
    assert np.isfinite(bundle.answers(data)[candidate.cfg.outputs[0]].log_risk).all()


def test_a_killed_job_ends_as_an_undisturbed_one(learner, stages, fitted, tmp_path, monkeypatch):
    """Killed in its eighth step, with a checkpoint after five; beside it lies the checkpoint of another run, killed as well."""
    with monkeypatch.context() as scheduler:
        step = Optimiser.step

        def dying(self, done):
            if done == 7:
                raise Killed
            step(self, done)

        scheduler.setattr(Optimiser, "step", dying)
        for seed in (2, SEED):
            with pytest.raises(Killed):
                learner.fit(stages, tmp_path, seed)
    assert len(list(tmp_path.glob("resume-*/checkpoint.safetensors"))) == 2
    taken: list[int] = []
    monkeypatch.setattr(Optimiser, "step", lambda self, done: (taken.append(done), step(self, done)))
    assert learner.fit(stages, tmp_path).read_bytes() == fitted(learner).read_bytes()
    assert taken[0] == 5
    assert not list(tmp_path.glob("resume-*"))
    assert read_table(tmp_path / "history.parquet", HISTORY)["step"].max() == 12
