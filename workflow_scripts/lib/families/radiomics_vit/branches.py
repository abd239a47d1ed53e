"""The two branches: a transformer on pixels, and attention over patches within each group of radiomic features."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from transformers import ViTConfig, ViTModel

from workflow_scripts.lib.config.families.radiomics_vit import TINY, Config
from workflow_scripts.lib.errors import ConfigError

PLACES = 0.5  # sd of the tiny model's position embeddings, near that of its patches: where a patch is counts from the start
LEAST_FACTOR = 0.1  # of greys: no image is made black
MOST_SDS = 5.0  # pixels standardised by place are cut at so many standard deviations


def pixel_transformer(cfg: Config, side: int, patch: int) -> ViTModel:
    """The transformer on images of ``side`` pixels: a tiny one on patches of ``patch`` pixels, or a pretrained one (`dosovitskiy2021`).

    Raises ConfigError for a base that cannot be loaded, is for images of another size, or, for a hybrid, has other patches than radiomics.
    """
    if cfg.base == TINY:
        tiny = cfg.tiny
        config = ViTConfig(
            initializer_range=tiny.width**-0.5,  # so that attention does not start even: what starts even stays so for long
            hidden_size=tiny.width,
            num_hidden_layers=tiny.layers,
            num_attention_heads=tiny.heads,
            intermediate_size=2 * tiny.width,
            hidden_dropout_prob=cfg.dropout,
            attention_probs_dropout_prob=0.0,
            image_size=side,
            patch_size=patch,
            num_channels=1,
        )
        model = ViTModel(config, add_pooling_layer=False)
        nn.init.normal_(model.embeddings.position_embeddings, std=PLACES)
        return model
    try:
        model = ViTModel.from_pretrained(cfg.base, add_pooling_layer=False, trust_remote_code=False, dtype=torch.float32)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"base: '{cfg.base}' cannot be loaded ({type(error).__name__}); expected tiny, a Hugging Face id that can be reached or is in "
            "the cache, or a local folder with config.json and safetensors"
        ) from error
    found = model.config
    if found.image_size != side or (cfg.variant == "hybrid" and found.patch_size != patch):
        raise ConfigError(
            f"base: '{cfg.base}' is for images of {found.image_size} pixels in patches of {found.patch_size}, and those of the cohort are "
            f"of {side} in patches of {patch}: set images.standardise in the cohort's file, or take another base"
        )
    return model


class PixelBranch(nn.Module):
    """Pixels (n, side, side) of 0..255 → what the [CLS] token has seen (n, d).

    ``mean`` and ``sd`` (side, side) standardise them by place; left out, 0..255 becomes -1..1, as the published bases were trained.
    ``shift`` and ``gain``: how much images are changed while it learns, as ``taken_again`` says.
    """

    def __init__(
        self, transformer: ViTModel, mean: np.ndarray | None = None, sd: np.ndarray | None = None, *, shift: float = 0.0, gain: float = 0.0
    ) -> None:
        super().__init__()
        self.by_place, self.shift, self.gain = mean is not None, shift, gain
        for name, values in (("mean", mean), ("sd", sd)) if self.by_place else ():
            self.register_buffer(name, torch.from_numpy(values).to(torch.float32), persistent=False)  # they are in the family's state
        self.transformer = transformer
        self.width = transformer.config.hidden_size

    def forward(self, pixels: torch.Tensor, kept: torch.Tensor | None = None) -> torch.Tensor:
        """The last layer's [CLS] token (n, d); of patches only those at ``kept`` (n, k) are looked at, where these are given."""
        if not len(pixels):  # the transformer refuses to look at nothing
            return torch.zeros(0, self.width, device=pixels.device)
        seen = self._scaled(taken_again(pixels, self.shift, self.gain) if self.training else pixels)
        if kept is None:
            return self.transformer(seen).last_hidden_state[:, 0]
        tokens = self.transformer.embeddings(seen)
        hidden = torch.cat([tokens[:, :1], _picked(tokens[:, 1:], kept)], dim=1)
        for layer in self.transformer.layers:
            hidden = layer(hidden, None)
        return self.transformer.layernorm(hidden)[:, 0]

    def attention(self, pixels: torch.Tensor) -> torch.Tensor:
        """What the [CLS] token attends to in the last layer, mean over heads: (n, p), with the sum 1 over patches."""
        if not len(pixels):
            config = self.transformer.config
            return torch.zeros(0, (config.image_size // config.patch_size) ** 2, device=pixels.device)
        self.transformer.set_attn_implementation("eager")  # the others keep no weights
        weights = self.transformer(self._scaled(pixels), output_attentions=True).attentions[-1].mean(1)[:, 0, 1:]
        return weights / weights.sum(1, keepdim=True)

    def _scaled(self, pixels: torch.Tensor) -> torch.Tensor:
        grey = pixels.to(torch.float32)
        grey = ((grey - self.mean) / self.sd).clamp(-MOST_SDS, MOST_SDS) if self.by_place else grey / 127.5 - 1
        return grey[:, None].expand(-1, self.transformer.config.num_channels, -1, -1)


def taken_again(pixels: torch.Tensor, shift: float, gain: float) -> torch.Tensor:
    """Images (n, side, side) as if each had been taken once more, float32 of 0..255.

    Each is moved by up to ``shift`` of its side, in whole pixels, its edges repeated, and its greys are multiplied with a number around 1
    of sd ``gain``: what a small transformer learns from few images is otherwise their noise (`steiner2022`).
    """
    images, side, _ = pixels.shape
    most = round(shift * side)
    rows, columns = ((torch.arange(side) + torch.randint(-most, most + 1, (images, 1))).clamp(0, side - 1) for _ in range(2))
    moved = pixels[torch.arange(images)[:, None, None], rows[:, :, None], columns[:, None, :]]
    factor = (1 + gain * torch.randn(images, 1, 1)).clamp(min=LEAST_FACTOR)
    return (moved.to(torch.float32) * factor.to(pixels.device)).clamp(0, 255)


class RadiomicsBranch(nn.Module):
    """Features of patches (n, p, f) → (n, g · d): for each group, its patches' tokens weighed by the attention of its own [CLS] token.

    Tokens are linear in the features, so that a risk that is linear in what comes out can be led back to them.
    """

    def __init__(self, sizes: Sequence[int], patches: int, width: int, feature_dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(feature_dropout)
        self.sizes, self.group_width, self.width = list(sizes), width, len(sizes) * width
        self.projections = nn.ModuleList(nn.Linear(size, width) for size in sizes)
        self.keys = nn.ModuleList(nn.Linear(width, width, bias=False) for _ in sizes)
        self.queries = nn.Parameter(torch.randn(len(sizes), width))  # not small: attention that starts even stays even
        self.places = nn.Parameter(torch.randn(patches, len(sizes), width) * 0.02)

    def forward(self, features: torch.Tensor, kept: torch.Tensor | None = None) -> torch.Tensor:
        """Every group's weighed tokens, one behind the other (n, g · d); of each group only those of patches at ``kept`` (n, k, g)."""
        tokens = self._tokens(features, kept)
        return (self._weights(tokens)[..., None] * tokens).sum(1).flatten(1)

    def attention(self, features: torch.Tensor) -> torch.Tensor:
        """What each group's [CLS] token attends to: (n, p, g), with the sum 1 over patches."""
        return self._weights(self._tokens(features))

    def _tokens(self, features: torch.Tensor, kept: torch.Tensor | None = None) -> torch.Tensor:
        """Tokens (n, p or k, g, d)."""
        parts = self.dropout(features).split(self.sizes, dim=-1)
        if kept is not None:
            parts = [_picked(part, kept[..., group]) for group, part in enumerate(parts)]
        projected = torch.stack([one(part) for one, part in zip(self.projections, parts, strict=True)], dim=2)
        return projected + (self.places if kept is None else self.places[kept, torch.arange(len(self.sizes))])

    def _weights(self, tokens: torch.Tensor) -> torch.Tensor:
        keys = torch.stack([one(tokens[:, :, number]) for number, one in enumerate(self.keys)], dim=2)
        return torch.softmax((keys * self.queries).sum(-1) / self.group_width**0.5, dim=1)


def _picked(tokens: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
    """Of each patient's tokens (n, p, d) those at ``kept`` (n, k): (n, k, d)."""
    return tokens.gather(1, kept[..., None].expand(-1, -1, tokens.shape[-1]))
