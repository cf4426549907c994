"""The JSON of Amazon's post-call analytics: `ConversationAnalytics` and `SpeechSegments`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from data.readers.build import RawConversation, RawTurn, Reading, build, seconds
from data.readers.records import Record


def looks_like(document: Any) -> bool:
    """Both of its two top-level parts."""
    return isinstance(document, Mapping) and "SpeechSegments" in document


def read(reading: Reading, document: Any) -> Iterator[Record]:
    """The one conversation; `OriginalText` is what was said, `DisplayText` may hold editing marks."""
    about = document.get("ConversationAnalytics") or {}
    names = {
        label.get("Speaker"): label.get("DisplayText")
        for label in about.get("SpeakerLabels") or []
        if isinstance(label, Mapping)
    }
    segments = [s for s in document.get("SpeechSegments") or [] if isinstance(s, Mapping)]
    turns = [
        RawTurn(
            s.get("OriginalText") if s.get("OriginalText") is not None else s.get("DisplayText"),
            names.get(s.get("SegmentSpeaker"), s.get("SegmentSpeaker")),
            seconds(s.get("SegmentStartTime")),
            seconds(s.get("SegmentEndTime")),
        )
        for s in segments
    ]
    turns.sort(key=lambda turn: turn.start if turn.start is not None else 0.0)
    if not turns:
        yield reading.rejected(1, "empty_turns", "`SpeechSegments` is empty")
        return
    agent = about.get("Agent")
    yield from build(
        reading,
        1,
        RawConversation(
            turns=turns,
            id=about.get("GUID") or None,
            channel="hotline",
            started_at=about.get("ConversationTime"),
            agent_id=agent,
            customer_key=about.get("Cust") or None,
        ),
    )
