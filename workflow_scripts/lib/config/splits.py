"""Settings of the splits stage."""

from pydantic import Field

from workflow_scripts.lib.config.base import Section


class SplitsConfig(Section):
    """Repeated folds, stratified by event and time, or as published."""

    folds: int = Field(5, ge=1, le=50, description="folds per repeat; each patient is tested once per repeat; 1 is for a published split")
    repeats: int = Field(1, ge=1, le=100, description="repeats with fresh seeds")
    valid_fraction: float = Field(0.15, gt=0, lt=0.5, description="part of each training fold kept for early stopping")
    grouped_by_site: bool = Field(
        False, description="true: all patients of a hospital have the same role in a fold, so each is tested on others"
    )
    time_bins: int = Field(4, ge=1, le=20, description="bins of follow-up time that folds are balanced over, within events and censorings")
    intervals: int = Field(24, ge=2, le=500, description="intervals of the time grid")
    last_edge_quantile: float = Field(0.9, gt=0, le=1, description="the grid ends at this quantile of the training patients' follow-up")
