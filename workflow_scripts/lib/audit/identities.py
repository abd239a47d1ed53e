"""Whether a file names a patient: by id, in text or in a table."""

import re
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from workflow_scripts.lib.contracts.base import read_arrow

WORD = re.compile(r"[^\W_]+")
SHORTEST, SHORTEST_NUMBER = 4, 6  # characters from which an id is told, in running text, from a word or a number


class Identities:
    """The ids of patients. Long ones are looked for as words in any text; short ones only as whole values of text columns."""

    def __init__(self, ids: Iterable[str]) -> None:
        self.ids = frozenset(str(found).casefold() for found in ids)
        self._by_word: dict[str, list[tuple[str, int]]] = {}
        for found in self.ids:
            word = WORD.search(found)
            if word and is_telling(found):
                self._by_word.setdefault(word[0], []).append((found, word.start()))

    def in_text(self, text: str) -> set[str]:
        """Those that stand in a text, as words and whatever their case."""
        text = text.casefold()
        found = set()
        for word in WORD.finditer(text):
            for identity, offset in self._by_word.get(word[0], ()):
                start = word.start() - offset
                if text.startswith(identity, start) and not _goes_on(text, start, start + len(identity)):
                    found.add(identity)
        return found

    def in_values(self, values: Iterable[str]) -> set[str]:
        """Those that are one of these values, or stand in one."""
        found = set()
        for value in values:
            found |= self.in_text(value) | ({value.strip().casefold()} & self.ids)
        return found

    def in_file(self, path: Path) -> set[str]:
        """Those in a file: in the values, names and descriptions of a table's columns, or in the text of any other file."""
        if path.suffix != ".parquet":
            return self.in_text(path.read_text(encoding="utf-8", errors="replace"))
        table = read_arrow(path)
        described = self.in_text(repr([(field.name, field.metadata) for field in table.schema] + [table.schema.metadata]))
        return described.union(*(self.in_values(_texts(column)) for column in table.columns))


def is_telling(identity: str) -> bool:
    """Whether an id found in running text is likely to be meant as one."""
    return len(identity) >= (SHORTEST_NUMBER if identity.isdecimal() else SHORTEST)


def _goes_on(text: str, start: int, end: int) -> bool:
    """Whether the word, or a decimal number, goes on before or behind."""
    before, behind = text[max(start - 2, 0) : start], text[end : end + 2]
    return bool(re.search(r"[^\W_]$|\d\.$", before) or re.match(r"[^\W_]|\.\d", behind))


def _texts(column: pa.ChunkedArray) -> list[str]:
    """The distinct texts of a column, from within lists too."""
    while pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        column = pa.chunked_array([chunk.flatten() for chunk in column.chunks], column.type.value_type)
    text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    return [value for value in column.unique().to_pylist() if value] if text else []


def has_patient_column(path: Path) -> bool:
    """Whether a table has a row, or a value, per patient."""
    return path.suffix == ".parquet" and bool({"patient_id", "source_id", "subject_id", "patient"} & set(pq.read_schema(path).names))
