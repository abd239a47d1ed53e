"""How a script becomes a job: log, named arguments, checked settings, threads, sidecars."""

import hashlib
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from inspect import signature
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from workflow_scripts.lib.config.base import Section, parse
from workflow_scripts.lib.contracts.files import sha256_of
from workflow_scripts.lib.errors import SPOKEN
from workflow_scripts.lib.provenance.garbage import end_at_once
from workflow_scripts.lib.provenance.log import log_failure, logger, start_log
from workflow_scripts.lib.provenance.sidecar import write_sidecars

ON_REQUEST = ("code", "module")  # params for the trail, given to a script only where it names them
SPARE = (0.2, 300)  # a job gives way before its scheduler's limit: this part of its time, at most so many seconds


class ArgumentMismatch(TypeError):
    """A rule and its script do not name the same inputs, outputs and params."""


def run_job(main: Callable[..., str | None], job: Any) -> None:
    """Run ``main`` with the named inputs, outputs and params of Snakemake's ``job`` object.

    A forgotten or misspelt name is a TypeError with the name in it. A ``cfg`` parameter annotated with a
    config model is validated as that model. What ``main`` returns is logged, in one line. Exits with
    status 1 and one sentence for errors meant to be read.
    """
    start_log(job.log[0])
    end_at_once()
    started = datetime.now(UTC)
    try:
        arguments = {**_arguments(main, job), **_limit(main, job)}
        with threadpool_limits(job.threads):
            if "torch" in sys.modules:  # has threads of its own, and no script that does not train may import it
                sys.modules["torch"].set_num_threads(job.threads)
            done = main(**arguments)
        write_sidecars(job, started)
    except Exception as error:
        log_failure(error, (*SPOKEN, ArgumentMismatch))
        sys.exit(1)
    logger.info("%s: %s", job.rule, done or "done")


def _arguments(main: Callable[..., Any], job: Any) -> dict[str, Any]:
    """What ``main`` is called with; raises ArgumentMismatch with the name that is missing, unknown or given twice."""
    expected = signature(main)
    params = [(name, value) for name, value in job.params.items() if name not in ON_REQUEST or name in expected.parameters]
    named = [*job.input.items(), *job.output.items(), *params]
    arguments = dict(named)
    try:
        if len(arguments) < len(named):
            twice = [name for name, times in Counter(name for name, _ in named).items() if times > 1]
            raise TypeError(f"two things are named {', '.join(twice)}")
        expected.bind(**arguments)
    except TypeError as error:
        raise ArgumentMismatch(f"rule {job.rule} does not fit its script: {error}") from None
    model = expected.parameters.get("cfg")
    if model is not None and isinstance(model.annotation, type) and issubclass(model.annotation, Section):
        arguments["cfg"] = parse(model.annotation, arguments["cfg"], "cfg")
    return arguments


def _limit(main: Callable[..., Any], job: Any) -> dict[str, float]:
    """For a script that asks for ``stop_at``: when, on the clock of time.monotonic, it must have saved what it did.

    That is some time before the limit of a Slurm job (the resource ``runtime``, minutes). Nothing ends other jobs: they are told nothing.
    """
    if "stop_at" not in signature(main).parameters or "SLURM_JOB_ID" not in os.environ:
        return {}
    seconds = 60 * job.resources.runtime
    return {"stop_at": time.monotonic() + seconds - min(SPARE[0] * seconds, SPARE[1])}


def fingerprint(*values: Any, files: Sequence[str | Path] = ()) -> str:
    """A digest of settings and of the bytes of ``files``: names what belongs to exactly these and to nothing else."""
    text = json.dumps([*values, *(sha256_of(path) for path in files)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
