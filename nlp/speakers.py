"""Who speaks, where the source did not say: the words of each turn, and that speakers take turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer

from data.domain.conversation import Conversation, Speaker, Turn
from nlp.features import Floats
from nlp.text import skeleton

_STATES = (Speaker.CUSTOMER, Speaker.AGENT)
_CERTAIN = 12.0  # log odds of a speaker whom the source named


@dataclass(frozen=True, slots=True)
class SpeakerHead:
    """Log odds that a turn is the agent's, from its character n-grams; P(the other one speaks next), P(agent begins)."""

    terms: tuple[str, ...]
    weights: Floats
    bias: float
    switch: float
    agent_first: float

    def log_odds(self, turns: Sequence[Turn]) -> NDArray[np.float64]:
        """One number a turn; positive means agent."""
        if not self.terms:
            return np.zeros(len(turns))
        counter = CountVectorizer(
            analyzer="char",
            ngram_range=(1, 3),
            lowercase=False,
            vocabulary=self.terms,
            binary=True,
            dtype=np.float32,
        )
        rows = counter.transform([skeleton(turn.text) for turn in turns])
        lengths = np.sqrt(np.maximum(np.asarray(rows.sum(axis=1)).ravel(), 1.0))
        return np.asarray(rows @ self.weights / lengths + self.bias, dtype=np.float64)


def infer_speakers(head: SpeakerHead, conversation: Conversation) -> Conversation:
    """The conversation with a speaker and a confidence for every turn that had none.

    Forward–backward over two states (Rabiner 1989). A single voice without a speaker is the caller's.
    """
    turns = conversation.turns
    if all(turn.speaker is not Speaker.UNKNOWN for turn in turns):
        return conversation
    if len(turns) == 1:
        return replace(conversation, turns=(replace(turns[0], speaker=Speaker.CUSTOMER, speaker_score=0.9),))
    spoken = [i for i, turn in enumerate(turns) if turn.speaker not in (Speaker.BOT, Speaker.SYSTEM)]
    probabilities = agent_probabilities(head, [turns[i] for i in spoken])
    result = list(turns)
    for i, probability in zip(spoken, probabilities, strict=True):
        if turns[i].speaker is Speaker.UNKNOWN:
            agent = probability >= 0.5
            score = float(probability if agent else 1 - probability)
            result[i] = replace(turns[i], speaker=_STATES[int(agent)], speaker_score=round(score, 4))
    return replace(conversation, turns=tuple(result))


def agent_probabilities(head: SpeakerHead, turns: Sequence[Turn]) -> NDArray[np.float64]:
    """P(agent) of every turn, given all turns and the speakers already known."""
    odds = head.log_odds(turns)
    for i, turn in enumerate(turns):
        if turn.speaker in _STATES:
            odds[i] = _CERTAIN if turn.speaker is Speaker.AGENT else -_CERTAIN
    emissions = 1 / (1 + np.exp(np.stack([odds, -odds], axis=1)))
    move = np.array([[1 - head.switch, head.switch], [head.switch, 1 - head.switch]])
    forward = np.zeros_like(emissions)
    backward = np.ones_like(emissions)
    for i in range(len(turns)):
        prior = forward[i - 1] @ move if i else np.array([1 - head.agent_first, head.agent_first])
        forward[i] = prior * emissions[i]
        forward[i] /= forward[i].sum()
    for i in range(len(turns) - 2, -1, -1):
        backward[i] = move @ (emissions[i + 1] * backward[i + 1])
        backward[i] /= backward[i].sum()
    posterior = forward * backward
    return np.asarray(posterior[:, 1] / posterior.sum(axis=1))
