"""What reading a file yields: conversations, rejections, and notes on what was repaired."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from data.domain.conversation import Conversation


@dataclass(frozen=True, slots=True)
class Located:
    """A conversation and where it begins: the file's name and the 1-based line, row or position."""

    conversation: Conversation
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """What could not be read. `code` is stable; `message` says the remedy and never quotes the content."""

    path: str
    line: int | None
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Noted:
    """Something that was repaired or left out while the conversation was kept."""

    path: str
    line: int | None
    code: str
    message: str


Record = Located | Rejected | Noted


@dataclass(frozen=True, slots=True)
class ConversationFile:
    """An opened file: which reader recognised it, and its records, read as they are asked for."""

    path: str
    reader: str
    records: Iterator[Record]
