"""How a script becomes a job: log, named arguments, checked settings, threads, sidecars."""

import sys
from collections.abc import Callable
from datetime import datetime, timezone
from inspect import signature
from typing import Any

from threadpoolctl import threadpool_limits

from workflow_scripts.lib.config.base import Section, parse
from workflow_scripts.lib.errors import SPOKEN
from workflow_scripts.lib.provenance.log import log_failure, logger, start_log
from workflow_scripts.lib.provenance.sidecar import write_sidecars

NOT_ARGUMENTS = ("code", "module")


def run_job(main: Callable[..., str | None], job: Any) -> None:
    """Run ``main`` with the named inputs, outputs and params of Snakemake's ``job`` object.

    A forgotten or misspelt name is a TypeError with the name in it. A ``cfg`` parameter annotated with a
    config model is validated as that model. What ``main`` returns is logged, in one line. Exits with
    status 1 and one sentence for errors meant to be read.
    """
    start_log(job.log[0])
    started = datetime.now(timezone.utc)
    params = {name: value for name, value in job.params.items() if name not in NOT_ARGUMENTS}
    try:
        with threadpool_limits(job.threads):
            done = main(**dict(job.input.items()), **dict(job.output.items()), **_checked(main, params))
        write_sidecars(job, started)
    except Exception as error:
        log_failure(error, SPOKEN)
        sys.exit(1)
    logger.info("%s: %s", job.rule, done or "done")


def _checked(main: Callable[..., Any], params: dict[str, Any]) -> dict[str, Any]:
    model = signature(main).parameters.get("cfg")
    if model is not None and isinstance(model.annotation, type) and issubclass(model.annotation, Section):
        return {**params, "cfg": parse(model.annotation, params["cfg"], "cfg")}
    return params
