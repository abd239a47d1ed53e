"""What a model trained by gradient descent can do beside the forward pass."""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from workflow_scripts.lib.config.training import TrainingConfig
from workflow_scripts.lib.training.data import Answer, Batch
from workflow_scripts.lib.training.device import choose_device

WEIGHTS = "model.safetensors"


class SurvivalModule(nn.Module):
    """``forward(batch)`` gives a Prediction for the losses; ``answer(batch)`` gives, by output, what is said of the patients.

    Weights are kept as safetensors; a language model overrides ``save`` and ``load`` with the Hugging Face layout.
    """

    trainable = True

    @torch.no_grad()
    def respond(self, batch: Batch) -> dict[str, Answer]:
        """``answer`` as it is asked of a finished model: nothing dropped out, no gradients, on the model's own device."""
        self.eval()
        device = next((parameter.device for parameter in self.parameters()), torch.device("cpu"))
        return self.answer(batch.to(device))

    def place(self, cfg: TrainingConfig) -> None:
        """Move to the device that the settings ask for."""
        self.to(choose_device(cfg))

    def answer(self, batch: Batch) -> dict[str, Answer]:
        """The answers by output; here the forward pass's log-risk."""
        return {"risk": Answer(self(batch).log_risk.double().cpu().numpy())}

    def save(self, folder: Path) -> None:
        """Write the weights into ``folder``."""
        save_file({name: value.contiguous() for name, value in self.state_dict().items()}, folder / WEIGHTS)

    def load(self, folder: Path) -> None:
        """Read the weights back from ``folder``."""
        self.load_state_dict(load_file(folder / WEIGHTS))
