"""A small run made by hand: two cohorts, two families, every file with a sidecar, and sealed."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from workflow_scripts.lib.audit.seal import gather, write_seal
from workflow_scripts.lib.audit.sealed import OUTPUTS
from workflow_scripts.lib.audit.trail import Trail, read_trail
from workflow_scripts.lib.audit.verify import verify
from workflow_scripts.lib.contracts.files import sha256_of, write_json
from workflow_scripts.lib.provenance.code import code_of, parse_again
from workflow_scripts.lib.provenance.sidecar import SUFFIX, subject_of

COHORTS, FAMILIES = ("ward", "annex"), ("cox", "forest")
TARGETS = ["results/leaderboard.parquet", "results/report/overview.html"]
CONFIG = ["config/config.yaml"]
PATIENTS = ["MRN-0001", "MRN-0002", "MRN-0003", "7"]
RULES = {
    **dict.fromkeys(["fetch_source", "build_cohort"], "ingest"),
    **dict.fromkeys(["fit_student", "predict_student"], "student"),
    **dict.fromkeys(["score_predictions", "write_leaderboard"], "evaluate"),
    "show_leaderboard": "report",
}


class World:
    """A working directory with code, raw files, configuration and results."""

    def __init__(self, folder: Path, **params: dict[str, Any]) -> None:
        self.folder, self.params, self.minute = folder, params, 0
        self.environment = {"packages": {"python": "3.11", "numpy": "2.4.6"}}
        self.cpu = "EPYC"
        self.write("envs/lock.txt", "numpy==2.4.6\n")
        self.write("config/config.yaml", "seed: 1\n")
        self.write("workflow_scripts/lib/shared.py", '"""Used by all."""\n\nHALF = 0.5\n')
        for rule, stage in RULES.items():
            self.write(f"workflow_scripts/{stage}/{rule}.py", f"from workflow_scripts.lib.shared import HALF\n\nNAME = '{rule}'\n")
        for cohort in COHORTS:
            self.write(f"data/{cohort}.csv", f"id,months\n{cohort},1\n")

    @property
    def results(self) -> Path:
        return self.folder / "results"

    def write(self, name: str, text: str) -> None:
        """Write a file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def table(self, name: str, contract: str, **columns: list) -> None:
        """Write a table."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(columns).replace_schema_metadata({"contract": contract}), path)

    def job(self, rule: str, outputs: list[str], inputs: list[str], **wildcards: str) -> None:
        """The sidecars of a job that wrote ``outputs``."""
        self.minute += 1
        code = sorted(["workflow_scripts/lib/shared.py", f"workflow_scripts/{RULES[rule]}/{rule}.py"])
        lock = {"lock_sha256": sha256_of(self.folder / "envs/lock.txt")}
        read = [{"uri": uri, "digest": {"sha256": sha256_of(self.folder / uri)}} for uri in [*inputs, *code]]
        asked = {"rule": rule, "wildcards": wildcards, "params": self.params.get(rule, {"seed": 1})}
        inner = {"code": code_of(self.folder, code[0] if rule in code[0] else code[1]), "environment": {**self.environment, **lock}}
        made = {"externalParameters": asked, "internalParameters": inner, "resolvedDependencies": read}
        minute = f"2026-01-01T00:{self.minute:02d}"
        self._sidecars(outputs, made, {"startedOn": f"{minute}:00.000Z", "finishedOn": f"{minute}:59.999Z"})

    def _sidecars(self, outputs: list[str], made: dict[str, Any], times: dict[str, str], **course: str) -> None:
        run = {"metadata": times, "survdistill_machine": {"host": "vm", "cpu": self.cpu}, "survdistill_course": course}
        head = {"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://slsa.dev/provenance/v1"}
        for name in outputs:
            subject = [subject_of(str(self.folder / name), name)]
            write_json(
                f"{self.folder / name}{SUFFIX}", {**head, "subject": subject, "predicate": {"buildDefinition": made, "runDetails": run}}
            )

    def run(self) -> "World":
        """Make everything."""
        parse_again(self.folder)
        for cohort in COHORTS:
            self._ingest(cohort)
            for family in FAMILIES:
                self._student(cohort, family)
        self.evaluate()
        return self

    def _ingest(self, cohort: str) -> None:
        source, registry, patients = (
            f"results/{cohort}/ingest/{name}" for name in ("sources/patients", "registry.parquet", "patients.parquet")
        )
        self.write(source, (self.folder / f"data/{cohort}.csv").read_text(encoding="utf-8"))
        self.job("fetch_source", [source], [f"data/{cohort}.csv"], cohort=cohort, source="patients")
        self.table(registry, "registry", patient_id=PATIENTS, source_id=[f"{cohort}/{patient}" for patient in PATIENTS])
        self.table(patients, "patients", patient_id=PATIENTS, days=[3.0, 4.0, 5.0, len(cohort) + 0.0])
        self.job("build_cohort", [registry, patients], [source], cohort=cohort)

    def _student(self, cohort: str, family: str) -> None:
        place, named = f"results/{cohort}/student/{family}", {"cohort": cohort, "family": family}
        setting = self.params.get("fit_student", {}).get("trees", 10)
        self.write(f"{place}/bundle/weights.txt", f"{family} of {cohort} {setting}")
        digest = sha256_of(self.folder / place / "bundle/weights.txt")
        self.write(f"{place}/bundle/MANIFEST.json", json.dumps({"weights.txt": digest}))
        self.table(f"{place}/history.parquet", "history", step=[1], value=[0.5])
        read = [f"results/{cohort}/ingest/patients.parquet"]
        self.job("fit_student", [f"{place}/bundle/MANIFEST.json", f"{place}/history.parquet"], read, **named)
        risk = [setting / 10 + len(cohort + family)] * 4
        self.table(f"{place}/predictions.parquet", "predictions", patient_id=PATIENTS, log_risk=risk)
        self.job("predict_student", [f"{place}/predictions.parquet"], [*read, f"{place}/bundle/MANIFEST.json"], **named)
        scores = f"results/{cohort}/evaluate/{family}/fold_metrics.parquet"
        self.table(scores, "fold_metrics", metric=["harrell_c", "ibs"], value=[risk[0] / 100, 0.2])
        self.job("score_predictions", [scores], [*read, f"{place}/predictions.parquet"], **named)

    def evaluate(self, cohorts: Sequence[str] = COHORTS) -> None:
        """Leaderboard and page."""
        scores = {(c, f): f"results/{c}/evaluate/{f}/fold_metrics.parquet" for c in cohorts for f in FAMILIES}
        rows = [
            {"cohort": c, "family": f, **row} for (c, f), path in scores.items() for row in pq.read_table(self.folder / path).to_pylist()
        ]
        board = pd.DataFrame(rows).rename(columns={"value": "mean"})
        self.table(TARGETS[0], "leaderboard", **board.to_dict("list"))
        self.job("write_leaderboard", [TARGETS[0]], list(scores.values()))
        self.write(TARGETS[1], f"<html>{board.to_csv()}</html>")
        self.job("show_leaderboard", [TARGETS[1]], [TARGETS[0]])

    def seal(self) -> "World":
        """Seal, as the rule does, now."""
        paths = {path.split("/")[2].split(".")[0]: str(self.folder / path) for path in OUTPUTS}
        started = _moment()
        run = write_seal(gather(self.trail(), TARGETS, CONFIG), **paths)
        made = {"resolvedDependencies": [{"uri": name, "digest": {"sha256": sha256_of(self.folder / name)}} for name in TARGETS]}
        self._sidecars(list(OUTPUTS), made, {"startedOn": started, "finishedOn": _moment()}, sealing=run["sha256"])
        return self

    def trail(self) -> Trail:
        return read_trail(self.results)

    def findings(self) -> list[str]:
        """What verify finds."""
        return [str(found) for found in verify(self.results, self.folder)[1]]

    def retell(self, name: str, *way: Any, to: Any) -> None:
        """Another value in the sidecar of an artifact."""
        path = Path(f"{self.folder / name}{SUFFIX}")
        statement = inner = json.loads(path.read_text(encoding="utf-8"))
        for key in way[:-1]:
            inner = inner[key]
        inner[way[-1]] = to
        write_json(path, statement)


def _moment() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
