"""Ranking label names for a text without any training: meaning of the name, and characters in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlp.encoder import Encoder, Vectors, unit_rows
from nlp.features import Floats
from nlp.text import readable, skeleton

# Weight of shared characters beside the cosine, chosen on utterances of the training corpus.
_SHARED = 0.2
_BIGRAMS = 0.5


@dataclass(frozen=True, slots=True)
class RankedLabel:
    """A label name and how well it fits; scores are comparable within one text only."""

    label: str
    score: float


class ZeroShot:
    """Cosine of centred vectors: e5's vectors share a large mean that hides what differs (Mu & Viswanath 2018)."""

    def __init__(self, encoder: Encoder, text_center: Floats, known_names: Sequence[str]) -> None:
        """`text_center` is the mean vector of utterances, `known_names` label names whose mean stands for all names."""
        self._encoder, self._text_center = encoder, text_center
        self._name_center = encoder.encode([readable(name) for name in known_names]).mean(axis=0)

    def rank(self, texts: Sequence[str], labels: Sequence[Sequence[str]]) -> list[tuple[RankedLabel, ...]]:
        """Labels of each text, best first; equal scores keep the order given."""
        names = list(dict.fromkeys(name for own in labels for name in own))
        name_vectors = self._centred([readable(name) for name in names], self._name_center)
        place = {name: i for i, name in enumerate(names)}
        text_vectors = self._centred([readable(text) for text in texts], self._text_center)
        return [
            _ranked(text, own, vector @ name_vectors[[place[name] for name in own]].T)
            for text, own, vector in zip(texts, labels, text_vectors, strict=True)
        ]

    def _centred(self, texts: Sequence[str], center: Floats) -> Vectors:
        return unit_rows(self._encoder.encode(texts) - center)


def _ranked(text: str, labels: Sequence[str], cosines: Floats) -> tuple[RankedLabel, ...]:
    scores = [float(c) + _SHARED * shared(text, label) for c, label in zip(cosines, labels, strict=True)]
    order = np.argsort(-np.array(scores), kind="stable")
    return tuple(RankedLabel(labels[i], scores[i]) for i in order)


def shared(text: str, label: str) -> float:
    """How much of the label's wording the text has: share of its characters, and half the share of its bigrams.

    >>> shared("我要退保", "退保")
    1.5
    """
    said, name = skeleton(text), skeleton(label)
    if not name:
        return 0.0
    characters = set(name)
    pairs = {name[i : i + 2] for i in range(len(name) - 1)}
    return len(characters & set(said)) / len(characters) + (
        _BIGRAMS * sum(pair in said for pair in pairs) / len(pairs) if pairs else 0.0
    )
