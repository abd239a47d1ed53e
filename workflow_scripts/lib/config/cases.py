"""Settings of cases: patients in words and numbers, with what a multimodal teacher says of them."""

from typing import Literal

from pydantic import Field

from workflow_scripts.lib.config.base import Section
from workflow_scripts.lib.config.language import Curve
from workflow_scripts.lib.config.multimodal import GenesConfig
from workflow_scripts.lib.config.reports import EngineConfig
from workflow_scripts.lib.config.teacher import RidgeConfig


class CaseTeacherConfig(RidgeConfig):
    """The embedded teacher: ridge Cox regression on covariates, what reports state, and components of genes."""

    genes: GenesConfig = GenesConfig()
    crossfit_folds: int = Field(5, ge=2, le=20, description="inner folds behind what is said of training patients")
    noise: float = Field(
        0.0,
        ge=0,
        le=5,
        description="sd of noise on the log-hazards said of training patients: for experiments with a poor teacher",
    )


class LanguageTeacherConfig(EngineConfig):
    """A language model as the teacher, asked about every patient; with rules none is asked, and the embedded teacher speaks alone."""

    template: str = Field("resources/prompts/ask_teacher.yaml", description="what it is asked about a patient")
    curve: Curve = Field(
        "weibull", description="the curve through the probabilities that it states: through each, or the nearest of its kind"
    )
    longest_told: int = Field(40_000, ge=100, description="characters; of a patient with more to tell the middle is not shown to it")
    longest_rationale: int = Field(500, ge=50, description="characters; a longer rationale loses its last sentences")


class CasesConfig(Section):
    """How a patient becomes a case, and what a language model is to answer."""

    template: str = Field("resources/prompts/prognosis.yaml", description="the template file")
    text: Literal["refined", "cleaned", "raw"] = Field("refined", description="what of the report is read: its statements, or its text")
    copies: int = Field(12, ge=0, le=1000, description="mixed copies per training patient, labelled by the teacher")
    swap_probability: float = Field(
        0.5,
        ge=0,
        le=1,
        description="probability that a copy takes a covariate, a kind of statement, or the genes from another training patient",
    )
    jitter: bool = Field(True, description="draw a copy's numeric covariates between two training patients' values")
    even_probability: float = Field(
        0.05, ge=0, le=1, description="probability that a copy's covariate is drawn evenly over its range or levels"
    )
    missing_probability: float = Field(
        0.05,
        ge=0,
        le=1,
        description="probability that a copy lacks a covariate: what is never missing in training may be missing of who comes later",
    )
    joined_probability: float = Field(
        0.1,
        ge=0,
        le=1,
        description="refined: probability that a copy's report states what those of up to four others do, too: long reports are rare among "
        "training patients, and behind one that is longer than any of theirs a model loses its place in what it writes",
    )
    most_reasons: int = Field(3, ge=1, le=20, description="most findings named for the worse, and for the better")
    least_reason: float = Field(0.1, ge=0, description="a finding that adds less than this to the log-risk is not named")
    teacher: CaseTeacherConfig = CaseTeacherConfig()
    language: LanguageTeacherConfig = LanguageTeacherConfig()
