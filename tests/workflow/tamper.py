"""Tampering with a finished run, at random, and undoing it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

SUFFIX = ".provenance.json"
OUTSIDE = ["config/config.yaml", "config/cohorts/ward.yaml", "data/ward.csv", "data/letters.csv"]


class Tamperer:
    """Alters files below ``folder``, remembers them, and puts them back. Every method returns the names of what it touched."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.rng, self.before = folder, np.random.default_rng(seed), {}
        names = [path.relative_to(folder).as_posix() for path in sorted((folder / "results").rglob("*")) if path.is_file()]
        self.files = [name for name in names if not name.startswith(("results/logs/", "results/benchmarks/"))]
        self.sidecars = [name for name in self.files if name.endswith(SUFFIX)]
        self.artifacts = [name.removesuffix(SUFFIX) for name in self.sidecars]

    def methods(self) -> list[Callable[[], set[str]]]:
        """Every way to tamper."""
        ways = [self.flip_a_bit, self.truncate, self.swap, self.swap_sidecars, self.edit_a_sidecar, self.retell_a_sidecar]
        ways += [self.delete_a_sidecar, self.delete_an_artifact, self.delete_any, self.replace_settings, self.edit_the_run_index]
        return [*ways, self.shorten_the_run_index, self.add_an_orphan, self.edit_the_manifest]

    def undo(self) -> None:
        """Put every touched file back."""
        for name, data in self.before.items():
            self._path(name).unlink(missing_ok=True) if data is None else self._path(name).write_bytes(data)
        self.before = {}

    def _path(self, name: str) -> Path:
        return self.folder / name

    def _write(self, name: str, data: bytes | None) -> None:
        path = self._path(name)
        self.before.setdefault(name, path.read_bytes() if path.exists() else None)
        path.unlink(missing_ok=True) if data is None else path.write_bytes(data)

    def _read(self, name: str) -> bytes:
        return self._path(name).read_bytes()

    def _any(self, names: list[str]) -> str:
        return names[self.rng.integers(len(names))]

    def flip_a_bit(self) -> set[str]:
        name = self._any([name for name in self.files + OUTSIDE if self._read(name)])
        data = bytearray(self._read(name))
        data[self.rng.integers(len(data))] ^= 1 << int(self.rng.integers(8))
        self._write(name, bytes(data))
        return {name}

    def truncate(self) -> set[str]:
        name = self._any([name for name in self.files if self._read(name)])
        data = self._read(name)
        self._write(name, data[: self.rng.integers(len(data))])
        return {name}

    def _swap(self, names: list[str]) -> set[str]:
        one = self._any(names)
        other = self._any([name for name in names if self._read(name) != self._read(one)])
        first, second = self._read(one), self._read(other)
        self._write(one, second)
        self._write(other, first)
        return {one, other}

    def swap(self) -> set[str]:
        return self._swap(self.artifacts)

    def swap_sidecars(self) -> set[str]:
        return self._swap(self.sidecars)

    def edit_a_sidecar(self) -> set[str]:
        name = self._any(self.sidecars)
        data = bytearray(self._read(name))
        place = self.rng.integers(len(data))
        data[place] = (data[place] + 1 + int(self.rng.integers(255))) % 256
        self._write(name, bytes(data))
        return {name}

    def retell_a_sidecar(self) -> set[str]:
        """Another value somewhere, written as sidecars are written."""
        name = self._any(self.sidecars)
        statement = json.loads(self._read(name))
        place = self._any(list(_places(statement)))
        *way, last = place
        inner = statement
        for key in way:
            inner = inner[key]
        inner[last] = _another(inner[last], self.rng)
        self._write(name, (json.dumps(statement, indent=1, sort_keys=True) + "\n").encode())
        return {name}

    def delete_a_sidecar(self) -> set[str]:
        name = self._any(self.sidecars)
        self._write(name, None)
        return {name}

    def delete_an_artifact(self) -> set[str]:
        name = self._any(self.artifacts)
        self._write(name, None)
        return {name}

    def delete_any(self) -> set[str]:
        name = self._any(self.files + OUTSIDE)
        self._write(name, None)
        return {name}

    def replace_settings(self) -> set[str]:
        name = self._any(OUTSIDE[:2])
        self._write(name, self._read(name) + b"# replaced\n")
        return {name}

    def edit_the_run_index(self) -> set[str]:
        name = "results/audit/runs.jsonl"
        lines = self._read(name).decode().splitlines()
        place = self.rng.integers(len(lines))
        run = json.loads(lines[place])
        key = self._any(sorted(run))
        lines[place] = json.dumps({**run, key: _another(run[key], self.rng)}, sort_keys=True)
        self._write(name, "".join(f"{line}\n" for line in lines).encode())
        return {name}

    def shorten_the_run_index(self) -> set[str]:
        name = "results/audit/runs.jsonl"
        lines = self._read(name).splitlines(keepends=True)
        del lines[self.rng.integers(len(lines))]
        self._write(name, b"".join(lines))
        return {name}

    def add_an_orphan(self) -> set[str]:
        folder = Path(self._any(self.files)).parent
        name = f"{folder}/orphan{self.rng.integers(1000)}{self._any(['.parquet', '', '.json', '.svg'])}"
        self._write(name, self.rng.bytes(20))
        return {name}

    def edit_the_manifest(self) -> set[str]:
        name = "results/audit/manifest.sha256"
        lines = self._read(name).decode().splitlines()
        place = self.rng.integers(len(lines))
        digest, path = lines[place].split("  ")
        lines[place : place + 1] = [[], [f"{digest[::-1]}  {path}"], [f"{digest}  {path}x"]][self.rng.integers(3)]
        self._write(name, "".join(f"{line}\n" for line in lines).encode())
        return {name}


def _places(value: Any, way: tuple = ()) -> Any:
    """The way to every leaf."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        if isinstance(inner, dict | list) and inner:
            yield from _places(inner, (*way, key))
        else:
            yield (*way, key)


def _another(value: Any, rng: np.random.Generator) -> Any:
    if isinstance(value, bool) or value is None or isinstance(value, dict | list):
        return not value
    if isinstance(value, int | float):
        return value + 1
    place = rng.integers(len(value)) if value else 0
    return value[:place] + ("0" if value[place : place + 1] != "0" else "1") + value[place + 1 :]
