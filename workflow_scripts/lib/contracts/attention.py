"""Tables of the three simulations of attention."""

from workflow_scripts.lib.contracts.base import CURVE, INTEGER, NUMBER, STRING, Contract, Field

_SEED = Field("seed", INTEGER, "number of the world, from 1")
_SIGNAL = Field("signal", STRING, "strong or weak: how much the hazard depends on the relevant tokens")


def _share(name: str, meaning: str) -> Field:
    return Field(name, NUMBER, meaning, "fraction")


XRAY_PATCHES = Contract(
    "xray_patches",
    (
        Field("image", INTEGER, "number of the radiograph, from 1"),
        Field("place", INTEGER, "place of the patch in it, row by row, from 0; blank patches are left out"),
        Field("values", CURVE, "its whitened principal components over all patches"),
    ),
    key=("image", "place"),
)

ATTENTION_MASS = Contract(
    "attention_mass",
    (
        _SEED,
        Field("batch", STRING, "full: every step on all patients; mini: on some, drawn anew"),
        Field("iteration", INTEGER, "steps taken", "steps"),
        Field("kind", STRING, "relevant, confusion or irrelevant tokens"),
        _share("mass", "attention that these tokens receive together, averaged over who pays and over patients"),
    ),
    key=("seed", "batch", "iteration", "kind"),
)

RECOVERY = Contract(
    "recovery",
    (
        _SEED,
        _SIGNAL,
        Field("threshold", NUMBER, "gain of attention above which a token is called relevant", "1 / tokens"),
        _share("sensitivity", "of the relevant tokens, those called so"),
        _share("specificity", "of all others, confusion tokens among them, those not called relevant"),
        Field("auc", NUMBER, "area under the curve of all thresholds, the same in every row of a seed and signal"),
    ),
    key=("seed", "signal", "threshold"),
)

ROC = Contract(
    "roc",
    (_SEED, _SIGNAL, _share("fpr", "of the tokens that are not relevant, those called so"), _share("sensitivity", "the best at this rate")),
    key=("seed", "signal", "fpr"),
)

PRUNING = Contract(
    "pruning",
    (
        _SEED,
        Field("arm", STRING, "tokens that the model was trained on: all, pruned (top gains), random (as many), mask (the relevant ones)"),
        Field("stop", STRING, "horizon: at a fixed step; validation: at the step of the best C on validation patients"),
        Field("iteration", INTEGER, "steps taken", "steps"),
        Field("c", NUMBER, "Harrell's C of test patients"),
        _share("relevant_kept", "of a patient's relevant tokens, those kept"),
    ),
    key=("seed", "arm", "stop"),
)

SIMULATIONS = Contract(
    "simulations",
    (
        Field("simulation", STRING, "dynamics, recovery or pruning"),
        Field("setting", STRING, "signal, background, step or threshold"),
        Field("quantity", STRING, "what was measured; A − B is a paired difference in the same worlds"),
        Field("published", NUMBER, "the published value", nullable=True),
        Field("published_sd", NUMBER, "its published standard deviation over replications", nullable=True),
        Field("mean", NUMBER, "mean over seeds"),
        Field("sd", NUMBER, "standard deviation over seeds"),
        Field("lower", NUMBER, "lower end of the 95 % t interval of the mean over seeds"),
        Field("upper", NUMBER, "upper end of the same"),
        Field("above_zero", INTEGER, "seeds in which the value is above 0", "seeds"),
        Field("seeds", INTEGER, "seeds", "seeds"),
    ),
    key=("simulation", "setting", "quantity"),
)
