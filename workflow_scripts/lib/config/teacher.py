"""Settings of the statistical estimators, as teachers and as baseline families."""

from typing import Literal

from pydantic import Field

from workflow_scripts.lib.config.base import Section

TeacherName = Literal["cox", "random_forest", "boosting", "average"]


class RidgeConfig(Section):
    """Cox regression with a ridge penalty chosen by cross-validation inside the training fold."""

    penalties: list[float] = Field([0.1, 1.0, 10.0, 100.0, 1000.0], min_length=1, description="penalties tried, on standardised columns")
    inner_folds: int = Field(5, ge=2, le=20, description="folds of the cross-validation, inside the training fold")


class ForestConfig(Section):
    """Random survival forest (scikit-survival)."""

    trees: int = Field(200, ge=1, le=10000, description="trees")
    min_samples_leaf: int = Field(15, ge=1, description="fewest patients in a leaf")


class BoostingConfig(Section):
    """Gradient boosting with the Cox loss (scikit-survival)."""

    trees: int = Field(150, ge=1, le=10000, description="boosting steps")
    learning_rate: float = Field(0.05, gt=0, le=1, description="shrinkage of each step")
    max_depth: int = Field(2, ge=1, le=20, description="depth of each tree")
    subsample: float = Field(0.7, gt=0, le=1, description="part of the patients drawn for each step")
    min_samples_leaf: int = Field(10, ge=1, description="fewest patients in a leaf")


class TeacherConfig(Section):
    """The statistical teachers; `average` is the mean of the curves of the others."""

    cox: RidgeConfig = RidgeConfig()
    random_forest: ForestConfig = ForestConfig()
    boosting: BoostingConfig = BoostingConfig()
    crossfit_folds: int = Field(5, ge=2, le=20, description="inner folds behind the out-of-fold curves of training patients")
