"""Starting the processes of a training, as torchrun does: on one machine, or on several of a Slurm job."""

from collections.abc import Callable
from typing import Any

from workflow_scripts.lib.errors import SPOKEN, StageRefusal
from workflow_scripts.lib.provenance.log import log_path
from workflow_scripts.lib.provenance.sidecar import note


def in_processes(count: int, device: str, function: Callable[..., Any], nodes: int = 1, **arguments: Any) -> Any:
    """What ``function(**arguments)`` returns in the first of ``count`` processes, each with a GPU of its own where there are some.

    They are spread evenly over ``nodes`` machines. ``function`` must be importable, and arguments and result picklable; in all
    processes but the first it is given ``leads=False``. Raises ConfigError where a machine has fewer GPUs than processes or there
    are no such machines, and what ``function`` raised, in words only.
    """
    if count == 1:
        return function(**arguments)
    from workflow_scripts.lib.training.node import Work, on_node  # torch, which trainings of one process may do without
    from workflow_scripts.lib.training.nodes import on_nodes

    work = Work(function, arguments, count // nodes, device, log_path())
    outcomes = [on_node(work)] if nodes == 1 else on_nodes(work, nodes)
    if failures := [words for outcome in outcomes for words in outcome.failures]:
        raise _told(failures)
    (result, facts) = next(outcome.of_first for outcome in outcomes if outcome.of_first)
    note(**facts)
    return result


def _told(said: list[str]) -> Exception:
    """What was raised in a process in words; else, as the others fail when one is gone, where and what the log has more of."""
    known = {spoken.__name__: spoken for spoken in SPOKEN}
    for kind, _, words in (text.partition(": ") for text in said):
        if kind in known:
            return known[kind](words)
    if killed := [text for text in said if text.startswith("Signal")]:
        return StageRefusal(
            f"a process of the training was ended from outside ({killed[0]}), most often for its memory; give the rule more "
            "(mem_mb in profiles/default) or lower batch_size, and run again: it goes on from its last checkpoint"
        )
    return RuntimeError(f"a process of the training ended: {'; '.join(said)}")
