"""Settings of the family coxnet."""

from typing import ClassVar, Literal

from pydantic import Field

from workflow_scripts.lib.config.base import Section


class Config(Section):
    """Cox regression with an elastic net, its penalty chosen by cross-validation inside the training fold."""

    family: Literal["coxnet"] = "coxnet"
    l1_ratio: float = Field(0.5, gt=0, le=1, description="1 is the lasso; towards 0, the ridge")
    penalties: int = Field(30, ge=2, le=500, description="penalties on the path")
    inner_folds: int = Field(5, ge=2, le=20, description="folds of the cross-validation, inside the training fold")
    tables: ClassVar[tuple[str, ...]] = ()
    outputs: ClassVar[tuple[str, ...]] = ("risk",)
