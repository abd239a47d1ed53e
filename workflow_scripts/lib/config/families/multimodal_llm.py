"""Settings of the family multimodal_llm."""

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from workflow_scripts.lib.config.base import Section
from workflow_scripts.lib.config.language import Curve, LanguageConfig, TinyConfig

Modality = Literal["reports", "covariates", "expression"]


class EncoderConfig(Section):
    """The encoders of covariates and of gene expression, trained by themselves before the language model joins them."""

    steps: int = Field(300, ge=0, description="most steps of each encoder's own training, on all patients at once; 0 leaves it out")
    learning_rate: float = Field(0.01, gt=0, description="learning rate of that training")
    dropout: float = Field(0.1, ge=0, lt=1, description="dropout on what is encoded, and on the language model's state")


class Config(LanguageConfig):
    """A causal language model that reads the report, beside encoders of covariates and genes; it states a curve, and writes why."""

    family: Literal["multimodal_llm"] = "multimodal_llm"
    modalities: list[Modality] = Field(
        ["reports", "covariates", "expression"], min_length=1, description="what is read of a patient; what a patient lacks is masked"
    )
    fusion: Literal["late", "early"] = Field(
        "late", description="late: a gate mixes the modalities' risks; early: one network on all states"
    )
    head: Literal["hazard", "cox"] = Field(
        "hazard", description="discrete-time hazards on the time grid, or a log-risk, whose risk sets are those of a batch"
    )
    correction: Literal["none", "hard", "probabilistic", "posterior"] = Field(
        "none",
        description="patients whose outcome contradicts the teacher: learnt from like others, not at all (hard), by how likely the teacher "
        "held the outcome (probabilistic), or by how likely the teacher is right and not the curve of all patients (posterior); with a "
        "correction nothing is learnt from the teacher of mixed copies, of whom no outcome is known",
    )
    prose: Literal["own_findings", "free"] = Field(
        "own_findings",
        description="own_findings: of a patient it can name the patient's own findings only, each once, in the words of the cases; free: "
        "it writes whatever is likeliest, as it must where a language model wrote the prose it learns from",
    )
    curve: Curve = Field(
        "interpolated", description="the curve through the probabilities that are written: through each, or the nearest of its kind"
    )
    encoders: EncoderConfig = EncoderConfig()
    tiny: TinyConfig = TinyConfig()
    objective: dict[Literal["likelihood", "cox", "teacher_curve", "line", "form", "rationale"], float] = Field(
        {"likelihood": 0.3, "teacher_curve": 1.0, "line": 1.0, "form": 3.0, "rationale": 1.0},
        min_length=1,
        description="terms of the loss with their weights: likelihood and teacher_curve go with hazards, cox with a log-risk; line is the "
        "cross-entropy of the probabilities that are written, form that of writing a number where one stands, whichever it is, rationale "
        "that of the prose",
    )
    steps: int = Field(300, ge=1, description="most training steps")
    batch_size: int = Field(64, ge=1, description="cases per step")
    optimiser: Literal["adamw", "muon"] = Field("muon", description="muon takes the matrices inside layers, adamw the rest")
    learning_rate: float = Field(4e-3, gt=0, description="peak learning rate of adamw")
    weight_decay: float = Field(0.05, ge=0, description="decoupled weight decay, on matrices only")
    word_noise: float = Field(
        0.05,
        ge=0,
        lt=1,
        description="part of the words read that any token replaces at each training step: rare words then confuse less what is written",
    )
    max_tokens: int = Field(820, ge=16, description="longest case with its answer; longer reports lose tokens at their end")
    tables: ClassVar[tuple[str, ...]] = ("cases",)
    outputs: ClassVar[tuple[str, ...]] = ("combined", "hidden", "verbal")
    narrates: ClassVar[bool] = True  # its output verbal is a text that gives reasons

    @property
    def any_of(self) -> tuple[str, ...]:
        """What a cohort must have one of; the others may be missing."""
        return tuple(name for name in ("expression", "reports") if name in self.modalities)

    @model_validator(mode="after")
    def _terms_fit_the_head(self) -> "Config":
        wrong = {"hazard": {"cox"}, "cox": {"likelihood", "teacher_curve"}}[self.head] & set(self.objective)
        if wrong:
            raise ValueError(f"objective: {sorted(wrong)[0]} does not go with head: {self.head}")
        if not {"likelihood", "cox"} & set(self.objective):
            raise ValueError("objective: expected likelihood or cox, for without outcomes only the teacher is learnt")
        if self.head == "cox" and self.gradient_accumulation * self.processes > 1 and not self.fewest_events:
            raise ValueError(
                "head: cox has its risk sets in each part of a batch, and gradient_accumulation or processes cut batches into parts that "
                "may have no event; set fewest_events, or use head: hazard"
            )
        if len(set(self.modalities)) < len(self.modalities):
            raise ValueError(f"modalities: expected each once, found {self.modalities}")
        return self
