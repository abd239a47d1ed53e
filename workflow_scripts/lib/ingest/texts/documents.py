"""Reports as their source has them, one document at a time, each with what is wrong with it."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

import pyarrow as pa
import pyarrow.compute as pc

from workflow_scripts.lib.config.modalities.reports import ReportsConfig
from workflow_scripts.lib.config.sources import PatientKey
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.members import ids_in
from workflow_scripts.lib.ingest.raw.folder import Folder, read_inventory
from workflow_scripts.lib.ingest.raw.reading import iterate_batches

UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\ufeff]")


@dataclass(frozen=True)
class Document:
    """One report: the ids and the codes of documents that its row or file name holds, its text, and where it was, as may be told."""

    ids: tuple[str, ...]
    codes: tuple[str, ...]
    text: str
    place: str
    fault: str = ""


def read_documents(source: str | Path, cfg: ReportsConfig) -> Iterator[Document]:
    """Every document of the source, rows of a table or files of a folder; raises StageRefusal where a column is not there."""
    if cfg.text is None:
        yield from _from_folder(read_inventory(source), cfg)
    else:
        yield from _from_table(source, cfg)


def _from_table(source: str | Path, cfg: ReportsConfig) -> Iterator[Document]:
    if cfg.patient.column is None:
        raise StageRefusal("reports.patient: a table names its patients in a column; give patient.column")
    row = 0
    for batch in iterate_batches(source, cfg.source, list(dict.fromkeys([cfg.patient.column, cfg.text, *cfg.keep]))):
        columns = {name: _texts(name, batch[name]) for name in batch.schema.names}
        for place, (key, text) in enumerate(zip(columns[cfg.patient.column], columns[cfg.text], strict=True)):
            row += 1
            if all(columns[name][place] in values for name, values in cfg.keep.items()):
                yield _checked(Document(*names_in(key or "", cfg.patient), text or "", f"row {row}"), cfg)


def _texts(name: str, column: pa.Array) -> list[str | None]:
    try:
        return pc.cast(column, pa.string()).to_pylist()
    except pa.ArrowException:
        raise StageRefusal(f"reports: column '{name}' holds {column.type}, expected text; convert it in the source") from None


def _from_folder(folder: Folder, cfg: ReportsConfig) -> Iterator[Document]:
    for place, (path, size) in enumerate(zip(folder.files["path"], folder.files["bytes"], strict=True), 1):
        names, where = names_in(PurePath(path).stem, cfg.patient), f"file {place}"
        if size > 4 * cfg.most_characters:  # never read: a character has at most four bytes
            yield Document(*names, "", where, _too_long(cfg))
            continue
        try:
            text = folder.read(path).decode(cfg.encoding)
        except UnicodeError:
            yield Document(*names, "", where, f"the report is not {cfg.encoding} text")
            continue
        except LookupError:
            raise StageRefusal(f"reports.encoding: '{cfg.encoding}' is no known encoding; set it, such as utf-8 or cp1252") from None
        yield _checked(Document(*names, text, where), cfg)


def names_in(text: str, key: PatientKey) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Ids in a file's name or a cell, and the codes of the document itself."""
    return ids_in(text, key), tuple(UUID.findall(text))


def _checked(document: Document, cfg: ReportsConfig) -> Document:
    """The document with its text cleaned, and the first thing that is wrong with it."""
    if "\x00" in document.text:
        return replace(document, text="", fault="the report holds NUL characters: it is no text")
    if len(document.text) > cfg.most_characters:
        return replace(document, text="", fault=_too_long(cfg))
    text = clean(document.text)
    few = len(text.split()) < cfg.fewest_words
    return replace(document, text=text, fault=f"the report is near-empty: fewer than {cfg.fewest_words} words" if few else "")


def _too_long(cfg: ReportsConfig) -> str:
    return f"the report is longer than {cfg.most_characters} characters"


def clean(text: str) -> str:
    """The text in composed Unicode (NFC), with plain line ends and without control characters; words stay as they are."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return CONTROL.sub("", text).strip()
