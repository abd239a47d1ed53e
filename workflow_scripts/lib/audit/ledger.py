"""The ledger and its edges: the trail as two tables, and back."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd

from workflow_scripts.lib.audit.trail import Artifact, Trail, role_of
from workflow_scripts.lib.contracts.audit import EDGES, LEDGER
from workflow_scripts.lib.contracts.base import Contract, read_arrow, read_table, write_table


def ledger_rows(trail: Trail, names: list[str], reachable: set[str]) -> list[dict[str, Any]]:
    """One row per artifact of ``names``."""
    return [_row(trail.artifacts[name], trail.locate(name).stat().st_size, name in reachable) for name in sorted(names)]


def _row(artifact: Artifact, size: int, reachable: bool) -> dict[str, Any]:
    params, seed = _json(artifact.params), artifact.params.get("seed")
    return {
        "path": artifact.path,
        "sha256": artifact.sha256,
        "bytes": size,
        "rows": artifact.rows,
        "schema_sha256": artifact.schema_sha256,
        "rule": artifact.rule,
        "wildcards": _json(artifact.wildcards),
        "params": params,
        "params_sha256": hashlib.sha256(params.encode()).hexdigest(),
        "code": artifact.code,
        "environment": _json(artifact.environment),
        "seed": seed if isinstance(seed, int) else None,
        "reachable": reachable,
    }


def edge_rows(trail: Trail, names: list[str]) -> list[dict[str, Any]]:
    """One row per artifact of ``names`` and file that it was made from."""
    return [
        {"artifact": name, "input": uri, "input_sha256": digest, "role": role_of(uri)}
        for name in sorted(names)
        for uri, digest in sorted(trail.artifacts[name].inputs.items())
    ]


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def write_rows(rows: list[dict[str, Any]], path: str | Path, contract: Contract) -> None:
    """Write rows whose numbers may be unknown."""
    write_table(pd.DataFrame(rows, columns=[field.name for field in contract.fields], dtype=object), path, contract)


def read_rows(path: str | Path) -> list[dict[str, Any]]:
    """The rows of a ledger or of its edges; raises ContractError when the file is not readable."""
    return read_arrow(path).to_pylist()


def artifacts_of(folder: Path) -> dict[str, Artifact]:
    """The artifacts that the ledger and the edges in ``folder`` speak of, without when and where they were made."""
    ledger, edges = read_table(folder / "ledger.parquet", LEDGER), read_table(folder / "edges.parquet", EDGES)
    inputs = {name: dict(zip(rows["input"], rows["input_sha256"], strict=True)) for name, rows in edges.groupby("artifact")}
    return {
        row.path: Artifact(
            path=row.path,
            sha256=row.sha256,
            rule=row.rule,
            wildcards=json.loads(row.wildcards),
            params=json.loads(row.params),
            code=row.code,
            environment=json.loads(row.environment),
            inputs=inputs.get(row.path, {}),
        )
        for row in ledger.itertuples()
    }
