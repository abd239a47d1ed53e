"""Ridge Cox regression on several modalities: which columns it has, and what it does where one is missing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.world import GENES, cohort, expression, fold_of, reports
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.errors import ConfigError, StageRefusal
from workflow_scripts.lib.families import cox, cox_multimodal
from workflow_scripts.lib.survival.metrics.concordance import harrell_c
from workflow_scripts.lib.survival.outcome import Outcome
from workflow_scripts.lib.training.data import FoldData
from workflow_scripts.lib.training.fit import fit_family

SMALL = {"inner_folds": 2, "genes": {"components": 4}, "words": {"components": 3}}


def config(**settings) -> cox_multimodal.Config:
    return parse(cox_multimodal.Config, SMALL | settings, "cfg")


def data(*lacking: str) -> FoldData:
    genes = expression(cohort())
    tables = {"expression": genes.assign(genes=[GENES] * len(genes)), "reports": reports(cohort())}
    return fold_of(cohort(), **{name: rows for name, rows in tables.items() if name not in lacking})


def columns(cfg: cox_multimodal.Config, fold: FoldData) -> np.ndarray:
    state = cox_multimodal.fit_state(fold.only("train", "valid"), cfg, 1)
    return cox_multimodal.examples(fold, cfg, state).arrays["design"]


def test_on_covariates_alone_it_is_the_family_cox():
    train = data().only("train", "valid")
    theirs = cox.fit_state(train, parse(cox.Config, {"inner_folds": 2}, "cfg"), 1)
    ours = cox_multimodal.fit_state(train, config(modalities=["covariates"]), 1)
    for name, values in theirs["arrays"].items():
        assert np.array_equal(ours["arrays"][name], values), name


def test_columns_are_covariates_genes_words_and_who_lacks_them():
    whole = columns(config(), data())
    parts = [columns(config(modalities=[name]), data()) for name in ("covariates", "expression", "reports")]
    assert [part.shape[1] for part in parts] == [7, 5, 4]
    genes, words = parts[1], parts[2]
    assert np.array_equal(whole, np.hstack([parts[0], genes[:, :4], words[:, :3], genes[:, 4:], words[:, 3:]]))
    ids = list(data().roles["patient_id"])
    for part, table in ((genes, expression(cohort())), (words, reports(cohort()))):
        absent = ~np.isin(ids, table["patient_id"])
        assert np.array_equal(part[:, -1], absent)
        assert not part[absent, :-1].any()


def test_a_modality_that_the_cohort_lacks_is_left_out():
    assert np.array_equal(columns(config(), data("reports")), columns(config(modalities=["covariates", "expression"]), data()))


def test_every_modality_that_carries_risk_adds_to_what_is_known(tmp_path: Path):
    """The second gene follows age, the reports grade: with neither covariate they still tell."""
    bare = replace(data(), cohort=replace(cohort(), covariates=cohort().covariates[3:]))
    found = {}
    for modalities in (["covariates"], ["expression"], ["covariates", "expression", "reports"]):
        bundle, _ = fit_family(cox_multimodal, bare, config(modalities=modalities), 1, tmp_path / "checkpoint.safetensors")
        outcome: Outcome = bare.cohort.outcome
        found[len(modalities), modalities[0]] = harrell_c(bundle.answers(bare)["risk"].log_risk, outcome, np.ones((1, len(outcome))))[0]
    site, genes, everything = found.values()
    assert site + 0.03 < genes < everything


def test_nothing_to_learn_from_is_refused():
    with pytest.raises(StageRefusal, match="of reports nothing varies among 100 training patients; read more"):
        columns(config(modalities=["reports"]), data("reports"))


def test_a_modality_named_twice_is_refused():
    with pytest.raises(ConfigError, match="modalities: expected each once"):
        config(modalities=["reports", "reports"])


def test_it_reads_and_needs_what_it_is_told_to():
    assert config().tables == config().any_of == ("expression", "reports")
    assert config(modalities=["reports", "covariates"]).tables == ("reports",)
    assert config(modalities=["covariates"]).any_of == ()
