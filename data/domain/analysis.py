"""Analysis: what was understood of one conversation. Scores are calibrated probabilities in 0-1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from data.domain.conversation import Turn

MAX_EVIDENCE = 3


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of one turn's stored text: `text[begin:end] == quote`, code points, half-open."""

    turn: int
    begin: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Heard:
    """A term that the recogniser probably wrote wrong: `span.quote` was heard, `meant` sounds like it."""

    span: Span
    meant: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One label chosen of several (caller role, journey stage, outcome)."""

    label: str
    score: float


@dataclass(frozen=True, slots=True)
class Tag:
    """One label of many (intent, delight) with the spans that show it, best first."""

    label: str
    score: float
    evidence: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class PainPoint:
    """What hurts: a problem at a journey stage. `severity` is 1, 2 or 3."""

    stage: str
    problem: str
    severity: int
    score: float
    evidence: tuple[Span, ...] = ()

    @property
    def key(self) -> str:
        """Its name in rankings and filters, `stage.problem`."""
        return f"{self.stage}.{self.problem}"


@dataclass(frozen=True, slots=True)
class Emotion:
    """Emotion of the caller at the end, and the course over four quarters, each in -1 … 1."""

    label: str | None
    score: float | None
    by_quarter: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A part that could not be run, and why."""

    part: str
    reason: str


@dataclass(frozen=True, slots=True)
class Versions:
    """What produced an analysis: model bundle, taxonomy version, code version."""

    bundle: str
    taxonomy: int
    code: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything understood of one conversation; `turns` are the redacted turns the spans point into."""

    conversation_id: str
    turns: tuple[Turn, ...]
    versions: Versions
    caller_role: Choice | None = None
    journey_stage: Choice | None = None
    intents: tuple[Tag, ...] = ()
    pain_points: tuple[PainPoint, ...] = ()
    delights: tuple[Tag, ...] = ()
    outcome: Choice | None = None
    emotion: Emotion | None = None
    redactions: Mapping[str, int] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()
    heard: tuple[Heard, ...] = ()
    # Expected share of the decisions above that are right; low ones belong before a reviewer first.
    confidence: float | None = None
