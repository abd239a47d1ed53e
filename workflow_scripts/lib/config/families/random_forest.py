"""Settings of the family random_forest."""

from typing import ClassVar, Literal

from workflow_scripts.lib.config.teacher import ForestConfig


class Config(ForestConfig):
    """Random survival forest."""

    family: Literal["random_forest"] = "random_forest"
    tables: ClassVar[tuple[str, ...]] = ()
    outputs: ClassVar[tuple[str, ...]] = ("risk",)
