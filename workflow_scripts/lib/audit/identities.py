"""Whether a file names a patient: by id, in text however it is written down, or in a table.

What cannot be searched (no UTF-8, columns of columns) is refused, so that what passes was looked at.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from workflow_scripts.lib.contracts.base import read_arrow
from workflow_scripts.lib.errors import ContractError

WORD = re.compile(r"[^\W_]+")
TAG = re.compile(r"<[^>]*>")
ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)  # of JSON and YAML
SHORTEST, SHORTEST_NUMBER = 4, 6  # characters from which an id is told, in running text, from a word or a number
PATIENT_COLUMNS = {"patient_id", "source_id", "subject_id", "patient"}


class Identities:
    """The ids of patients. Long ones are looked for as words in any text; short ones only as whole values of text columns."""

    def __init__(self, ids: Iterable[str]) -> None:
        self.ids = frozenset(plain(str(found)) for found in ids)
        self._by_word: dict[str, list[tuple[str, int]]] = {}
        for found in self.ids:
            word = WORD.search(found)
            if word and is_telling(found):
                self._by_word.setdefault(word[0], []).append((found, word.start()))

    def in_text(self, text: str) -> set[str]:
        """Those that stand in a text, as words and whatever their case."""
        text = plain(text)
        found = set()
        for word in WORD.finditer(text):
            for identity, offset in self._by_word.get(word[0], ()):
                start = word.start() - offset
                if text.startswith(identity, start) and not _goes_on(text, start, start + len(identity), identity.isdecimal()):
                    found.add(identity)
        return found

    def in_values(self, values: Iterable[str]) -> set[str]:
        """Those that are one of these values, or stand in one."""
        found = set()
        for value in values:
            found |= self.in_text(value) | ({plain(value)} & self.ids)
        return found

    def in_file(self, path: Path) -> set[str]:
        """Those in a file: in the values, names and descriptions of a table's columns, or in the text of any other file.

        Raises ContractError for a file that is neither UTF-8 nor a table of columns that can be searched.
        """
        if path.suffix == ".parquet":
            return self._in_table(read_arrow(path), path.name)
        try:
            text = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            raise ContractError(f"{path.name}: is no text in UTF-8, and cannot be searched for patients") from None
        return set().union(*(self.in_text(found) for found in readings(text)))

    def _in_table(self, table: pa.Table, name: str) -> set[str]:
        described = [table.schema.metadata or {}, *(field.metadata or {} for field in table.schema)]
        found = self.in_values([*table.column_names, *(text.decode("utf-8", "replace") for pairs in described for text in _flat(pairs))])
        for field, column in zip(table.schema, table.columns, strict=True):
            found |= self._in_column(column, f"{name}: column {field.name}")
        return found

    def _in_column(self, column: pa.ChunkedArray, name: str) -> set[str]:
        while pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
            column = pa.chunked_array([chunk.flatten() for chunk in column.chunks], column.type.value_type)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            return self.in_values(value for value in column.unique().to_pylist() if value)
        if not (pa.types.is_primitive(column.type) or pa.types.is_null(column.type)):
            raise ContractError(f"{name} is of type {column.type}, and cannot be searched for patients")
        numbers = column.unique().to_pylist() if pa.types.is_integer(column.type) or pa.types.is_floating(column.type) else []
        return set().union(*(self.in_text(f"{value:.0f}") for value in numbers if value is not None and value % 1 == 0))


def plain(text: str) -> str:
    """The same text in one way of writing: composed characters, no difference of case, single spaces."""
    return " ".join(unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()).split())


def readings(text: str) -> set[str]:
    """A text as it stands, and as HTML, an address, JSON or YAML would have it read."""
    shown = unescape(text)
    return {text, shown, unescape(TAG.sub("", text)), unquote(text), ESCAPE.sub(_escaped, text), ESCAPE.sub(_escaped, shown)}


def _escaped(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    return chr(int(code, 16)) if code else " " if found[3] in "nrtbf" else found[3]


def is_telling(identity: str) -> bool:
    """Whether an id found in running text is likely to be meant as one."""
    return len(identity) >= (SHORTEST_NUMBER if identity.isdecimal() else SHORTEST)


def _goes_on(text: str, start: int, end: int, is_number: bool) -> bool:
    """Whether the word goes on before or behind, or a number as a decimal one."""
    before, behind = text[max(start - 2, 0) : start], text[end : end + 2]
    goes_on = re.search(r"[^\W_]$", before) or re.match(r"[^\W_]", behind)
    return bool(goes_on or (is_number and (re.search(r"\d\.$", before) or re.match(r"\.\d", behind))))


def _flat(pairs: dict[bytes, bytes]) -> Iterator[bytes]:
    for pair in pairs.items():
        yield from pair


def has_patient_column(path: Path) -> bool:
    """Whether a table has a row, or a value, per patient."""
    return path.suffix == ".parquet" and bool(PATIENT_COLUMNS & {name.casefold() for name in pq.read_schema(path).names})
