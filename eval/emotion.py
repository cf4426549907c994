"""How well the course of emotion is followed: four quarters of a conversation against a reader's judgement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from data.domain.analysis import Analysis
from data.domain.conversation import Conversation
from data.domain.errors import InvalidInputError
from eval.inputs import conversations_of
from eval.labels import json_lines
from eval.metrics import bootstrap

# Beyond this a quarter counts as negative or positive.
_NEUTRAL = 0.2
_NEGATIVE = ("不", "没", "慢", "烦", "气", "差", "拖", "骗", "投诉", "急", "怎么还", "凭什么")
_POSITIVE = ("谢谢", "满意", "放心", "不错", "好极", "表扬", "辛苦", "太好")


@dataclass(frozen=True, slots=True)
class Course:
    """A conversation and the caller's emotion in its quarters: -1, 0 or 1 each."""

    conversation: Conversation
    quarters: tuple[int, ...]


def read_courses(path: Path, zone: tzinfo) -> list[Course]:
    """Conversations with a field `quarters`. Raises InvalidInputError where one has none."""
    judged = {str(value["id"]): value.get("quarters") for _, value in json_lines(path)}
    result = []
    for conversation in conversations_of(path, zone):
        quarters = judged.get(conversation.id)
        if not isinstance(quarters, list) or len(quarters) != 4:
            raise InvalidInputError(f"{path.name}: {conversation.id} has no four `quarters`")
        result.append(Course(conversation, tuple(int(value) for value in quarters)))
    return result


def measure(
    courses: Sequence[Course], analyze: Callable[[Sequence[Conversation]], list[Analysis]]
) -> dict[str, Any]:
    """Rank correlation over all quarters and share of quarters with the right sign; a word list beside it."""
    truth = np.array([course.quarters for course in courses])
    analyses = analyze([course.conversation for course in courses])
    said = np.array([a.emotion.by_quarter if a.emotion else (0.0,) * 4 for a in analyses])
    words = np.array([word_list(course.conversation) for course in courses])
    return {
        "conversations": len(courses),
        "quarters": _figures(truth, said),
        "baselines": {"word_list": _figures(truth, words), "always_neutral": {"sign_accuracy": float((truth == 0).mean())}},
    }  # fmt: skip


def _figures(truth: Any, said: Any) -> dict[str, float]:
    sign = np.where(said > _NEUTRAL, 1, np.where(said < -_NEUTRAL, -1, 0))
    hits = bootstrap((sign == truth).astype(np.int64), lambda rows: float(rows.mean()))
    ranked = bootstrap(
        np.hstack([truth, said]), lambda rows: float(spearmanr(rows[:, :4].ravel(), rows[:, 4:].ravel())[0])
    )
    return {
        "sign_accuracy": hits.value, "sign_low": hits.low, "sign_high": hits.high,
        "spearman": ranked.value, "spearman_low": ranked.low, "spearman_high": ranked.high,
    }  # fmt: skip


def word_list(conversation: Conversation) -> tuple[float, ...]:
    """Baseline: good words less bad words in each quarter of the caller's turns, as a sign."""
    said = [turn.text for turn in conversation.turns if turn.speaker.value == "customer"]
    parts = np.array_split(np.arange(len(said)), 4)
    result = []
    for part in parts:
        text = "".join(said[i] for i in part)
        score = sum(map(text.count, _POSITIVE)) - sum(map(text.count, _NEGATIVE))
        result.append(float(np.sign(score)))
    return tuple(result)
