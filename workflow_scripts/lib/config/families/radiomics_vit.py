"""Settings of the family radiomics_vit."""

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from workflow_scripts.lib.config.base import Section
from workflow_scripts.lib.config.training import TrainingConfig

TINY = "tiny"
Variant = Literal["hybrid", "pixels", "radiomics"]


class TinyVitConfig(Section):
    """The embedded default transformer: of this shape, on the patches of the standardised images, from random initialisation."""

    layers: int = Field(1, ge=1, le=48, description="transformer blocks")
    width: int = Field(128, ge=8, le=4096, description="hidden size")
    heads: int = Field(16, ge=1, le=64, description="attention heads")
    pooling: int = Field(
        4, ge=1, le=64, description="blocks of so many by so many pixels are seen as their mean: layout stays, noise and texture go"
    )

    @model_validator(mode="after")
    def _heads_divide_width(self) -> "TinyVitConfig":
        if self.width % self.heads:
            raise ValueError(f"width: expected a multiple of the heads, which are {self.heads}")
        return self


class Config(TrainingConfig):
    """A vision transformer on pixels, radiomics of the same patches, or both, on the Cox likelihood."""

    family: Literal["radiomics_vit"] = "radiomics_vit"
    variant: Variant = Field("hybrid", description="what is looked at: pixels, radiomics, or both (hybrid)")
    base: str = Field(
        TINY,
        description="transformer of the pixels: tiny, a Hugging Face id as google/vit-base-patch32-384, or a local folder in its layout",
    )
    tiny: TinyVitConfig = TinyVitConfig()
    shift: float = Field(
        0.03,
        ge=0,
        lt=0.5,
        description="images to learn from are moved by this part of their side at most, in whole (pooled) pixels",
    )
    gain: float = Field(0.1, ge=0, lt=1, description="images to learn from are made brighter or darker by a factor around 1 of this sd")
    groups: int = Field(12, ge=1, le=64, description="groups of radiomic features, each of one class, each with attention of its own")
    group_width: int = Field(16, ge=1, le=1024, description="width of a group's tokens")
    standardised_by: Literal["place", "patch"] = Field(
        "place",
        description="by mean and sd of training patients at the same place of the image (features, and pixels of tiny), or over all places",
    )
    most_sds: float = Field(8.0, gt=0, description="standardised features are cut at so many standard deviations")
    mixing: float = Field(0.5, ge=0, le=1, description="α: the radiomics branch's part of the risk of a hybrid")
    temperature: float = Field(0.07, gt=0, description="τ of the contrast between both views of a patient")
    contrast_width: int = Field(32, ge=1, le=4096, description="width of the projections that are contrasted")
    feature_dropout: float = Field(0.3, ge=0, lt=1, description="part of the radiomic features that are left out at each step")
    dropout: float = Field(0.1, ge=0, lt=1, description="dropout in both branches")
    objective: dict[Literal["cox_sum", "contrast"], float] = Field(
        {"cox_sum": 0.5, "contrast": 0.5},
        min_length=1,
        description="terms of the loss with their weights, 1 − λ and λ; the likelihood is the sum over a batch's events",
    )
    watched: Literal["discordance", "cox_sum", "contrast", "total"] = Field(
        "discordance",
        description="what stops the training, at its lowest: 1 − C of validation patients, a term of the loss, or the total",
    )
    steps: int = Field(120, ge=1, description="most training steps")
    batch_size: int = Field(200, ge=32, description="patients per step; a Cox likelihood needs a risk set")
    fewest_events: int = Field(8, ge=1, description="events in every batch, at the least")
    learning_rate: float = Field(1e-3, gt=0, description="peak learning rate")
    weight_decay: float = Field(0.05, ge=0, description="decoupled weight decay, on matrices only")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "float32", description="auto is bfloat16 on GPUs; too coarse for a Cox likelihood"
    )
    validate_every: int = Field(5, ge=1, description="steps between looks at the validation patients")
    patience: int = Field(10, ge=1, description="looks without a better validation loss before training stops")
    outputs: ClassVar[tuple[str, ...]] = ("risk",)
    needs: ClassVar[tuple[str, ...]] = ("images",)  # cohorts without them are spared the family
    explains: ClassVar[bool] = True  # its model says where it looks, and what its risk is made of

    @property
    def tables(self) -> tuple[str, ...]:
        """Which tables the family reads: those of the branches that it has."""
        return {"hybrid": ("images", "patch_features"), "pixels": ("images",), "radiomics": ("patch_features",)}[self.variant]

    @property
    def pooling(self) -> int:
        """How many pixels along a side the transformer sees as one."""
        return self.tiny.pooling if self.base == TINY and "images" in self.tables else 1

    @property
    def mixture(self) -> dict[str, float]:
        """What mixes the two branches of a hybrid, to be compared among hybrids; empty for a branch alone. ``contrast`` is λ."""
        whole = sum(self.objective.values())
        known = {"mixing": self.mixing, "contrast": self.objective.get("contrast", 0.0) / whole, "temperature": self.temperature}
        return known if self.variant == "hybrid" else {}

    @model_validator(mode="after")
    def _both_views(self) -> "Config":
        if self.variant != "hybrid" and "contrast" in self.objective:
            raise ValueError(f"objective: contrast compares two views of a patient, and {self.variant} has one; use {{cox_sum: 1}}")
        if "cox_sum" not in self.objective:
            raise ValueError("objective: cox_sum must be among the terms, for without it no risk is learned")
        return self
