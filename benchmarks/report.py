"""How a comparison is written down: medians of interleaved runs, in benchmarks/results/<name>.json."""

import json
import os
import platform
import statistics
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def write_result(
    name: str, peer: str, ours: Sequence[float], theirs: Sequence[float], equal: bool, packages: Sequence[str], **facts: object
) -> Path:
    """Write one comparison of rates (higher is better), measured in turn: ours, theirs, ours, theirs, …

    ``ratio`` is the ratio of medians; ``low`` and ``high`` are the extremes of the ratio pair by pair; ``equal`` says
    whether both did the same work to the same result.
    """
    pairs = [a / b for a, b in zip(ours, theirs, strict=True)]
    comparison = {
        "peer": peer,
        "ratio": round(statistics.median(ours) / statistics.median(theirs), 3),
        "low": round(min(pairs), 3),
        "high": round(max(pairs), 3),
        "equal": equal,
        "ours": [round(value, 1) for value in ours],
        "theirs": [round(value, 1) for value in theirs],
    }
    return write_facts(name, packages, **comparison, **facts)


def write_facts(name: str, packages: Sequence[str], **facts: object) -> Path:
    """Write what was measured, with the versions of ``packages`` and the hardware it was measured on."""
    result = {
        "name": name,
        **facts,
        "versions": {package: version(package) for package in packages},
        "hardware": {"processor": _processor(), "cores": os.cpu_count(), "system": platform.system()},
    }
    path = RESULTS / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return path


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())
