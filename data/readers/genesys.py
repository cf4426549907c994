"""Genesys Cloud speech and text analytics transcripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from data.readers.build import RawConversation, RawTurn, Reading, build, seconds
from data.readers.records import Record

_EPOCH_MS = 1e11  # larger start times are absolute


def looks_like(document: Any) -> bool:
    """`transcripts` with `phrases`."""
    if not isinstance(document, Mapping):
        return False
    transcripts = document.get("transcripts")
    return isinstance(transcripts, list) and any(
        isinstance(t, Mapping) and "phrases" in t for t in transcripts
    )


def read(reading: Reading, document: Any) -> Iterator[Record]:
    """The one conversation; the phrases of all its transcripts in order of time."""
    phrases = [
        phrase
        for transcript in document["transcripts"]
        if isinstance(transcript, Mapping)
        for phrase in transcript.get("phrases") or []
        if isinstance(phrase, Mapping)
    ]
    started = document.get("conversationStartTime") or document.get("startTime")
    origin = min((_ms(p) for p in phrases), default=0.0)
    base = origin if origin > _EPOCH_MS else 0.0
    phrases.sort(key=_ms)
    turns = []
    for phrase in phrases:
        begin = (_ms(phrase) - base) / 1000
        length = seconds((phrase.get("duration") or {}).get("milliseconds"), 1000)
        turns.append(
            RawTurn(
                phrase.get("decoratedText") or phrase.get("text"),  # the decorated one has the punctuation
                phrase.get("participantPurpose"),
                begin,
                None if length is None else round(begin + length, 6),
            )
        )
    if not turns:
        yield reading.rejected(1, "empty_turns", "`transcripts` hold no phrase")
        return
    yield from build(
        reading,
        1,
        RawConversation(
            turns=turns,
            id=document.get("conversationId"),
            channel=document.get("mediaType"),
            started_at=started or (int(base) if base else None),
        ),
    )


def _ms(phrase: Mapping[str, Any]) -> float:
    return seconds(phrase.get("startTimeMs")) or 0.0
