"""The processes that share a training: each takes its part of every batch, and all make the same step."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import distributed, nn

Part = TypeVar("Part")


@dataclass(frozen=True)
class Group:
    """This process, number ``rank`` of ``size``. What is asked of a group, all its processes ask, in the same order.

    Where an example is, and in which part of the batch, does not depend on ``size``: n processes do what one does with n times
    the ``gradient_accumulation``, up to the rounding of sums.
    """

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this is the process that writes files."""
        return self.rank == 0

    def deal(self, parts: Sequence[Part]) -> Sequence[Part]:
        """This process's of ``parts``; none, where there are fewer than processes."""
        return parts[self.rank :: self.size]

    def gather(self, value: Any) -> list[Any]:
        """``value`` of every process, by rank."""
        if self.size == 1:
            return [value]
        found: list[Any] = [None] * self.size
        distributed.all_gather_object(found, value)
        return found

    def sum(self, terms: Mapping[str, float]) -> dict[str, float]:
        """Terms summed over processes, those too that only some have."""
        totals: dict[str, float] = defaultdict(float)
        for found in self.gather(dict(terms)):
            for name, value in found.items():
                totals[name] += value
        return totals

    def sum_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace every gradient by its sum over processes, all at once."""
        if self.size == 1:
            return
        parameters, works = list(parameters), []
        has = self.gather([parameter.grad is not None for parameter in parameters])
        for parameter, anywhere in zip(parameters, map(any, zip(*has, strict=True)), strict=True):
            if anywhere:  # what no process used has no gradient, and is left alone
                parameter.grad = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
                works.append(distributed.all_reduce(parameter.grad, async_op=True))
        for work in works:
            work.wait()


def current_group() -> Group:
    """The group that this process was started in; one of its own where there is none."""
    joined = distributed.is_available() and distributed.is_initialized()
    return Group(distributed.get_rank(), distributed.get_world_size()) if joined else Group()
