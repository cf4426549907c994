"""Alibaba Cloud's conversation analytics: `tickets` with a `dialogue`, and the like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from data.readers.build import RawConversation, RawTurn, Reading, build, seconds
from data.readers.records import Record


def looks_like(document: Any) -> bool:
    """`tickets`, or one ticket alone."""
    if not isinstance(document, Mapping):
        return False
    return isinstance(document.get("tickets"), list) or _dialogue(document) is not None


def _dialogue(ticket: Mapping[str, Any]) -> list[Any] | None:
    for key in ("dialogue", "dialogueList"):
        if isinstance(ticket.get(key), list):
            return list(ticket[key])
    return None


def read(reading: Reading, document: Any) -> Iterator[Record]:
    """All tickets; lines are positions in the list. Numeric roles have no fixed meaning and stay unknown."""
    tickets = document["tickets"] if isinstance(document.get("tickets"), list) else [document]
    for number, ticket in enumerate(tickets, 1):
        dialogue = _dialogue(ticket) if isinstance(ticket, Mapping) else None
        if not dialogue or not all(isinstance(item, Mapping) for item in dialogue):
            yield reading.rejected(
                number, "missing_turns", "ticket without a `dialogue` of at least one turn"
            )
            continue
        yield from build(
            reading,
            number,
            RawConversation(
                turns=[_turn(item) for item in dialogue],
                id=ticket.get("tid") or ticket.get("id"),
                channel=ticket.get("channel") or "hotline",
                started_at=ticket.get("callTime") or ticket.get("beginTime") or ticket.get("startTime"),
                agent_id=ticket.get("customerServiceId"),
                customer_key=ticket.get("customerId"),
            ),
            number if len(tickets) > 1 else None,
        )


def _turn(item: Mapping[str, Any]) -> RawTurn:
    words = item.get("words") if "words" in item else item.get("content")
    role = item.get("role")
    return RawTurn(
        words,
        role if isinstance(role, str) and not role.isdigit() else item.get("identity"),
        seconds(item.get("begin"), 1000),
        seconds(item.get("end"), 1000),
    )
