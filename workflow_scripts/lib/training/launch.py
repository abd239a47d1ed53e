"""Starting the processes of a training, as torchrun does on one machine."""

import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workflow_scripts.lib.errors import SPOKEN, ConfigError, StageRefusal
from workflow_scripts.lib.provenance.log import go_on_in_log, log_failure, log_path
from workflow_scripts.lib.provenance.sidecar import note, noted


def in_processes(count: int, device: str, function: Callable[..., Any], **arguments: Any) -> Any:
    """What ``function(**arguments)`` returns in the first of ``count`` processes, each with a GPU of its own where there are some.

    ``function`` must be importable, and arguments and result picklable; in the others it is given ``leads=False``. Raises ConfigError
    where there are fewer GPUs than processes, and what ``function`` raised, in words only.
    """
    if count == 1:
        return function(**arguments)
    from torch import cuda  # torch, which trainings of one process may do without
    from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    gpus = 0 if device == "cpu" else cuda.device_count()
    if 0 < gpus < count or (device == "cuda" and gpus == 0):
        raise ConfigError(f"processes: {count}, each with a GPU of its own, but {gpus} are visible; lower it, or say device: cpu")
    for chatty in ("torch.distributed", "torch.multiprocessing", "torchelastic-events-null"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL)  # they repeat what is raised
    with tempfile.TemporaryDirectory() as folder:
        config = LaunchConfig(
            min_nodes=1,
            max_nodes=1,
            nproc_per_node=count,
            max_restarts=0,  # the workflow's own attempts go on from the checkpoint
            run_id="training",
            rdzv_backend="c10d",
            rdzv_endpoint="localhost:0",
            local_addr="localhost",
            virtual_local_rank=bool(gpus),  # each process sees its own GPU only
            logs_specs=DefaultLogsSpecs(log_dir=folder),
        )
        try:
            result, facts = elastic_launch(config, _enter)(function, arguments, bool(gpus), log_path())[0]
        except ChildFailedError as error:
            raise _told(list(error.failures.values())) from None
    note(**facts)
    return result


def _enter(function: Callable[..., Any], arguments: dict[str, Any], on_gpu: bool, log: Path | None) -> tuple[Any, dict[str, Any]]:
    """In each process: join the group, run, and return what came of it with what is to be noted in the sidecar."""
    import torch

    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    if log is not None:
        go_on_in_log(log, logging.INFO if rank == 0 else logging.ERROR)
    torch.set_num_threads(max(1, torch.get_num_threads() // size))
    if not on_gpu:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    torch.distributed.init_process_group("nccl" if on_gpu else "gloo")
    try:
        result = function(**arguments, leads=rank == 0)
    except SPOKEN:
        raise
    except Exception as error:  # whose text may quote a patient
        log_failure(error, SPOKEN)
        raise RuntimeError(type(error).__name__) from None
    torch.distributed.destroy_process_group()  # not after an error: the others would fail of it before the error is known
    return result, noted()


def _told(failures: list[Any]) -> Exception:
    """What was raised in a process in words; else, as the others fail when one is gone, where and what the log has more of."""
    said = [failure.message["message"] if isinstance(failure.message, dict) else failure.message for failure in failures]
    known = {spoken.__name__: spoken for spoken in SPOKEN}
    for kind, _, words in (text.partition(": ") for text in said):
        if kind in known:
            return known[kind](words)
    if any(text.startswith("Signal") for text in said):
        return StageRefusal(
            f"a process of the training was ended from outside ({said[0]}), most often for its memory; give the rule more "
            "(mem_mb in profiles/default) or lower batch_size, and run again: it goes on from its last checkpoint"
        )
    return RuntimeError(f"a process of the training ended: {'; '.join(said)}")
