"""The check of proportional hazards against lifelines, and on data that break the assumption."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter
from lifelines.statistics import proportional_hazard_test

from tests.world import cohort
from workflow_scripts.lib.contracts.ingest import Cohort, Covariate
from workflow_scripts.lib.survival.design import fit_design
from workflow_scripts.lib.teacher.proportional import proportional_hazards


def test_each_column_has_the_numbers_that_lifelines_gives_it():
    design = fit_design(cohort().values)
    found = proportional_hazards(cohort(), design).set_index("column")
    assert list(found.index) == design.columns != sorted(design.columns)
    columns = pd.DataFrame(design.transform(cohort().values), columns=design.columns)
    frame = columns.assign(days=cohort().outcome.days, event=cohort().outcome.event)
    theirs = proportional_hazard_test(CoxPHFitter(penalizer=0.01).fit(frame, "days", "event"), frame, time_transform="rank").summary
    for column in design.columns:
        assert found.loc[column, "statistic"] == pytest.approx(theirs.loc[column, "test_statistic"])
        assert found.loc[column, "p_value"] == pytest.approx(theirs.loc[column, "p"])


def test_an_effect_that_turns_around_is_found_and_a_steady_one_is_not():
    """``turns`` raises the hazard before day 100 and lowers it after; ``steady`` keeps its effect."""
    rng = np.random.default_rng(2)
    turns, steady = rng.choice([0.0, 1.0], 600), rng.normal(size=600)
    spent = rng.exponential(size=600)
    early, late = np.exp(1.5 * turns + 0.7 * steady) / 200, np.exp(-1.5 * turns + 0.7 * steady) / 200
    days = np.where(spent < 100 * early, spent / early, 100 + (spent - 100 * early) / late)
    rows = pd.DataFrame({"days": days, "event": days < 600, "turns": turns, "steady": steady}, index=[f"p{i}" for i in range(600)])
    train = Cohort(
        rows.assign(days=np.minimum(days, 600)), (Covariate("turns", "numeric", "turns"), Covariate("steady", "numeric", "steady"))
    )
    p_value = proportional_hazards(train, fit_design(train.values)).set_index("column")["p_value"]
    assert p_value["turns"] < 1e-6
    assert p_value["steady"] > 0.01


def test_a_column_that_tells_the_outcome_apart_does_not_stop_the_check():
    rows = cohort().rows
    marked = replace(
        cohort(), rows=rows.assign(site=np.where(rows["event"], "left", "right"), grade=np.where(np.arange(len(rows)) == 3, "2", "1"))
    )
    assert proportional_hazards(marked, fit_design(marked.values))["p_value"].between(0, 1).all()
