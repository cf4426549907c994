"""Which encoding a text file is in, told from its beginning and its bytes, never from its name."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 1 << 20
# A line longer than this is skipped without being held in memory.
MAX_LINE_BYTES = 10 * 1024 * 1024


def detect(path: Path) -> str:
    """`utf-8-sig`, `utf-16` or `gb18030`. Reads the file once through, in chunks, unless a mark tells at once.

    A file that is UTF-8 but for some broken lines is UTF-8: those lines are reported by whoever reads them.
    """
    with path.open("rb") as stream:
        head = stream.read(4)
        for mark, name in _BOMS:
            if head.startswith(mark):
                return name
        stream.seek(0)
        good, bad = 0, 0
        for raw in bounded_lines(stream):
            if raw is None or raw.isascii():
                continue
            try:
                raw.decode("utf-8")
                good += 1
            except UnicodeDecodeError:
                bad += 1
            if good + bad >= 200:
                break
    return "gb18030" if bad > good else "utf-8-sig"


def bounded_lines(stream: BinaryIO) -> Iterator[bytes | None]:
    """Lines of a binary stream without their ends; None stands for a line above MAX_LINE_BYTES."""
    readline = stream.readline
    while True:
        line = readline(MAX_LINE_BYTES + 1)
        if not line:
            return
        if len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = readline(_CHUNK)
            yield None
            continue
        yield line.rstrip(b"\r\n")


def text_lines(path: Path) -> Iterator[tuple[int, str | None, str | None]]:
    """(line number, text, problem): problem is `line_too_long` or `bad_encoding`, and text then None."""
    encoding = detect(path)
    if encoding == "utf-16":
        with path.open(encoding="utf-16", errors="replace", newline=None) as lines:
            for number, line in enumerate(lines, 1):
                yield number, line.rstrip("\n"), None
        return
    decoder = "utf-8" if encoding == "utf-8-sig" else encoding
    with path.open("rb") as stream:
        for number, raw in enumerate(bounded_lines(stream), 1):
            if raw is None:
                yield number, None, "line_too_long"
                continue
            try:
                yield number, raw.removeprefix(codecs.BOM_UTF8).decode(decoder), None
            except UnicodeDecodeError:
                yield number, None, "bad_encoding"


class LineSplitter:
    """Lines of UTF-8 text that arrives in pieces, numbered and judged as `text_lines` does."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._skipping = False
        self._number = 0

    def feed(self, piece: bytes) -> Iterator[tuple[int, str | None, str | None]]:
        """The lines that are complete with this piece."""
        self._rest += piece
        *lines, rest = self._rest.split(b"\n")
        for line in lines:
            yield self._line(bytes(line))
        self._rest = bytearray(rest)
        if len(self._rest) > MAX_LINE_BYTES:
            self._skipping, self._rest = True, bytearray()

    def end(self) -> Iterator[tuple[int, str | None, str | None]]:
        """The last line, if it had no end."""
        if self._rest or self._skipping:
            yield self._line(bytes(self._rest))
            self._rest = bytearray()

    def _line(self, raw: bytes) -> tuple[int, str | None, str | None]:
        self._number += 1
        if self._skipping or len(raw) > MAX_LINE_BYTES:
            self._skipping = False
            return self._number, None, "line_too_long"
        try:
            return self._number, raw.removeprefix(codecs.BOM_UTF8).decode("utf-8").rstrip("\r"), None
        except UnicodeDecodeError:
            return self._number, None, "bad_encoding"


PROBLEMS = {
    "line_too_long": f"line above {MAX_LINE_BYTES // 2**20} MB skipped; split the conversation",
    "bad_encoding": "bytes that are not valid in the file's encoding; save the file as UTF-8",
}
