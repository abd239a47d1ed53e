"""One job of extract_radiomics in a process of its own, for benchmarks/radiomics.py: prints its CPU seconds, and MiB at its peak."""

import json
import sys
import time
from pathlib import Path

from workflow_scripts.lib.config.radiomics import RadiomicsConfig
from workflow_scripts.radiomics import extract_radiomics


def main(folder: Path, patch: int) -> None:
    """Compute the world in ``folder``, which has no cache yet; libraries that load then are part of it, Python's start is not."""
    start = time.process_time()
    cfg = RadiomicsConfig(shards=1, device="cpu")
    inputs = {"standardised": folder / "standardised.parquet", "bundle": folder / "images/MANIFEST.json", "settings": cfg.settings}
    outputs = {name: folder / f"{name}.parquet" for name in ("patch_features", "refusals")}
    extract_radiomics.main(**inputs, **outputs, cfg=cfg, cache=folder / "cache", patch=patch, shard="1", strict=True, threads=1, code="")
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    mib = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith(("VmHWM", "RssAnon"))}
    print(json.dumps({"seconds": time.process_time() - start, "peak_mib": mib["VmHWM"], "own_mib": mib["RssAnon"]}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
