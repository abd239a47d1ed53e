"""Text files as streams: unpacked within bounds, decoded, and refused by name where they are no text."""

import codecs
import gzip
import io
import zipfile
import zlib
from pathlib import Path, PurePath
from typing import BinaryIO

from workflow_scripts.lib.errors import StageRefusal

MOST_RATIO, FREE_BYTES = 200, 16_000_000  # a packed file may grow to FREE_BYTES, beyond that to MOST_RATIO times its size
BLOCK = 8_000_000  # bytes read at once: a row must fit into it
PACKED = (".gz", ".zip")
DAMAGED = (EOFError, OSError, zlib.error, zipfile.BadZipFile, NotImplementedError)


def suffix_of(path: str | Path, name: str) -> str:
    """The suffix that says what is in the file ``path``, called ``name``: that below .gz or .zip, or that of a .zip's one member."""
    pure = PurePath(name.lower())
    if pure.suffix not in PACKED:
        return pure.suffix
    inner = PurePath(pure.stem).suffix
    return PurePath(_member(path, name).filename.lower()).suffix if pure.suffix == ".zip" and not inner else inner


def refuse_bomb(unpacked: int, packed: int, name: str) -> None:
    """Raise StageRefusal where ``unpacked`` bytes are more than ``packed`` ones can honestly hold."""
    if unpacked > max(FREE_BYTES, MOST_RATIO * packed):
        raise StageRefusal(
            f"{name}: {packed} bytes unpack to {unpacked} or more, over {MOST_RATIO} times as many: "
            "it looks like a decompression bomb; unpack it yourself if it is none"
        )


class TextStream(io.RawIOBase):
    """The text of a file as UTF-8 bytes, without byte order mark and leading blank lines.

    Reading raises StageRefusal where the file is damaged, unpacks to far more than its size, is not in the encoding or
    holds NUL bytes that are not to be dropped. ``quotes`` counts the quotation marks read so far.
    """

    def __init__(self, path: str | Path, name: str, encoding: str, drop_nul: bool = False) -> None:
        super().__init__()
        self._raw: BinaryIO = io.BytesIO()  # closed with the stream, even where it cannot be opened
        try:
            "".encode(encoding)  # refuses codecs that are not of text
            self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        except LookupError:
            raise StageRefusal(f"{name}: '{encoding}' is no known encoding; set source.encoding, such as utf-8 or cp1252") from None
        self._name, self._encoding, self._size = name, encoding, Path(path).stat().st_size
        self._ahead, self._started, self._unpacked, self.quotes = b"", False, 0, 0
        self._drop_nul = drop_nul
        self._raw = self._guarded(_opened, path, name)

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._raw.close()
        super().close()

    def peek(self) -> str:
        """The first block, which stays to be read."""
        self._fill()
        return self._ahead.decode("utf-8", errors="ignore")  # the block may end inside a character

    def readinto(self, buffer: memoryview) -> int:
        self._fill()
        taken = self._ahead[: len(buffer)]
        buffer[: len(taken)] = taken
        self._ahead = self._ahead[len(taken) :]
        return len(taken)

    def _fill(self) -> None:
        """Make ``_ahead`` hold something, unless the file is at its end."""
        at_end = False
        while not self._ahead and not at_end:
            block = self._guarded(self._raw.read, BLOCK)
            at_end = not block
            text = self._decoded(block, at_end)
            if not self._started:
                text = text.removeprefix("\ufeff").lstrip("\r\n")
                self._started = bool(text)
            self.quotes += text.count('"')
            self._ahead = text.encode()

    def _decoded(self, block: bytes, at_end: bool) -> str:
        held = len(self._decoder.getstate()[0])
        try:
            text = self._decoder.decode(block, at_end)
        except UnicodeDecodeError as error:
            raise StageRefusal(
                f"{self._name}: byte {self._unpacked - held + error.start} is not {self._encoding}; "
                "set source.encoding to what the file is written in, such as cp1252 or utf-16"
            ) from None
        self._unpacked += len(block)
        refuse_bomb(self._unpacked if self._name.lower().endswith(PACKED) else 0, self._size, self._name)
        if "\0" in text and not self._drop_nul:
            raise StageRefusal(
                f"{self._name}: {text.count(chr(0))} NUL bytes: no text file; export it as text, set source.encoding, or source.drop_nul"
            )
        return text.replace("\0", "")

    def _guarded(self, read, *arguments):
        try:
            return read(*arguments)
        except DAMAGED as error:
            kind = type(error).__name__
            raise StageRefusal(f"{self._name}: cannot be unpacked or read ({kind}); it may be truncated: copy it again") from None


def _opened(path: str | Path, name: str) -> BinaryIO:
    packing = PurePath(name.lower()).suffix
    if packing == ".zip":
        member = _member(path, name)
        with zipfile.ZipFile(path) as archive:  # whose file stays open until the member is closed
            return archive.open(member)
    return gzip.open(path) if packing == ".gz" else open(path, "rb")


def _member(path: str | Path, name: str) -> zipfile.ZipInfo:
    """The one file in a .zip; raises StageRefusal for several, none, one behind a password, or no .zip at all."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
    except DAMAGED as error:
        raise StageRefusal(f"{name}: not a readable .zip ({type(error).__name__}); it may be truncated: copy it again") from None
    if len(members) != 1:
        raise StageRefusal(f"{name}: {len(members)} files inside, expected exactly one: unpack it and name the one that is meant")
    if members[0].flag_bits & 1:
        raise StageRefusal(f"{name}: it is encrypted: unpack it and name the file inside")
    return members[0]
