"""A copy of a run to share: results about groups of patients, and the trail; nothing about any one patient."""

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from workflow_scripts.lib.audit.explain import PATIENT
from workflow_scripts.lib.audit.index import INDEX
from workflow_scripts.lib.audit.seal import write_manifest
from workflow_scripts.lib.audit.trail import AUDIT, RESULTS, Artifact, read_trail
from workflow_scripts.lib.contracts.files import sha256_of
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.provenance.sidecar import SUFFIX

SHARED = {".parquet", ".svg", ".html"}
PATIENT_PAGES = {"prompts.html"}  # what a model read of patients, in full
PATIENT_COLUMNS = {PATIENT, "source_id"}
LONG = 4  # characters from which an id is looked for anywhere in a text; shorter ones would be found in every figure
TOKEN = re.compile(r"[\w.-]*\w")
README = """A run of survdistill, without patient data.

Here are results about groups of patients, figures, and the trail (what was made from what, by which code). Left out: {left}.
No file here has a column of patients, and none holds one of the {ids} ids of patients that the run knows (proved when this folder was made:
ids that are numbers are looked for as values of tables, others in every word of every file). Groups may be small: whether a count may leave
the house is for the house to say.

sha256sum -c manifest.sha256
"""


def export(root: Path, folder: Path) -> tuple[int, Counter]:
    """Copy into ``folder``, which must not exist; returns how many files, and what was left out by reason.

    Raises StageRefusal, leaving nothing behind, where a file to be copied holds a patient's id.
    """
    if folder.exists():
        raise StageRefusal(f"{folder} is there already; name a folder that is not")
    artifacts, _ = read_trail(root)
    ids, left, chosen = _ids(root, artifacts), Counter(), []
    for path in sorted(artifacts):
        reason = _kept_back(root, path)
        left.update([reason] if reason else [])
        chosen += [] if reason else [path, f"{path}{SUFFIX}"]
    crate = root / AUDIT / "crate"
    chosen += [*sorted(str(file.relative_to(root)) for file in crate.rglob("*") if file.is_file()), INDEX]
    chosen = [path for path in dict.fromkeys(chosen) if (root / path).is_file()]
    found = [path for path in chosen if _holds(root / path, ids)]
    if found:
        raise StageRefusal(f"{len(found)} of {len(chosen)} files hold an id of a patient ({', '.join(found[:3])}); nothing was exported")
    for path in chosen:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / path, folder / path)
    words = ", ".join(f"{count} {reason}" for reason, count in sorted(left.items())) or "nothing"
    (folder / "README.txt").write_text(README.format(left=words, ids=len(ids)), encoding="utf-8")
    write_manifest(folder / "manifest.sha256", {path: sha256_of(folder / path) for path in [*chosen, "README.txt"]})
    return len(chosen), left


def _kept_back(root: Path, path: str) -> str | None:
    """Why an artifact is not shared; None where it is."""
    if "/ingest/" in path:
        return "files of the ingest stage"
    if Path(path).suffix not in SHARED:
        return "checkpoints and other files that are no table, figure or page"
    if Path(path).name in PATIENT_PAGES:
        return "pages about single patients"
    if path.endswith(".parquet") and PATIENT_COLUMNS & set(pq.read_schema(root / path).names):
        return "tables with a row per patient"
    return None


def _ids(root: Path, artifacts: dict[str, Artifact]) -> set[str]:
    """Every id of a patient, as the registries have them."""
    registries = [path for path in artifacts if Path(path).name == "registry.parquet" and path.startswith(f"{RESULTS}/")]
    found: set[str] = set()
    for path in registries:
        rows = pd.read_parquet(root / path, columns=sorted(PATIENT_COLUMNS))
        found |= {str(value) for name in rows for value in rows[name]}
    return found


def _holds(path: Path, ids: set[str]) -> bool:
    """True where a table has an id as a value, or any file has one that is no mere number among its words."""
    if path.suffix == ".parquet":
        return any(not ids.isdisjoint(values) for values in _values(path)) or _words(pq.read_schema(path).to_string(), ids)
    return _words(unescape(path.read_text(encoding="utf-8", errors="replace")), ids)


def _values(path: Path) -> Iterator[set[str]]:
    table = pd.read_parquet(path)
    for name in table.select_dtypes(exclude=["number", "bool", "datetime"]):
        yield set(table[name].explode().dropna().astype(str))


def _words(text: str, ids: set[str]) -> bool:
    telling = {one for one in ids if len(one) >= LONG and not one.replace(".", "").isdigit()}
    return not telling.isdisjoint(TOKEN.findall(text))
