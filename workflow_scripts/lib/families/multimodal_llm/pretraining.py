"""The encoders of covariates and genes, each trained by itself before they are joined."""

import numpy as np
import torch

from workflow_scripts.lib.config.families.multimodal_llm import EncoderConfig
from workflow_scripts.lib.families.multimodal_llm.fusion import Encoder, Head
from workflow_scripts.lib.training.losses import hazard_losses

PATIENCE = 5
LOOK = 10  # steps between looks


def pretrained(
    columns: np.ndarray, interval: np.ndarray, event: np.ndarray, valid: np.ndarray, base: np.ndarray, width: int, cfg: EncoderConfig
) -> dict[str, np.ndarray]:
    """Weights of an encoder and its head, trained on the discrete-time likelihood of the patients who are not ``valid`` (n,).

    ``columns`` (n, p), ``interval`` and ``event`` (n,) as the time grid gives them, ``base`` (k,) the training patients' own log-odds of
    the event in each interval. Stopped at the best likelihood of the validation patients. Draws from torch's current seed.
    """
    model = torch.nn.ModuleDict({"encoder": Encoder(columns.shape[1], width, cfg.dropout), "head": Head(width, len(base))})
    inputs, rows = torch.tensor(columns, dtype=torch.float32), torch.from_numpy(valid)
    interval, event, offset = torch.from_numpy(interval), torch.from_numpy(event), torch.tensor(base, dtype=torch.float32)
    optimiser = torch.optim.AdamW(model.parameters(), lr=cfg.learning_rate, weight_decay=0.01)

    def loss(which: torch.Tensor) -> torch.Tensor:
        return hazard_losses(offset + model["head"](model["encoder"](inputs[which])), interval[which], event[which]).mean()

    best, kept, worse = np.inf, _weights(model), 0
    for step in range(cfg.steps):
        if step % LOOK == 0:
            model.eval()
            with torch.no_grad():
                found = float(loss(rows))
            model.train()
            best, kept, worse = (found, _weights(model), 0) if found < best else (best, kept, worse + 1)
            if worse == PATIENCE:
                break
        optimiser.zero_grad()
        loss(~rows).backward()
        optimiser.step()
    return kept


def _weights(model: torch.nn.Module) -> dict[str, np.ndarray]:
    return {name: value.detach().numpy().copy() for name, value in model.state_dict().items()}
