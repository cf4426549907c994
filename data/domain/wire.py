"""The JSON shapes of the contract: conversations and analyses as plain dictionaries and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from data.domain.analysis import (
    Analysis,
    Choice,
    Emotion,
    Heard,
    PainPoint,
    Skipped,
    Span,
    Tag,
    Versions,
)
from data.domain.conversation import Conversation, Speaker, Turn

Json = dict[str, Any]


def _without_none(values: Json) -> Json:
    return {key: value for key, value in values.items() if value is not None}


def turn_to_json(turn: Turn) -> Json:
    """`{"speaker", "speaker_score", "text"}`, with `start` and `end` (seconds) where known."""
    return _without_none(
        {
            "speaker": turn.speaker.value,
            "speaker_score": round(turn.speaker_score, 4),
            "text": turn.text,
            "start": turn.start,
            "end": turn.end,
        }
    )


def turn_from_json(value: Mapping[str, Any]) -> Turn:
    """Inverse of `turn_to_json`."""
    return Turn(
        value["text"],
        Speaker(value["speaker"]),
        value.get("speaker_score", 1.0),
        value.get("start"),
        value.get("end"),
    )


def conversation_to_json(conversation: Conversation) -> Json:
    """A conversation as one line of the contract's JSON Lines."""
    return _without_none(
        {
            "id": conversation.id,
            "channel": conversation.channel,
            "started_at": conversation.started_at.isoformat() if conversation.started_at else None,
            "org": conversation.org,
            "agent_id": conversation.agent_id,
            "customer_key": conversation.customer_key,
            "metadata": dict(conversation.metadata) or None,
            "turns": [turn_to_json(turn) for turn in conversation.turns],
        }
    )


def _span(span: Span) -> Json:
    return {"turn": span.turn, "begin": span.begin, "end": span.end, "quote": span.quote}


def _spans(values: Sequence[Mapping[str, Any]]) -> tuple[Span, ...]:
    return tuple(Span(v["turn"], v["begin"], v["end"], v["quote"]) for v in values)


def _choice(choice: Choice | None) -> Json | None:
    return None if choice is None else {"label": choice.label, "score": round(choice.score, 4)}


def _choice_from(value: Mapping[str, Any] | None) -> Choice | None:
    return None if value is None else Choice(value["label"], value["score"])


def _tag(tag: Tag) -> Json:
    return {"label": tag.label, "score": round(tag.score, 4), "evidence": [_span(s) for s in tag.evidence]}


def _tag_from(value: Mapping[str, Any]) -> Tag:
    return Tag(value["label"], value["score"], _spans(value["evidence"]))


def _pain_point(point: PainPoint) -> Json:
    return {
        "stage": point.stage,
        "problem": point.problem,
        "severity": point.severity,
        "score": round(point.score, 4),
        "evidence": [_span(s) for s in point.evidence],
    }


def _pain_point_from(value: Mapping[str, Any]) -> PainPoint:
    return PainPoint(
        value["stage"], value["problem"], value["severity"], value["score"], _spans(value["evidence"])
    )


def _emotion(emotion: Emotion | None) -> Json | None:
    if emotion is None:
        return None
    return {
        "label": emotion.label,
        "score": None if emotion.score is None else round(emotion.score, 4),
        "by_quarter": [round(value, 3) for value in emotion.by_quarter],
    }


def _emotion_from(value: Mapping[str, Any] | None) -> Emotion | None:
    return None if value is None else Emotion(value["label"], value["score"], tuple(value["by_quarter"]))


def analysis_to_json(analysis: Analysis) -> Json:
    """The analysis shape of the contract."""
    result: Json = {
        "conversation_id": analysis.conversation_id,
        "turns": [turn_to_json(turn) for turn in analysis.turns],
        "caller_role": _choice(analysis.caller_role),
        "journey_stage": _choice(analysis.journey_stage),
        "intents": [_tag(tag) for tag in analysis.intents],
        "pain_points": [_pain_point(point) for point in analysis.pain_points],
        "delights": [_tag(tag) for tag in analysis.delights],
        "outcome": _choice(analysis.outcome),
        "emotion": _emotion(analysis.emotion),
        "redactions": dict(analysis.redactions),
        "versions": {
            "bundle": analysis.versions.bundle,
            "taxonomy": analysis.versions.taxonomy,
            "code": analysis.versions.code,
        },
    }
    if analysis.confidence is not None:
        result["confidence"] = round(analysis.confidence, 4)
    if analysis.heard:
        result["heard"] = [{**_span(h.span), "meant": h.meant} for h in analysis.heard]
    if analysis.skipped:
        result["skipped"] = [{"part": s.part, "reason": s.reason} for s in analysis.skipped]
    return result


def analysis_from_json(value: Mapping[str, Any]) -> Analysis:
    """Inverse of `analysis_to_json` (up to the rounding of scores)."""
    versions = value["versions"]
    return Analysis(
        conversation_id=value["conversation_id"],
        turns=tuple(turn_from_json(turn) for turn in value["turns"]),
        versions=Versions(versions["bundle"], versions["taxonomy"], versions["code"]),
        caller_role=_choice_from(value["caller_role"]),
        journey_stage=_choice_from(value["journey_stage"]),
        intents=tuple(_tag_from(tag) for tag in value["intents"]),
        pain_points=tuple(_pain_point_from(point) for point in value["pain_points"]),
        delights=tuple(_tag_from(tag) for tag in value["delights"]),
        outcome=_choice_from(value["outcome"]),
        emotion=_emotion_from(value["emotion"]),
        redactions=dict(value["redactions"]),
        skipped=tuple(Skipped(s["part"], s["reason"]) for s in value.get("skipped", ())),
        heard=tuple(
            Heard(span, v["meant"])
            for span, v in zip(_spans(value.get("heard", ())), value.get("heard", ()), strict=True)
        ),
        confidence=value.get("confidence"),
    )
