"""Values for tests, said briefly."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from data.domain.analysis import Analysis, Choice, Emotion, PainPoint, Span, Tag, Versions
from data.domain.conversation import Conversation, Speaker, Turn
from data.domain.wire import conversation_to_json
from data.store.audit import Write
from data.store.conversations import Incoming

SHANGHAI = ZoneInfo("Asia/Shanghai")
WRITE = Write("tester", datetime(2026, 11, 1, 9, tzinfo=UTC))
VERSIONS = Versions("bundle-1", 1, "0.1.0")
_SPEAKERS = {"客": Speaker.CUSTOMER, "坐": Speaker.AGENT, "？": Speaker.UNKNOWN}


def a_conversation(
    *said: str, identity: str = "c-1", day: str | None = "2026-03-02", **more: Any
) -> Conversation:
    """`客：…` and `坐：…` are turns of the two sides, `？：…` one of nobody knows whom; a bare text is the caller's."""
    turns = tuple(_turn(text) for text in said or ("我要退保",))
    started = datetime.fromisoformat(f"{day}T09:14:00+08:00") if day else None
    return Conversation(id=identity, turns=turns, started_at=started, **{"channel": "hotline", **more})


def _turn(text: str) -> Turn:
    if text[1:2] == "：" and text[0] in _SPEAKERS:
        speaker = _SPEAKERS[text[0]]
        return Turn(text[2:], speaker, 0.0 if speaker is Speaker.UNKNOWN else 1.0)
    return Turn(text, Speaker.CUSTOMER)


def incoming(conversation: Conversation, content: str = "1") -> Incoming:
    """As the ingest hands it to the store."""
    return Incoming(conversation, f"hash-{content}", {})


def an_analysis(
    conversation: Conversation,
    *pains: str,
    intents: Iterable[str] = (),
    severity: int = 2,
    role: str = "customer",
    outcome: str | None = "resolved",
    score: float = 0.8,
) -> Analysis:
    """`pains` are stage.problem; all evidence is the whole first turn."""
    text = conversation.turns[0].text
    span = (Span(0, 0, len(text), text),)
    return Analysis(
        conversation_id=conversation.id,
        turns=conversation.turns,
        versions=VERSIONS,
        caller_role=Choice(role, 0.9),
        journey_stage=Choice("claim", 0.9),
        intents=tuple(Tag(label, score, span) for label in intents),
        pain_points=tuple(
            PainPoint(stage, problem, severity, score, span)
            for stage, problem in (pain.split(".") for pain in pains)
        ),
        outcome=Choice(outcome, 0.7) if outcome else None,
        emotion=Emotion("calm", 0.6, (0.0, 0.0, 0.0, 0.0)),
    )


def write_lines(path: Path, values: Iterable[Conversation | Mapping[str, Any]]) -> Path:
    """A JSON Lines file of conversations or plain values."""
    lines = (conversation_to_json(v) if isinstance(v, Conversation) else v for v in values)
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path
