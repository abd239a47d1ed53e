"""The processes of a training on several machines of a Slurm job: srun starts this module once on each, and they meet as under torchrun."""

import os
import pickle
import socket
import subprocess
import sys
import time
from base64 import decodebytes, encodebytes
from collections import defaultdict
from typing import Any

from torch.distributed import DistError, TCPStore

from workflow_scripts.lib.errors import ConfigError, StageRefusal
from workflow_scripts.lib.provenance.sidecar import note
from workflow_scripts.lib.training.node import Outcome, Work, on_node

ANSWER = b"survdistill answers"
NAME = "SLURMD_NODENAME"  # of the machine, as Slurm calls it
OURS = ("SLURM_JOB_ID", "SLURM_CONF")  # of Slurm's variables; the others are those of the step that this process runs in
LAST_WORDS = 60  # seconds that the other machines have when one has ended


def on_nodes(work: Work, nodes: int) -> list[Outcome]:
    """What came of ``work`` on each of ``nodes`` machines of this Slurm job, of which this is the first.

    Work and outcomes go through srun's pipes. Raises ConfigError outside of a job, and StageRefusal where machines do not answer.
    """
    if not {"SLURM_JOB_ID", NAME} <= os.environ.keys():
        raise ConfigError(f"nodes: {nodes} machines of a Slurm job are asked for, and this is none; use --profile slurm, or say nodes: 1")
    task = pickle.dumps((work, nodes, _address(), _free_port()))
    words = [f"--nodes={nodes}", f"--ntasks={nodes}", "--ntasks-per-node=1", f"--wait={LAST_WORDS}", "--kill-on-bad-exit=0"]
    command = ["srun", "--overlap", "--cpu-bind=none", *words, sys.executable, "-m", __name__]
    known = {name: value for name, value in os.environ.items() if name in OURS or not name.startswith(("SLURM_", "SRUN_"))}
    done = _run(command, input=task, env=known)
    sys.stderr.write(done.stderr.decode(errors="replace"))
    outcomes = dict(pickle.loads(decodebytes(answer)) for answer in _answers(done.stdout))
    if len(outcomes) < nodes and not any(outcome.failures for outcome in outcomes.values()):
        said = [line for line in done.stderr.decode(errors="replace").splitlines() if line.startswith(("srun: error", "slurmstepd: error"))]
        raise StageRefusal(
            f"{len(outcomes)} of {nodes} machines answered ({said[0] if said else f'srun ended with {done.returncode}'}); "
            "see that the job has that many, and run again: it goes on from its last checkpoint"
        )
    note(machines=sorted(outcomes))
    return list(outcomes.values())


def _address() -> str:
    """Under which Slurm reaches this machine."""
    command = ["scontrol", "--oneliner", "show", "node", os.environ[NAME]]
    done = _run(command)
    known = dict(word.split("=", 1) for word in done.stdout.decode().split() if "=" in word)
    if "NodeAddr" not in known:
        raise StageRefusal(f"Slurm does not tell the address of this machine: `{' '.join(command)}` ended with {done.returncode}")
    return known["NodeAddr"]


def _run(command: list[str], **how: Any) -> subprocess.CompletedProcess:
    try:
        return subprocess.run(command, capture_output=True, check=False, **how)
    except FileNotFoundError:
        raise ConfigError(f"there is no {command[0]} on this machine, which training over several takes; say nodes: 1") from None


def _free_port() -> int:
    with socket.create_server(("", 0)) as listening:
        return listening.getsockname()[1]


def _answers(said: bytes) -> list[bytes]:
    """One per machine, of the short lines that srun passes on whole, whichever machine has the word."""
    answers: dict[bytes, bytes] = defaultdict(bytes)
    for line in said.splitlines():
        if line.startswith(ANSWER):
            _, machine, part = line.rsplit(b" ", 2)
            answers[machine] += part
    return list(answers.values())


def _answer() -> None:
    """On each machine: take the work from standard input, and answer with its outcome."""
    answers, rank = os.dup(sys.stdout.fileno()), int(os.environ["SLURM_NODEID"])
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever else is printed is no answer
    work, nodes, host, port = pickle.load(sys.stdin.buffer)
    try:
        store = TCPStore(host, port, is_master=rank == 0, wait_for_workers=False, multi_tenant=True)
    except DistError:
        store, outcome = None, Outcome(failures=[f"StageRefusal: the machines cannot meet at {host}:{port}; open the ports between them"])
    else:
        outcome = on_node(work, nodes, {"rdzv_backend": "static", "rdzv_endpoint": f"{host}:{port}", "rdzv_configs": {"rank": rank}})
    with os.fdopen(answers, "wb") as out:
        for part in encodebytes(pickle.dumps((os.environ[NAME], outcome))).splitlines():
            out.write(b"%s %d %s\n" % (ANSWER, rank, part))
    end = time.monotonic() + LAST_WORDS
    while store and store.add("ended", int(rank > 0)) < nodes - 1 and rank == 0 and time.monotonic() < end:
        time.sleep(0.1)  # the first machine has what the others meet at, and leaves last


if __name__ == "__main__":
    _answer()
