"""Amazon Transcribe Call Analytics and Contact Lens (voice and chat)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from data.readers.build import RawConversation, RawTurn, Reading, build, parse_time, seconds
from data.readers.records import Record

_MESSAGE_TYPES = ("text/plain", "text/markdown", "application/json", None)


def _transcript(document: Any) -> Sequence[Mapping[str, Any]] | None:
    transcript = document.get("Transcript") if isinstance(document, Mapping) else None
    return transcript if isinstance(transcript, list) else None


def is_contact_lens(document: Any) -> bool:
    """A transcript whose participants have ids of their own."""
    transcript = _transcript(document)
    if transcript is None:
        return False
    participants = document.get("Participants") or []
    return any(
        "ParticipantId" in item for item in [*transcript, *participants] if isinstance(item, Mapping)
    ) or ("CustomerMetadata" in document or "Version" in document)


def is_call_analytics(document: Any) -> bool:
    """A transcript whose turns name roles directly."""
    return _transcript(document) is not None


def read(reading: Reading, document: Any) -> Iterator[Record]:
    """The one conversation of a document; voice times are milliseconds, chat times absolute."""
    roles = {
        p.get("ParticipantId"): p.get("ParticipantRole")
        for p in document.get("Participants") or []
        if isinstance(p, Mapping)
    }
    items = [item for item in _transcript(document) or [] if isinstance(item, Mapping)]
    moments = [parse_time(item.get("AbsoluteTime"), reading.zone)[0] for item in items]
    first = next((moment for moment in moments if moment), None)
    turns = []
    for item, moment in zip(items, moments, strict=True):
        if item.get("ContentType") not in _MESSAGE_TYPES or item.get("Type") in ("EVENT", "ATTACHMENT"):
            continue
        role = (
            item.get("ParticipantRole") or roles.get(item.get("ParticipantId")) or item.get("ParticipantId")
        )
        start = seconds(item.get("BeginOffsetMillis"), 1000)
        if start is None and moment and first:
            start = (moment - first).total_seconds()
        turns.append(RawTurn(item.get("Content"), role, start, seconds(item.get("EndOffsetMillis"), 1000)))
    if not turns:
        yield reading.rejected(1, "empty_turns", "the transcript holds no message")
        return
    customer = document.get("CustomerMetadata") or {}
    yield from build(
        reading,
        1,
        RawConversation(
            turns=turns,
            id=customer.get("ContactId") or document.get("ContactId") or document.get("JobName"),
            channel=document.get("Channel"),
            started_at=first or customer.get("InitiationTimestamp"),
            agent_id=customer.get("AgentId"),
        ),
    )
