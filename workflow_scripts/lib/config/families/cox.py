"""Settings of the family cox."""

from typing import ClassVar, Literal

from workflow_scripts.lib.config.teacher import RidgeConfig


class Config(RidgeConfig):
    """Cox regression with a cross-validated ridge."""

    family: Literal["cox"] = "cox"
    tables: ClassVar[tuple[str, ...]] = ()
    outputs: ClassVar[tuple[str, ...]] = ("risk",)
