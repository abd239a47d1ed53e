"""The processes of a training on one machine."""

import logging
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from workflow_scripts.lib.errors import SPOKEN
from workflow_scripts.lib.provenance.log import go_on_in_log, log_failure
from workflow_scripts.lib.provenance.sidecar import noted

ALONE = {"rdzv_backend": "c10d", "rdzv_endpoint": "localhost:0", "local_addr": "localhost"}


@dataclass(frozen=True)
class Work:
    """What each of the ``processes`` of a machine does, with a GPU of its own where there are some, and the log that it writes."""

    function: Callable[..., Any]
    arguments: dict[str, Any]
    processes: int
    device: str
    log: Path | None


@dataclass(frozen=True)
class Outcome:
    """Of one machine: what the first process of all returned and noted for the sidecar, where that was here, or how processes failed."""

    of_first: tuple[Any, dict[str, Any]] | None = None
    failures: list[str] = field(default_factory=list)


def on_node(work: Work, nodes: int = 1, meeting: dict[str, Any] | None = None) -> Outcome:
    """What came of ``work`` on this machine, one of ``nodes`` that meet as ``meeting`` (settings of LaunchConfig) says."""
    gpus = 0 if work.device == "cpu" else torch.cuda.device_count()
    if 0 < gpus < work.processes or (work.device == "cuda" and gpus == 0):
        where = f", {work.processes} on each of {nodes} machines" if nodes > 1 else ""
        asked = f"processes: {work.processes * nodes}, each with a GPU of its own{where}"
        return Outcome(failures=[f"ConfigError: {asked}, but {gpus} are visible; lower it, or say device: cpu"])
    for chatty in ("torch.distributed", "torch.multiprocessing", "torchelastic-events-null"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL)  # they repeat what is raised
    with tempfile.TemporaryDirectory() as folder:
        config = LaunchConfig(
            min_nodes=nodes,
            max_nodes=nodes,
            nproc_per_node=work.processes,
            max_restarts=0,  # the workflow's own attempts go on from the checkpoint
            run_id="training",
            virtual_local_rank=bool(gpus),  # each process sees its own GPU only
            logs_specs=DefaultLogsSpecs(log_dir=folder),
            **(meeting or ALONE),
        )
        try:
            by_rank = elastic_launch(config, _enter)(work, bool(gpus), nodes == 1)
        except ChildFailedError as error:
            told = [failure.message for failure in error.failures.values()]
            return Outcome(failures=[words["message"] if isinstance(words, dict) else words for words in told])
    return Outcome(of_first=by_rank.get(0))


def _enter(work: Work, on_gpu: bool, alone: bool) -> tuple[Any, dict[str, Any]]:
    """In each process: join the group, run, and return what came of it with what is to be noted in the sidecar."""
    leads = os.environ["RANK"] == "0"
    if work.log is not None:
        go_on_in_log(work.log, logging.INFO if leads else logging.ERROR)
    torch.set_num_threads(max(1, torch.get_num_threads() // work.processes))
    if alone and not on_gpu:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    torch.distributed.init_process_group("nccl" if on_gpu else "gloo")
    try:
        result = work.function(**work.arguments, leads=leads)
    except SPOKEN:
        raise
    except Exception as error:  # whose text may quote a patient
        log_failure(error, SPOKEN)
        raise RuntimeError(type(error).__name__) from None
    torch.distributed.barrier()  # a machine that ends long before the others has them ended
    torch.distributed.destroy_process_group()  # not after an error: the others would fail of it before the error is known
    return result, noted()
