"""The simulated world: patients whose log-hazard is a known sum of what can be seen of them."""

from typing import Literal

from pydantic import Field, model_validator

from workflow_scripts.lib.config.base import Section

PARTS = ("covariates", "expression", "images", "reports", "visits")


class Weights(Section):
    """Standard deviation, over patients, of what each part adds to the log-hazard; 0 switches a part's effect off."""

    covariates: float = Field(0.6, ge=0, le=5, description="age, stage, a marker and a treatment")
    expression: float = Field(0.5, ge=0, le=5, description="two gene programmes")
    images: float = Field(0.5, ge=0, le=5, description="the texture of an opacity, its size, and the heart's width")
    reports: float = Field(0.5, ge=0, le=5, description="margins, invasion, nodes and grade, which only the report states")
    visits: float = Field(0.5, ge=0, le=5, description="codes of comorbidities before the index date, and how recent they are")


class ImageHazard(Section):
    """What the images' part of the log-hazard is made of, before it is scaled to its weight; each is standard normal over patients."""

    grain: float = Field(1.0, description="how coarse the grain inside the opacity is: texture")
    size: float = Field(0.5, description="the size of the opacity")
    heart: float = Field(0.5, description="the heart's width: layout")


class SimulatedSource(Section):
    """Made patients. What is made, and the truth behind it, is written to the folder `world` of the cohort's ingest stage."""

    kind: Literal["simulated"]
    patients: int = Field(600, ge=20, le=2_000_000, description="how many")
    seed: int = Field(1, ge=0, le=2**31 - 1, description="another seed is another world")
    parts: list[Literal["covariates", "expression", "images", "reports", "visits"]] = Field(
        list(PARTS), min_length=1, description="what is written; a part left out neither exists nor counts in the hazard"
    )
    weights: Weights = Weights()
    image_hazard: ImageHazard = ImageHazard()
    missing: float = Field(0.1, ge=0, lt=1, description="fraction of patients who lack a part, drawn for each part but covariates")
    censored: float = Field(0.35, gt=0, lt=0.95, description="expected fraction of patients who are censored")
    sites: int = Field(5, ge=1, le=1000, description="hospitals")
    genes: int = Field(200, ge=20, le=20000, description="genes")
    image_side: int = Field(128, ge=64, le=1024, description="pixels along an image's side")

    @model_validator(mode="after")
    def _something_to_see(self) -> "SimulatedSource":
        if "covariates" not in self.parts:
            raise ValueError("parts: covariates must be there, for every patient has a row in the patients table")
        return self
