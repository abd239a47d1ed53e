"""Settings of the family boosting."""

from typing import ClassVar, Literal

from workflow_scripts.lib.config.teacher import BoostingConfig


class Config(BoostingConfig):
    """Gradient boosting with the Cox loss."""

    family: Literal["boosting"] = "boosting"
    tables: ClassVar[tuple[str, ...]] = ()
    outputs: ClassVar[tuple[str, ...]] = ("risk",)
