"""What every family's model can do beside the forward pass."""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from workflow_scripts.lib.survival.estimators import Arrays, predict
from workflow_scripts.lib.training.data import Answer, Batch, Prediction

WEIGHTS = "model.safetensors"


class SurvivalModule(nn.Module):
    """``forward(batch)`` gives a Prediction for the losses; ``answer(batch)`` gives, by output, what is said of the patients.

    Weights are kept as safetensors; a language model overrides ``save`` and ``load`` with the Hugging Face layout.
    """

    def answer(self, batch: Batch) -> dict[str, Answer]:
        """The answers by output; here the forward pass's log-risk."""
        return {"risk": Answer(self(batch).log_risk.double().cpu().numpy())}

    def save(self, folder: Path) -> None:
        """Write the weights into ``folder``."""
        save_file({name: value.contiguous() for name, value in self.state_dict().items()}, folder / WEIGHTS)

    def load(self, folder: Path) -> None:
        """Read the weights back from ``folder``."""
        self.load_state_dict(load_file(folder / WEIGHTS))


class Fitted(SurvivalModule):
    """An estimator that was fitted in closed form: its arrays are the family's state, and nothing is left to train."""

    def __init__(self, name: str, arrays: Arrays) -> None:
        super().__init__()
        self.name, self.arrays = name, arrays

    def forward(self, batch: Batch) -> Prediction:
        """The estimator's log-risk (n,)."""
        return Prediction(log_risk=torch.from_numpy(self.answer(batch)["risk"].log_risk))

    def answer(self, batch: Batch) -> dict[str, Answer]:
        """The estimator's log-risk and curves."""
        said = predict(self.name, self.arrays, batch.inputs["design"].double().cpu().numpy())
        return {"risk": Answer(said.log_risk, said.survival)}

    def save(self, folder: Path) -> None:
        """Nothing to write: the arrays are in the state."""

    def load(self, folder: Path) -> None:
        """Nothing to read: the arrays are in the state."""
