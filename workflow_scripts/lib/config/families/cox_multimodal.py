"""Settings of the family cox_multimodal."""

from typing import ClassVar, Literal

from workflow_scripts.lib.config.multimodal import MultimodalConfig, WordsConfig
from workflow_scripts.lib.config.teacher import RidgeConfig


class Config(MultimodalConfig, RidgeConfig):
    """Cox regression with a cross-validated ridge on covariates, components of gene expression and components of reports."""

    family: Literal["cox_multimodal"] = "cox_multimodal"
    words: WordsConfig = WordsConfig()
    outputs: ClassVar[tuple[str, ...]] = ("risk",)
