"""Settings of the student stage: which families run, under which names."""

from typing import Annotated, Any

from pydantic import Field, model_validator

from workflow_scripts.lib.config.base import Section
from workflow_scripts.lib.config.families import (
    bertsurv,
    boosting,
    cox,
    cox_distilled,
    cox_multimodal,
    coxnet,
    deepsurv,
    multimodal_llm,
    radiomics_vit,
    random_forest,
)

Family = Annotated[
    cox_distilled.Config
    | cox.Config
    | cox_multimodal.Config
    | coxnet.Config
    | random_forest.Config
    | boosting.Config
    | deepsurv.Config
    | multimodal_llm.Config
    | bertsurv.Config
    | radiomics_vit.Config,
    Field(discriminator="family"),
]
RESERVED = "teacher"


class StudentConfig(Section):
    """Families by the name they have in results; `family` says which code runs, the name itself when left out; false leaves one out."""

    families: dict[str, Family] = Field(min_length=1, description="families to run, by name; an overlay leaves one out with NAME: false")

    @model_validator(mode="before")
    @classmethod
    def _family_is_name(cls, raw: Any) -> Any:
        families = raw.get("families") if isinstance(raw, dict) else None
        if not isinstance(families, dict):
            return raw
        wanted = {name: settings for name, settings in families.items() if settings is not False}
        if strange := [name for name, settings in wanted.items() if not isinstance(settings, dict | None)]:
            raise ValueError(f"families.{strange[0]}: expected its settings, nothing for the defaults, or false to leave it out")
        named = {name: {"family": name, **(settings or {})} for name, settings in wanted.items()}
        return {**raw, "families": named}

    @model_validator(mode="after")
    def _not_reserved(self) -> "StudentConfig":
        if RESERVED in self.families:
            raise ValueError(f"families: '{RESERVED}' is the name of the teacher's own rows; choose another")
        return self
