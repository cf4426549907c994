"""Google's conversation JSON: `entries` with a role and microseconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from data.readers.build import RawConversation, RawTurn, Reading, build, seconds
from data.readers.records import Record

_EPOCH_USEC = 1e14  # larger times are absolute


def looks_like(document: Any) -> bool:
    """`entries` whose items have text."""
    if not isinstance(document, Mapping) or not isinstance(document.get("entries"), list):
        return False
    return all(isinstance(entry, Mapping) and "text" in entry for entry in document["entries"])


def read(reading: Reading, document: Any) -> Iterator[Record]:
    """The one conversation. Where entries lack roles, their user ids stay unknown speakers."""
    entries = document["entries"]
    times = [seconds(e.get("start_timestamp_usec")) for e in entries]
    known = [time for time in times if time is not None]
    base = min(known) if known and min(known) > _EPOCH_USEC else 0.0
    about = document.get("conversation_info") or {}
    turns = [
        RawTurn(e.get("text"), e.get("role"), None if time is None else (time - base) / 1e6)
        for e, time in zip(entries, times, strict=True)
    ]
    if not turns:
        yield reading.rejected(1, "empty_turns", "`entries` is empty")
        return
    categories = [c.get("display_name") for c in about.get("categories") or [] if isinstance(c, Mapping)]
    yield from build(
        reading,
        1,
        RawConversation(
            turns=turns,
            id=document.get("conversation_id") or about.get("conversation_id") or document.get("id"),
            channel=categories[0] if categories else None,
            started_at=int(base) if base else None,
        ),
    )
