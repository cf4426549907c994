"""Shapes of the conversation endpoints; those of the contract keep its names."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from data.domain.wire import conversation_to_json
from data.store.conversations import Stored
from data.store.reports import Listed
from nlp.redaction import PiiType


class TurnIn(BaseModel):
    """One utterance."""

    text: str
    speaker: str | None = Field(None, description="customer, agent, bot or system; inferred when left out")
    start: float | None = Field(None, description="seconds")
    end: float | None = Field(None, description="seconds")


class ConversationIn(BaseModel):
    """A conversation as in the contract. Without an id one is given, and sending it again adds it again."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "id": "c-1", "channel": "hotline", "started_at": "2026-03-02T09:14:00+08:00", "org": "江苏分公司",
                "turns": [{"speaker": "customer", "text": "我那个养老金申请快一个月了，钱还没到"}],
            }
        },
    )  # fmt: skip
    id: str | None = Field(None, min_length=1, max_length=200)
    channel: str | None = None
    started_at: str | None = Field(None, description="RFC 3339; without a zone it is read in VOC_TIMEZONE")
    org: str | None = None
    agent_id: str | None = None
    customer_key: str | None = Field(None, description="stored as a keyed pseudonym only")
    metadata: dict[str, Any] = {}
    turns: list[TurnIn] = Field(min_length=1)


class TurnOut(BaseModel):
    """A stored, redacted utterance."""

    speaker: str
    speaker_score: float
    text: str
    start: float | None = None
    end: float | None = None


class ConversationOut(BaseModel):
    """A stored conversation, redacted."""

    id: str
    version: int
    channel: str | None = None
    started_at: datetime | None = None
    org: str | None = None
    agent_id: str | None = None
    customer_key: str | None = None
    metadata: dict[str, Any] = {}
    turns: list[TurnOut]
    redactions: dict[str, int]


class ListedOut(BaseModel):
    """A conversation in a list."""

    id: str
    channel: str | None
    started_at: datetime | None
    org: str | None
    product: str | None
    turns: int
    caller_role: str | None
    journey_stage: str | None
    outcome: str | None
    emotion: str | None


class PageOut(BaseModel):
    """A page of conversations; `next_cursor` is null on the last."""

    items: list[ListedOut]
    next_cursor: str | None


class SpanOut(BaseModel):
    """Evidence: code points [begin, end) of one turn's stored text, and the text there."""

    turn: int
    begin: int
    end: int
    quote: str


class ChoiceOut(BaseModel):
    """A label with its probability."""

    label: str
    score: float


class TagOut(ChoiceOut):
    """A label with evidence, best first."""

    evidence: list[SpanOut]


class PainPointOut(BaseModel):
    """What hurts, where in the journey, how much (1 to 3)."""

    stage: str
    problem: str
    severity: int
    score: float
    evidence: list[SpanOut]


class EmotionOut(BaseModel):
    """Emotion at the end (null if not likely enough) and its course over four quarters, each -1 to 1."""

    label: str | None
    score: float | None
    by_quarter: list[float]


class HeardOut(SpanOut):
    """A term the recogniser probably wrote wrong: `quote` was heard, `meant` sounds like it."""

    meant: str


class SkippedOut(BaseModel):
    """A part that could not be run."""

    part: str
    reason: str


class AnalysisOut(BaseModel):
    """An analysis as in the contract."""

    conversation_id: str
    turns: list[TurnOut]
    caller_role: ChoiceOut | None
    journey_stage: ChoiceOut | None
    intents: list[TagOut]
    pain_points: list[PainPointOut]
    delights: list[TagOut]
    outcome: ChoiceOut | None
    emotion: EmotionOut | None
    redactions: dict[str, int]
    versions: dict[str, str | int]
    skipped: list[SkippedOut] = []
    heard: list[HeardOut] = []
    confidence: float | None = None


class AcceptedOut(BaseModel):
    """What became of a conversation handed in: added, known or replaced; with its analysis."""

    id: str
    outcome: str
    analysis: AnalysisOut


class CountOut(BaseModel):
    """How many conversations were touched."""

    conversations: int


class CustomerIn(BaseModel):
    """A customer, by id or by pseudonym."""

    customer_key: str = Field(min_length=1, max_length=500)


class MissIn(BaseModel):
    """Personal data that redaction missed."""

    text: str = Field(min_length=2, max_length=500)
    type: PiiType


class ImportOut(BaseModel):
    """A run of an import; `state` is running (or broken off), done or undone."""

    id: str
    actor: str
    at: datetime
    state: str
    files: list[Any]


def conversation_out(stored: Stored) -> ConversationOut:
    """A stored conversation as the API shows it."""
    shown = conversation_to_json(stored.conversation)
    return ConversationOut(**shown, version=stored.number, redactions=dict(stored.redactions))


def listed_out(listed: Listed) -> ListedOut:
    """One line of a list."""
    conversation = listed.conversation
    return ListedOut(
        id=conversation.id,
        channel=conversation.channel,
        started_at=conversation.started_at,
        org=conversation.org,
        product=conversation.product,
        turns=len(conversation.turns),
        caller_role=listed.caller_role,
        journey_stage=listed.journey_stage,
        outcome=listed.outcome,
        emotion=listed.emotion,
    )
