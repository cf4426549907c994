"""JSON Lines as in the contract, and single JSON documents of the same shape."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from data.readers.build import RawConversation, RawTurn, Reading, build, seconds
from data.readers.encoding import PROBLEMS, text_lines
from data.readers.records import Record

_KNOWN = {"id", "channel", "started_at", "org", "agent_id", "customer_key", "metadata", "turns"}


def looks_like(document: Any) -> bool:
    """A conversation of the contract, or a list of them."""
    if isinstance(document, list):
        return (
            bool(document) and all(isinstance(item, Mapping) for item in document) and looks_like(document[0])
        )
    return isinstance(document, Mapping) and "turns" in document


def read_document(reading: Reading, document: Any) -> Iterator[Record]:
    """One conversation or a list of them; lines are positions in the list."""
    items = document if isinstance(document, list) else [document]
    for number, item in enumerate(items, 1):
        yield from conversation(reading, number, item, number if len(items) > 1 else None)


def read_lines(reading: Reading, path: Path) -> Iterator[Record]:
    """One conversation a line; a broken line is rejected and the rest goes on."""
    number = 0
    for line, text, problem in text_lines(path):
        if problem or (text is not None and text.strip()):
            number += 1
            yield from read_line(reading, line, text, problem, number)


def read_line(
    reading: Reading, line: int, text: str | None, problem: str | None, number: int | None
) -> Iterator[Record]:
    """The records of one line; `problem` is what `text_lines` found wrong with it."""
    if problem or text is None:
        code = problem or "bad_encoding"
        yield reading.rejected(line, code, PROBLEMS[code])
        return
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        place = f" (column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        yield reading.rejected(line, "bad_json", f"not valid JSON{place}; every line must be one JSON object")
        return
    yield from conversation(reading, line, value, number)


def conversation(reading: Reading, line: int, value: Any, number: int | None) -> Iterator[Record]:
    """The records of one value of the contract's shape."""
    if not isinstance(value, Mapping):
        yield reading.rejected(line, "bad_json", "not a JSON object; expected a conversation with `turns`")
        return
    turns = value.get("turns")
    if turns is None:
        yield reading.rejected(line, "missing_turns", "no `turns`; give a list of at least one turn")
        return
    if not isinstance(turns, list) or not turns:
        yield reading.rejected(line, "empty_turns", "`turns` is not a list of at least one turn")
        return
    if not all(isinstance(turn, Mapping) for turn in turns):
        yield reading.rejected(line, "bad_turn", "a turn is not an object with `speaker` and `text`")
        return
    metadata = value.get("metadata")
    more = {key: item for key, item in value.items() if key not in _KNOWN}
    yield from build(
        reading,
        line,
        RawConversation(
            turns=[
                RawTurn(
                    turn.get("text"),
                    turn.get("speaker"),
                    seconds(turn.get("start")),
                    seconds(turn.get("end")),
                )
                for turn in turns
            ],
            id=value.get("id"),
            channel=value.get("channel"),
            started_at=value.get("started_at"),
            org=value.get("org"),
            agent_id=value.get("agent_id"),
            customer_key=value.get("customer_key"),
            metadata={**more, **(metadata if isinstance(metadata, Mapping) else {})},
        ),
        number,
    )
