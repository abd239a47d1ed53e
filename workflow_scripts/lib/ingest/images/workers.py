"""Many images, in as many processes as there are workers, one image in memory in each."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import TypeVar

from workflow_scripts.lib.errors import StageRefusal

Task = TypeVar("Task")


@dataclass(frozen=True)
class Done:
    """What became of one image: facts of a contract, or why it is refused; and why its mask is."""

    facts: dict[str, object]
    fault: str = ""
    mask_fault: str = ""


def in_workers(work: Callable[[Task], Done], tasks: Sequence[Task], workers: int) -> Iterator[Done]:
    """What became of each task, in their order, whatever the number of workers."""
    if workers <= 1 or len(tasks) < 2:
        yield from map(work, tasks)
        return
    chunk = max(1, len(tasks) // (8 * workers))  # ``work`` travels with every one, and may hold a folder's inventory
    try:
        with ProcessPoolExecutor(min(workers, len(tasks)), multiprocessing.get_context("forkserver")) as pool:
            yield from pool.map(work, tasks, chunksize=chunk)
    except BrokenProcessPool:
        raise StageRefusal("images: a worker was killed, most likely for want of memory: give more of it, or fewer threads") from None
