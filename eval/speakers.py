"""How well missing speakers are inferred: every speaker taken away, inferred, and compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import tzinfo
from pathlib import Path
from typing import Any

import numpy as np

from data.domain.conversation import Conversation, Speaker
from data.domain.errors import InvalidInputError
from eval.inputs import conversations_of
from eval.labels import json_lines
from eval.metrics import bootstrap, share

Infer = Callable[[Sequence[Conversation]], list[Conversation]]
_SIDES = (Speaker.CUSTOMER, Speaker.AGENT)
# In recordings that number their speakers the called side, which answers first, is number 1.
_NUMBERED = {"[SPEAKER 1]": Speaker.AGENT, "[SPEAKER 2]": Speaker.CUSTOMER}


def read_dialogues(path: Path, zone: tzinfo) -> list[Conversation]:
    """Conversations with their true speakers, from `source_speakers` where the turns do not say.

    Raises InvalidInputError where a line has neither.
    """
    dialogues = conversations_of(path, zone)
    named = {str(value.get("id")): value.get("source_speakers") for _, value in json_lines(path)}
    return [_with_truth(dialogue, named.get(dialogue.id), path.name) for dialogue in dialogues]


def _with_truth(dialogue: Conversation, source: Any, name: str) -> Conversation:
    if source is None:
        if all(turn.speaker is Speaker.UNKNOWN for turn in dialogue.turns):
            raise InvalidInputError(f"{name}: {dialogue.id} says nowhere who speaks")
        return dialogue
    if len(source) != len(dialogue.turns):
        raise InvalidInputError(
            f"{name}: {dialogue.id} has {len(source)} speakers for {len(dialogue.turns)} turns"
        )
    return replace(
        dialogue,
        turns=tuple(
            replace(turn, speaker=_NUMBERED.get(word) or Speaker(word))
            for turn, word in zip(dialogue.turns, source, strict=True)
        ),
    )


def measure(dialogues: Sequence[Conversation], infer: Infer) -> dict[str, Any]:
    """Share of turns whose speaker is inferred rightly, with a bootstrap interval over dialogues.

    Baseline: the agent begins and the two sides take turns.
    """
    blank = [
        replace(d, turns=tuple(replace(t, speaker=Speaker.UNKNOWN, speaker_score=0.0) for t in d.turns))
        for d in dialogues
    ]
    rows, alternating, confident = [], [], []
    for truth, guess in zip(dialogues, infer(blank), strict=True):
        known = [i for i, turn in enumerate(truth.turns) if turn.speaker in _SIDES]
        right = [guess.turns[i].speaker is truth.turns[i].speaker for i in known]
        rows.append((sum(right), len(known)))
        alternating.append(sum(truth.turns[i].speaker is _SIDES[(i + 1) % 2] for i in known))
        confident += [guess.turns[i].speaker_score for i in known]
    counts = np.array(rows, dtype=np.int64)
    interval = bootstrap(counts, lambda c: float(c[:, 0].sum() / c[:, 1].sum()))
    return {
        "dialogues": len(dialogues),
        "turns": int(counts[:, 1].sum()),
        "accuracy": interval.value,
        "low": interval.low,
        "high": interval.high,
        "dialogues_swapped": share(np.array([2 * right < total for right, total in rows])),
        "mean_confidence": float(np.mean(confident)),
        "alternating_accuracy": sum(alternating) / int(counts[:, 1].sum()),
    }
