"""Time and memory of the ingest stage at three sizes of visits and of patients; visits against the same mapping in plain pandas.

Every measurement is a process of its own, on one thread, in seconds of its CPU, which others on the machine disturb less; its
peak is the kernel's (VmHWM). The slope is that of log time over log rows: 1 is linear.

    .venv/bin/python -m benchmarks.ingest_scaling
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from benchmarks.report import write_result
from workflow_scripts.ingest import build_cohort, build_visits
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.cohort import PatientsConfig
from workflow_scripts.lib.config.modalities.visits import VisitsConfig
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.registry import REGISTRY

PACKAGES = ("pyarrow", "pandas", "numpy", "meds")
VISITS, PATIENTS = (500_000, 1_000_000, 2_000_000), (250_000, 500_000, 1_000_000)
VISITS_PER_PATIENT = 20
INDEX = np.datetime64("2010-01-01")
TABLE = {"kind": "table", "path": "codes.csv"}
MAPPING = {"source": TABLE, "patient": {"column": "PATIENT"}, "time": "START", "code": "CODE", "vocabulary": "SNOMED", "value": "VALUE"}
COHORT = {
    "source": {"kind": "table", "path": "patients.csv"},
    "patient_id": "id",
    "time": {"column": "months", "unit": "months"},
    "event": {"column": "dead", "seen": [1], "censored": [0]},
    "covariates": {
        "age": {"kind": "numeric", "label": "age", "unit": "years"},
        "stage": {"kind": "categorical", "label": "stage", "levels": {"I": "one", "II": "two"}},
    },
    "missing": ["NA"],
}
LEXICON = "resources/identifiers.yaml"


def make_visits(folder: Path, rows: int) -> None:
    """A registry, and a shuffled table of codes over the decades around the index dates; a few rows have faults, or stranger's ids."""
    rng = np.random.default_rng(rows)
    ids = np.array([f"{number:08x}-{number * 7919 % 65536:04x}-4000-8000-{number:012x}" for number in range(rows // VISITS_PER_PATIENT)])
    index = INDEX + rng.integers(0, 2000, len(ids))
    nobody = pd.Series([None] * len(ids), dtype=object)
    moments = {"birth_date": index - 30_000, "index_date": index, "end_date": index + 4000, "event_date": index + 4000}
    texts = {"patient_id": ids, "source_id": ids, "site": nobody, "competing_event": nobody, "published_role": nobody}
    write_table(
        pd.DataFrame({**texts, **{name: days.astype("datetime64[us]") for name, days in moments.items()}}),
        folder / "registry.parquet",
        REGISTRY,
    )
    who = rng.integers(0, len(ids), rows)
    start = (index[who] + rng.integers(-8000, 4000, rows)).astype(str)
    code = rng.integers(10**7, 10**7 + 3000, rows).astype(str)
    value = np.where(rng.random(rows) < 0.3, rng.integers(0, 100, rows).astype(str), "")
    patient = np.where(rng.random(rows) < 0.02, "a stranger", ids[who])
    faults = {"START": np.where(rng.random(rows) < 0.01, "", start), "CODE": np.where(rng.random(rows) < 0.01, "no code", code)}
    pa.csv.write_csv(pa.table({"PATIENT": patient, **faults, "VALUE": value}), folder / "codes.csv")


def make_patients(folder: Path, rows: int) -> None:
    """A patients table of numbers and texts, some missing and a few bad."""
    rng = np.random.default_rng(rows)
    months = np.where(rng.random(rows) < 0.001, "0", rng.integers(1, 200, rows).astype(str))
    columns = {
        "id": np.char.add("p", np.arange(rows).astype(str)),
        "months": months,
        "dead": rng.integers(0, 2, rows).astype(str),
        "age": np.where(rng.random(rows) < 0.02, "NA", rng.integers(20, 90, rows).astype(str)),
        "stage": rng.choice(["I", "II"], rows),
    }
    pa.csv.write_csv(pa.table(columns), folder / "patients.csv")


def visits_ours(folder: Path) -> None:
    cfg = parse(VisitsConfig, {"tables": {"codes": MAPPING}}, "visits")
    build_visits.main([folder / "codes.csv"], folder / "registry.parquet", folder / "ours.parquet", folder / "refusals.parquet", cfg, False)


def visits_pandas(folder: Path) -> None:
    """The same rows as one would write it in pandas, for this table and its faults alone, without refusals."""
    known = pd.read_parquet(folder / "registry.parquet").sort_values("patient_id")
    known["subject_id"] = np.arange(1, len(known) + 1)
    rows = pd.read_csv(folder / "codes.csv", dtype=str).merge(known, left_on="PATIENT", right_on="source_id")
    rows["START"] = pd.to_datetime(rows["START"], format="ISO8601", errors="coerce")
    rows = rows[(rows["START"] < rows["index_date"]) & rows["CODE"].str.fullmatch(r"[1-9]\d{5,17}")]
    rows["time"] = (rows["START"] - rows["index_date"] + pd.Timestamp("2000-01-01")).astype("datetime64[us]")
    rows["code"] = "SNOMED//" + rows["CODE"]
    rows["numeric_value"] = rows["VALUE"].astype("float32")
    rows = rows[["subject_id", "time", "code", "numeric_value", "patient_id"]].drop_duplicates()
    rows.sort_values(["subject_id", "time", "code", "numeric_value"]).to_parquet(folder / "theirs.parquet", index=False)


def cohort_ours(folder: Path) -> None:
    out = {name: folder / f"{name}.parquet" for name in ("patients", "registry", "refusals")}
    cfg = parse(PatientsConfig, COHORT, "cohort")
    build_cohort.main(folder / "patients.csv", **out, cfg=cfg, lexicon=LEXICON, control="none", published=None, seed=1)


JOBS: dict[str, Callable[[Path], None]] = {"visits": visits_ours, "pandas": visits_pandas, "cohort": cohort_ours}


def measure(job: str, folder: Path) -> tuple[float, float]:
    """CPU seconds and peak MiB of one job in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.ingest_scaling", "--job", job, "--folder", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    found = json.loads(done.stdout)
    print(f"{job} {folder.name}: {found['seconds']:.2f} s, {found['peak_mib']:.0f} MiB", flush=True)
    return found["seconds"], found["peak_mib"]


def child(job: str, folder: Path) -> None:
    """Do one job and print its seconds and its peak."""
    start = time.process_time()
    JOBS[job](folder)
    seconds = time.process_time() - start
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    peak = next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))
    print(json.dumps({"seconds": seconds, "peak_mib": peak}))


def scaling(job: str, make: Callable[[Path, int], None], sizes: tuple[int, ...], folder: Path, rounds: int) -> dict[str, object]:
    """Median seconds and the highest peak at each size, sizes in turn, and the slope over all."""
    found: dict[int, list[tuple[float, float]]] = {size: [] for size in sizes}
    for size in sizes:
        (folder / f"{job}{size}").mkdir()
        make(folder / f"{job}{size}", size)
    for _ in range(rounds):
        for size in sizes:
            found[size].append(measure(job, folder / f"{job}{size}"))
    seconds = [median(run[0] for run in found[size]) for size in sizes]
    slope = np.polyfit(np.log(sizes), np.log(seconds), 1)[0]
    peaks = [round(max(run[1] for run in found[size])) for size in sizes]
    return {"rows": sizes, "seconds": [round(value, 2) for value in seconds], "peak_mib": peaks, "slope": round(slope, 3)}


def same(folder: Path) -> bool:
    """Whether both wrote the same rows in the same order."""
    ours, theirs = (pq.read_table(folder / f"{name}.parquet").replace_schema_metadata(None) for name in ("ours", "theirs"))
    return ours.equals(theirs.cast(ours.schema))


def main() -> None:
    """Measure and write benchmarks/results/ingest_scaling.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--job", choices=JOBS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.job:
        child(chosen.job, chosen.folder)
        return
    with tempfile.TemporaryDirectory() as scratch:
        facts = {
            "visits": scaling("visits", make_visits, VISITS, Path(scratch), chosen.rounds),
            "patients": scaling("cohort", make_patients, PATIENTS, Path(scratch), chosen.rounds),
        }
        middle = Path(scratch) / f"visits{VISITS[1]}"
        pairs = [(measure("visits", middle)[0], measure("pandas", middle)) for _ in range(chosen.rounds)]
        ours, theirs = [VISITS[1] / a for a, _ in pairs], [VISITS[1] / b[0] for _, b in pairs]
        peak = round(max(b[1] for _, b in pairs))
        more = {"unit": "rows of visits per CPU second", "rows": VISITS[1], "peer_peak_mib": peak, "threads": 1}
        print(write_result("ingest_scaling", "pandas", ours, theirs, same(middle), PACKAGES, **more, **facts))


if __name__ == "__main__":
    main()
