"""Settings of the three simulations of attention under a Cox loss; the defaults were found to repeat what was published."""

from pathlib import Path

from pydantic import Field, model_validator

from workflow_scripts.lib.config.base import Section

XRAYS = (".png", ".jpg", ".jpeg")


class TokensConfig(Section):
    """What a patient of a token world is made of."""

    tokens: int = Field(16, ge=2, le=1024, description="tokens of a patient")
    relevant: int = Field(4, ge=1, description="of them, copies of the pattern that is dominant and carries the hazard")
    confusion: int = Field(2, ge=0, description="of them, copies of the other pattern that matters, in the minority here")
    noise: float = Field(0.2, gt=0, le=10, description="length of the step by which each copy differs from its pattern, of length 1")
    censored: float = Field(0.3, gt=0, lt=0.95, description="expected fraction of patients who are censored")

    @property
    def irrelevant(self) -> int:
        """Tokens of the background."""
        return self.tokens - self.relevant - self.confusion

    @model_validator(mode="after")
    def _fits(self) -> "TokensConfig":
        if self.irrelevant < 0:
            raise ValueError(f"relevant + confusion: {self.relevant} + {self.confusion} tokens, but a patient has only {self.tokens}")
        if self.confusion >= self.relevant:
            raise ValueError(f"confusion: {self.confusion} tokens are no minority beside {self.relevant} relevant ones")
        return self


class ModelConfig(Section):
    """The shallow vision transformer and how it is trained."""

    hidden: int = Field(20, ge=2, le=4096, multiple_of=2, description="rows of W_O; half of them add to the risk, half take from it")
    query_key: float = Field(0.5, gt=0, le=10, description="W_Q and W_K start as this multiple of I; .1 is too little to train")
    output_sd: float = Field(0.1, gt=0, le=10, description="W_O starts as normal numbers of this standard deviation")
    learning_rate: float = Field(0.5, gt=0, le=100, description="step of plain gradient descent on the loss per event")


class DynamicsConfig(Section):
    """Simulation 1: attention on each kind of token while the model trains."""

    patterns: int = Field(10, ge=3, le=1024, description="patterns, at right angles in as many dimensions; two of them matter")
    beta: float = Field(
        3.0, gt=0, le=10, description="log-hazard of patients in whom the harmful pattern is dominant; the others have -beta"
    )
    iterations: int = Field(160, ge=1, le=100000, description="steps")
    batch_size: int = Field(16, ge=2, description="patients per step of mini-batch training, beside training on all at once")
    every: int = Field(4, ge=1, description="attention is measured at every so many steps")


class SignalConfig(Section):
    """How strong the hazard speaks, and above which gains of attention a token is called relevant."""

    beta: float = Field(gt=0, le=10, description="log-hazard of patients in whom the harmful pattern is dominant; the others have -beta")
    thresholds: list[float] = Field(min_length=1, description="gains of attention, in units of an even share (1 / tokens)")


class RecoveryConfig(Section):
    """Simulation 2: are the relevant tokens those whose attention grew? In the worlds of simulation 1."""

    iterations: int = Field(300, ge=1, le=100000, description="steps, on all patients at once")
    strong: SignalConfig = SignalConfig(beta=3.0, thresholds=[0.0, 0.2, 0.5])
    weak: SignalConfig = SignalConfig(beta=0.25, thresholds=[0.0, 0.005, 0.01])


class PruningConfig(Section):
    """Simulation 3: keep the tokens whose attention grew most, and train again on these alone."""

    beta: float = Field(
        1.1, gt=0, le=10, description="log-hazard of patients in whom the harmful pattern is dominant; the others have -beta"
    )
    width: int = Field(32, ge=2, le=1024, description="numbers in a token")
    background: float = Field(2.5, gt=0, le=100, description="length of the background's tokens, which are all different; patterns have 1")
    validation: int = Field(200, ge=20, le=100000, description="further patients, who say when to stop")
    test: int = Field(1000, ge=20, le=100000, description="further patients, who say how well the model ranks and decide nothing")
    keep: int = Field(6, ge=1, description="tokens kept of every patient")
    horizons: list[int] = Field(
        [60, 80, 100],
        min_length=1,
        description="steps up to which gains are measured; models are compared at the first; stopped ones use the best on validation",
    )
    iterations: int = Field(200, ge=1, le=100000, description="steps, of which validation picks one")
    every: int = Field(10, ge=1, description="validation asks at every so many steps")

    @model_validator(mode="after")
    def _horizons_are_reached(self) -> "PruningConfig":
        if self.horizons != sorted({*self.horizons}) or not 0 < self.horizons[0] <= self.horizons[-1] <= self.iterations:
            raise ValueError(f"horizons: {self.horizons}, expected rising steps from 1 to {self.iterations}, the last of training")
        return self


class PatchesConfig(Section):
    """X-ray patches for simulation 3: squares side by side, each with mean 0 and standard deviation 1, in whitened principal components."""

    folder: str | None = Field(
        None, description="folder of X-rays (PNG, JPEG) to cut; null draws chest radiographs as the simulated cohort's"
    )
    images: int = Field(60, ge=1, le=10000, description="how many radiographs are drawn, or read at most, in the order of their names")
    image_side: int = Field(128, ge=64, le=1024, description="pixels along the side that every image is brought to")
    side: int = Field(16, ge=4, le=256, description="pixels along a patch's side")

    @model_validator(mode="after")
    def _divides(self) -> "PatchesConfig":
        if self.image_side % self.side:
            raise ValueError(f"side: patches of {self.side} pixels do not fill an image of {self.image_side}")
        return self

    def files(self) -> list[str]:
        """The first ``images`` PNG and JPEG files of the folder, by name; none without a folder, or where there are none."""
        folder = Path(self.folder) if self.folder else None
        there = folder.iterdir() if folder and folder.is_dir() else ()
        return sorted(str(path) for path in there if path.suffix.lower() in XRAYS)[: self.images]


class AttentionConfig(Section):
    """Three simulations of attention in a shallow vision transformer, by `snakemake simulations`; no part of the default run."""

    seeds: int = Field(15, ge=2, le=1000, description="worlds of each kind; intervals are over them")
    patients: int = Field(300, ge=20, le=100000, description="patients that train")
    tokens: TokensConfig = TokensConfig()
    model: ModelConfig = ModelConfig()
    dynamics: DynamicsConfig = DynamicsConfig()
    recovery: RecoveryConfig = RecoveryConfig()
    pruning: PruningConfig = PruningConfig()
    patches: PatchesConfig = PatchesConfig()

    @model_validator(mode="after")
    def _fit_together(self) -> "AttentionConfig":
        if self.pruning.keep > self.tokens.tokens:
            raise ValueError(f"pruning.keep: {self.pruning.keep} tokens, but a patient has only {self.tokens.tokens}")
        if self.dynamics.batch_size > self.patients:
            raise ValueError(f"dynamics.batch_size: {self.dynamics.batch_size} patients, but only {self.patients} train")
        if self.pruning.width >= self.patches.side**2:
            raise ValueError(f"pruning.width: {self.pruning.width} numbers, expected fewer than a patch has pixels, {self.patches.side**2}")
        return self
