"""The prompts script, from tables to a table."""

import numpy as np
import pandas as pd
import pytest

from tests.world import FOLD, PROMPTING, WORDS, Stages, cohort, roles, staged
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.prompts import PROMPTS
from workflow_scripts.lib.contracts.splits import FOLDS
from workflow_scripts.lib.errors import ConfigError
from workflow_scripts.lib.prompts.render import complete
from workflow_scripts.lib.survival.scale import fit_scale
from workflow_scripts.lib.teacher.model import load_crossfit, load_teacher
from workflow_scripts.prompts import render_prompts


@pytest.fixture(scope="module")
def stages(tmp_path_factory) -> Stages:
    return staged(tmp_path_factory.mktemp("stages"), cohort())


@pytest.fixture(scope="module")
def prompts(stages) -> pd.DataFrame:
    return read_table(stages.prompts, PROMPTS)


def render(stages: Stages, path, **settings) -> pd.DataFrame:
    """The prompts with other settings."""
    arguments = {
        "cohort": WORDS,
        "speaker": "cox",
        "fold": FOLD,
        "seed": 1,
        "template": PROMPTING.template,
        **settings.pop("arguments", {}),
    }
    cfg = PROMPTING.model_copy(update=settings)
    render_prompts.main(**stages.inputs, teacher=stages.teacher, prompts=path, cfg=cfg, **arguments)
    return read_table(path, PROMPTS)


def test_everybody_has_a_prompt_and_training_patients_have_more(prompts):
    own, more = prompts[prompts["copy"] == 0], prompts[prompts["copy"] > 0]
    assert list(own["patient_id"]) == list(cohort().rows.index)
    assert len(more) == PROMPTING.augmented
    assert set(more["role"]) == {"train"}
    assert dict(zip(own["patient_id"], own["role"], strict=True)) == dict(roles().itertuples(index=False))
    assert set(prompts["template"]) == {"clinical v1"}


def test_who_labelled_what(stages, prompts):
    """Own prompts of training patients by crossfitted teachers, everybody else's by the fold's teacher; out of fold is who was left out."""
    own = prompts[prompts["copy"] == 0].set_index("patient_id")
    ids, crossfitted = load_crossfit(stages.teacher)
    teacher = pd.Series(load_teacher(stages.teacher).speak(cohort().values)["cox"].log_risk, cohort().rows.index)
    held_out = pd.Series(crossfitted["cox"].log_risk, ids)
    train = own.index[own["role"] == "train"]
    others = own.index.difference(train)
    assert own.loc[train, "teacher_log_risk"].equals(held_out[train].rename("teacher_log_risk").rename_axis("patient_id"))
    assert own.loc[others, "teacher_log_risk"].to_numpy() == pytest.approx(teacher[others].to_numpy(), abs=1e-12)
    assert own["out_of_fold"].equals((own["role"] != "valid").rename("out_of_fold"))
    assert not prompts.loc[prompts["copy"] > 0, "out_of_fold"].any()
    numbers = fit_scale(crossfitted["cox"].log_risk).number(prompts["teacher_log_risk"].to_numpy())
    assert np.array_equal(prompts["numbers"].str[0], numbers)


def test_completions_are_made_of_their_numbers_and_pieces(prompts):
    assert all(complete(row.pieces, row.numbers) == row.completion for row in prompts.itertuples())


def test_same_tables_same_bytes_and_another_seed_other_augmented_prompts(stages, prompts, tmp_path):
    render(stages, tmp_path / "again.parquet")
    assert (tmp_path / "again.parquet").read_bytes() == stages.prompts.read_bytes()
    other = render(stages, tmp_path / "other.parquet", arguments={"seed": 2})
    own = other["copy"] == 0
    assert other.loc[own, "prompt"].equals(prompts.loc[own, "prompt"])
    assert (other.loc[~own, "prompt"] != prompts.loc[~own, "prompt"]).mean() > 0.9


def test_training_prompts_do_not_know_how_many_others_there_are(stages, tmp_path):
    """Not even through the stream of random numbers that shuffles covariates."""
    whole = render(stages, tmp_path / "whole.parquet", order="shuffled")
    fewer = roles().drop(index=[5, 11])
    assert set(roles().loc[[5, 11], "role"]) == {"test"}
    write_table(fewer.assign(fold=FOLD), tmp_path / "folds.parquet", FOLDS)
    left = render_prompts.main(
        stages.inputs["patients"],
        tmp_path / "folds.parquet",
        stages.inputs["time_grid"],
        stages.teacher,
        PROMPTING.template,
        tmp_path / "left.parquet",
        PROMPTING.model_copy(update={"order": "shuffled"}),
        WORDS,
        "cox",
        FOLD,
        1,
    )
    assert left == f"{118 + PROMPTING.augmented} prompts, {PROMPTING.augmented} of them augmented"
    rows = read_table(tmp_path / "left.parquet", PROMPTS)
    assert list(rows.loc[rows["role"] == "train", "prompt"]) == list(whole.loc[whole["role"] == "train", "prompt"])


def test_horizons_are_percentages_of_the_teachers_curve(stages, tmp_path):
    rows = render(stages, tmp_path / "horizons.parquet", target="horizons", augmented=10, arguments={"speaker": "average"})
    numbers = np.stack(rows["numbers"])
    assert numbers.shape == (130, 2)
    assert np.all(numbers[:, 0] >= numbers[:, 1])
    assert np.corrcoef(numbers[:, 0], rows["teacher_log_risk"])[0, 1] < -0.9


def test_a_template_that_cannot_be_used_is_refused(stages, tmp_path):
    (tmp_path / "mine.yaml").write_text("id: mine\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"mine\.yaml\.prompt: Field required"):
        render(stages, tmp_path / "prompts.parquet", arguments={"template": tmp_path / "mine.yaml"})
