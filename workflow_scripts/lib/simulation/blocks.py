"""Patients in blocks: who they are, and a stream of random numbers for each part and block."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from workflow_scripts.lib.survival.seeds import derive_seed

BLOCK = 20_000


@dataclass(frozen=True)
class Block:
    """Patients ``start`` to ``stop`` of a world with this ``seed``."""

    seed: int
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    @property
    def ids(self) -> np.ndarray:
        """How the world's files name the patients: (n,) text."""
        return np.array([f"SIM-{number:07d}" for number in range(self.start + 1, self.stop + 1)])

    @property
    def rows(self) -> slice:
        """Where they are among all patients."""
        return slice(self.start, self.stop)

    def rng(self, *words: str) -> np.random.Generator:
        """Random numbers for what ``words`` name, of these patients alone; the same whenever it is asked for."""
        return np.random.default_rng(derive_seed(self.seed, *words, self.start))


def blocks(seed: int, patients: int) -> Iterator[Block]:
    """All patients, block by block."""
    for start in range(0, patients, BLOCK):
        yield Block(seed, start, min(start + BLOCK, patients))
