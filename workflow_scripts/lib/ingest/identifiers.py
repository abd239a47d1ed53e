"""What identifies a patient, as columns: declared in the cohort's file, or recognised by name or by what is in them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from workflow_scripts.lib.errors import StageRefusal

LOOKED_AT = 2000  # values of a column
MOST = 0.8  # of them: the column is taken for one of identifiers


@dataclass(frozen=True)
class Lexicon:
    """``resources/identifiers.yaml``: words of column names, patterns of values, and patterns of places in a text, by kind."""

    names: Mapping[str, re.Pattern]
    values: Mapping[str, str]
    texts: Sequence[tuple[str, re.Pattern]]

    def kind_of(self, column: str) -> str | None:
        """What a column of this name would hold, where that identifies a patient."""
        parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column)  # lastName
        words = re.sub(r"[^a-z0-9]+", " ", parted.lower()).strip()
        return next((kind for kind, pattern in self.names.items() if pattern.search(words)), None)


def load_lexicon(path: str | Path) -> Lexicon:
    """The lexicon in a file."""
    raw = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    names = {kind: re.compile("|".join(map(_word, words))) for kind, words in raw["columns"].items()}
    values = {kind: rf"^({one['pattern']})$" for kind, one in raw["values"].items()}
    return Lexicon(names, values, [(one["kind"], re.compile(one["pattern"])) for one in raw["texts"]])


def _word(word: str) -> str:
    """A word of a column's name, or the whole of it."""
    return rf"^{re.escape(word[1:])}$" if word.startswith("=") else rf"\b{re.escape(word)}\b"


def identifier_columns(table: pa.Table, declared: Iterable[str], lexicon: Lexicon) -> dict[str, str]:
    """By column that identifies patients, how that is known: declared, by its name, or by its values."""
    found = {}
    for name in table.column_names:
        if name in declared:
            found[name] = "declared"
        elif kind := lexicon.kind_of(name):
            found[name] = f"its name is that of {kind}"
        elif kind := _kind_of_values(table[name], lexicon):
            found[name] = f"its values look like {kind}"
    return found


def refuse_identifiers(tables: Mapping[str, pa.Table], covariates: Iterable[str], declared: Sequence[str], lexicon: Lexicon) -> None:
    """Raise StageRefusal naming every covariate that identifies patients: a model would learn who is who, and a prompt would say it."""
    wanted = list(covariates)
    found = {}
    for table in tables.values():
        found |= identifier_columns(table.select([name for name in table.column_names if name in wanted]), declared, lexicon)
    if found:
        faults = [f"- covariate '{name}': {why}" for name, why in sorted(found.items())]
        remedy = "take them out of covariates, or rename in the source what is none"
        raise StageRefusal("\n".join(["covariates that identify patients:", *faults, remedy]))


def _kind_of_values(column: pa.ChunkedArray, lexicon: Lexicon) -> str | None:
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return None
    text = pc.utf8_trim_whitespace(column.slice(0, LOOKED_AT)).combine_chunks()
    text = text.filter(pc.greater(pc.utf8_length(pc.fill_null(text, "")), 0))
    if not len(text):
        return None
    for kind, pattern in lexicon.values.items():
        if pc.mean(pc.cast(pc.match_substring_regex(text, pattern), pa.float64())).as_py() >= MOST:
            return kind
    return None
