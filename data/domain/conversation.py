"""Conversation and Turn: what was said, by whom, when; as read or as stored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

Scalar = str | int | float | bool | None


class Speaker(StrEnum):
    """Who speaks a turn. `CUSTOMER` is the caller's side, whoever the caller is."""

    CUSTOMER = "customer"
    AGENT = "agent"
    BOT = "bot"
    SYSTEM = "system"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Turn:
    """One utterance. `start` and `end` are seconds from the beginning of the conversation."""

    text: str
    speaker: Speaker = Speaker.UNKNOWN
    speaker_score: float = 1.0  # 0-1; 1 where the source named the speaker
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """A call, chat, survey answer, complaint or report. `started_at` is always aware of its zone.

    `org` is a path in the organisation tree from branch to sub-branch, parts joined by "/".
    """

    id: str
    turns: tuple[Turn, ...]
    channel: str | None = None
    started_at: datetime | None = None
    org: str | None = None
    agent_id: str | None = None
    customer_key: str | None = None
    metadata: Mapping[str, Scalar] = field(default_factory=dict)

    @property
    def product(self) -> str | None:
        """The product named in the metadata, if any."""
        value = self.metadata.get("product")
        return str(value) if value not in (None, "") else None

    @property
    def is_monologue(self) -> bool:
        """True for single voices: one turn of text (survey, letter, report)."""
        return len(self.turns) == 1


def canonical_json(conversation: Conversation) -> str:
    """The whole content except the id as one canonical string: equal content, equal string.

    It is what content hashes are taken over; the inferred `speaker_score` is not content.
    """
    return json.dumps(
        {
            "channel": conversation.channel,
            "started_at": conversation.started_at.isoformat() if conversation.started_at else None,
            "org": conversation.org,
            "agent_id": conversation.agent_id,
            "customer_key": conversation.customer_key,
            "metadata": dict(conversation.metadata),
            "turns": [[turn.speaker.value, turn.text, turn.start, turn.end] for turn in conversation.turns],
        },
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
