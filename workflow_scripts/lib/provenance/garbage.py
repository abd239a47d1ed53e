"""When Python looks for garbage: seldom where nearly everything stays, and never at the end."""

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = 100_000  # new objects between two looks; Python's own 700 makes a third of planning a search


def collect_seldom() -> None:
    """For a process that makes a million objects that all stay, as a plan's are."""
    gc.set_threshold(SELDOM)
    end_at_once()


def end_at_once() -> None:
    """Spare the last look through everything as the process ends: a second for torch with transformers."""
    atexit.register(gc.freeze)


@contextmanager
def not_collecting() -> Iterator[None]:
    """For imports: a quarter of transformers' is a search for garbage, of which they make hardly any. What they made is left alone."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
