"""Opening a file of conversations: told apart by shape, then read as a stream."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any

from data.domain.errors import InvalidInputError, UnknownFormatError
from data.readers import amazon, genesys, google, jsonl, post_call, sca, subtitles, tables, transcript
from data.readers.build import Reading
from data.readers.encoding import detect
from data.readers.records import ConversationFile, Record

_HEAD_BYTES = 1 << 18
_MAX_DOCUMENT = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class DocumentReader:
    """A format that is one JSON document."""

    name: str
    looks_like: Callable[[Any], bool]
    read: Callable[[Reading, Any], Iterator[Record]]


@dataclass(frozen=True, slots=True)
class TextReader:
    """A format of lines, recognised by the beginning of the text."""

    name: str
    looks_like: Callable[[str], bool]
    read: Callable[[Reading, Path], Iterator[Record]]


# Order matters where shapes overlap: the more particular first.
DOCUMENTS = (
    DocumentReader("jsonl", jsonl.looks_like, jsonl.read_document),
    DocumentReader("post_call_analytics", post_call.looks_like, post_call.read),
    DocumentReader("contact_lens", amazon.is_contact_lens, amazon.read),
    DocumentReader("transcribe_call_analytics", amazon.is_call_analytics, amazon.read),
    DocumentReader("genesys", genesys.looks_like, genesys.read),
    DocumentReader("google", google.looks_like, google.read),
    DocumentReader("sca", sca.looks_like, sca.read),
)
TEXTS = (
    TextReader("webvtt", subtitles.is_webvtt, subtitles.read),
    TextReader("srt", subtitles.is_srt, subtitles.read),
    TextReader("csv", lambda head: tables.csv_delimiter(_first_line(head)) is not None, tables.read_csv),
    TextReader("text", lambda head: True, transcript.read),
)


def open_conversations(path: Path, zone: tzinfo) -> ConversationFile:
    """Recognise a file and open it as a stream of records; bare times are read in `zone`.

    Raises InvalidInputError for a folder, a missing, empty or unreadable file, UnknownFormatError for one
    that no reader knows. Nothing is judged by the file's name.
    """
    head = _head(path)
    reading = Reading(path.name, path.stem, zone)
    if tables.is_workbook(head, path):
        return ConversationFile(path.name, "xlsx", tables.read_workbook(reading, path))
    if _is_binary(head):
        raise UnknownFormatError(
            f"{path.name}: binary data; expected JSON, CSV, Excel, WebVTT, SRT or plain text"
        )
    text = head.decode({"utf-8-sig": "utf-8-sig", "utf-16": "utf-16"}.get(detect(path), "gb18030"), "replace")
    if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
        return _json_file(path, reading, text)
    for reader in TEXTS:
        if reader.looks_like(text):
            return ConversationFile(path.name, reader.name, reader.read(reading, path))
    raise UnknownFormatError(f"{path.name}: shape not recognised")


def _json_file(path: Path, reading: Reading, head: str) -> ConversationFile:
    """JSON Lines stream; anything else is one document and is loaded whole."""
    if _is_lines(head):
        return ConversationFile(path.name, "jsonl", jsonl.read_lines(reading, path))
    size = path.stat().st_size
    if size > _MAX_DOCUMENT:
        raise InvalidInputError(
            f"{path.name}: one JSON document of {size >> 20} MB; above {_MAX_DOCUMENT >> 20} MB use JSON Lines"
        )
    try:
        document = json.loads(path.read_bytes().decode(detect(path), "replace"))
    except (json.JSONDecodeError, RecursionError):
        # Neither a document nor recognisably lines: read as lines, which says what is wrong with each.
        return ConversationFile(path.name, "jsonl", jsonl.read_lines(reading, path))
    for reader in DOCUMENTS:
        if reader.looks_like(document):
            return ConversationFile(path.name, reader.name, reader.read(reading, document))
    if isinstance(document, dict):
        return ConversationFile(path.name, "jsonl", jsonl.read_document(reading, document))
    raise UnknownFormatError(
        f"{path.name}: JSON of an unknown shape; the known ones are {', '.join(r.name for r in DOCUMENTS)}"
    )


def _is_lines(head: str) -> bool:
    """Whether some full line is a JSON object by itself and is a conversation or is followed by another."""
    lines = [line.strip() for line in head.lstrip("\ufeff").splitlines() if line.strip()]
    objects = 0
    for line in lines[:20]:
        if not line.startswith("{"):
            continue
        try:
            value = json.loads(line)
        except (json.JSONDecodeError, RecursionError):
            continue
        if isinstance(value, dict):
            if "turns" in value:
                return True
            objects += 1
    # A very long first line may not end inside the head: a document would be indented or known by its keys.
    return objects > 1 or (len(lines) == 1 and len(head) >= _HEAD_BYTES // 4 and '"turns"' in head[:4096])


def _head(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise InvalidInputError(f"{path.name}: is a folder; name the files in it")
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
    except FileNotFoundError as error:
        raise InvalidInputError(f"{path.name}: no such file") from error
    except PermissionError as error:
        raise InvalidInputError(f"{path.name}: no permission to read it") from error
    except OSError as error:
        raise InvalidInputError(f"{path.name}: cannot be read ({error.strerror})") from error
    if not head.strip():
        raise InvalidInputError(f"{path.name}: empty file")
    return head


def _is_binary(head: bytes) -> bool:
    """Many NUL bytes, unless they are UTF-16's; a few NULs in a text are repaired turn by turn."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return False
    sample = head[:65536]
    control = sum(byte < 9 or 13 < byte < 32 for byte in sample)
    return control > max(8, len(sample) * 0.02)


def _first_line(head: str) -> str:
    return next((line for line in head.lstrip("\ufeff").splitlines() if line.strip()), "")
