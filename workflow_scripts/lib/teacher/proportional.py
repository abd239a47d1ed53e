"""Is the Cox teacher's assumption tenable? Scaled Schoenfeld residuals against time."""

import warnings

import pandas as pd

from workflow_scripts.lib.contracts.ingest import Cohort
from workflow_scripts.lib.survival.design import Design


def proportional_hazards(train: Cohort, design: Design) -> pd.DataFrame:
    """One row per design column: ``statistic`` and ``p_value`` of Grambsch and Therneau's test (`grambsch1994`).

    By lifelines, on ranked time, with a slight ridge so that near-collinear columns do not stop the fit. A small
    p-value says that the column's effect changes over time: the Cox teacher then averages it.
    """
    from lifelines import CoxPHFitter
    from lifelines.statistics import proportional_hazard_test

    frame = pd.DataFrame(design.transform(train.values), columns=design.columns)
    frame["days"], frame["event"] = train.outcome.days, train.outcome.event
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lifelines warns of rare categories, which the ridge handles
        cox = CoxPHFitter(penalizer=0.01).fit(frame, "days", "event")
        summary = proportional_hazard_test(cox, frame, time_transform="rank").summary.loc[design.columns]  # it sorts by name
    return pd.DataFrame({"column": design.columns, "statistic": summary["test_statistic"].to_numpy(), "p_value": summary["p"].to_numpy()})
