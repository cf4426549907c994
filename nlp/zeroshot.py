"""Ranking label names for a text without any training on them: three voices.

The meaning of the name, sharpened by the utterances of the corpus that lie nearest to it (pseudo relevance
feedback, Rocchio 1971); characters in common; and what the model already knows: the labels it sees in the
text speak for the names that mean the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.domain.conversation import Conversation, Speaker, Turn
from data.domain.taxonomy import Taxonomy
from nlp.classifier import Classifier, logits_of
from nlp.encoder import Encoder, Vectors, unit_rows
from nlp.features import Floats
from nlp.heads import Scores
from nlp.model import Model
from nlp.newcomers import described, tag_labels
from nlp.tagging import score
from nlp.text import readable, skeleton

# Weights and numbers chosen on utterances of the training corpus against paraphrased label names.
_SHARED = 0.2
_BIGRAMS = 0.5
_KNOWN = 1.0
_NEAREST = 10
_FEEDBACK = 1.0
_SHARPNESS = 20.0


@dataclass(frozen=True, slots=True)
class RankedLabel:
    """A label name and how well it fits; scores are comparable within one text only."""

    label: str
    score: float


class ZeroShot:
    """Cosines of centred vectors: e5's vectors share a large mean that hides what differs (Mu & Viswanath 2018)."""

    def __init__(
        self, model: Model, taxonomy: Taxonomy, encoder: Encoder, classifier: Classifier | None
    ) -> None:
        self._model, self._encoder, self._classifier = model, encoder, classifier
        parts = tag_labels(taxonomy)
        self._known = {
            part: np.vstack([
                unit_rows(self._names(described(labels[code])).sum(axis=0, keepdims=True))
                for code in model.tags[part].labels if code in labels
            ])
            for part, labels in parts.items()
        }  # fmt: skip
        self._columns = {
            part: [i for i, code in enumerate(model.tags[part].labels) if code in labels]
            for part, labels in parts.items()
        }

    def rank(self, texts: Sequence[str], labels: Sequence[Sequence[str]]) -> list[tuple[RankedLabel, ...]]:
        """Labels of each text, best first; equal scores keep the order given."""
        if not texts:
            return []
        names = list(dict.fromkeys(name for own in labels for name in own))
        plain = self._names([readable(name) for name in names])
        sharpened = self._sharpened(plain)
        vectors = self._encoder.encode([readable(text) for text in texts]) - self._model.features.center
        means = unit_rows(vectors) @ sharpened.T + _KNOWN * self._by_knowledge(texts, plain)
        place = {name: i for i, name in enumerate(names)}
        return [
            _ranked(text, own, row[[place[name] for name in own]])
            for text, own, row in zip(texts, labels, means, strict=True)
        ]

    def _names(self, names: Sequence[str]) -> Vectors:
        return unit_rows(self._encoder.encode(names) - self._model.newcomers.name_center)

    def _sharpened(self, names: Vectors) -> Floats:
        pool = self._model.newcomers.background
        nearest = np.argsort(-(pool @ names.T), axis=0, kind="stable")[:_NEAREST]
        feedback = np.stack([pool[rows].mean(axis=0) for rows in nearest.T])
        return np.asarray(unit_rows(names + _FEEDBACK * unit_rows(feedback)))

    def _by_knowledge(self, texts: Sequence[str], names: Vectors) -> Scores:
        """Sum over known labels of P(label | text) times how much the name means that label; (texts, names)."""
        calls = [
            Conversation(id=str(i), turns=(Turn(text, Speaker.CUSTOMER),)) for i, text in enumerate(texts)
        ]
        batch = self._model.features.batch(calls, self._encoder)
        scored = score(self._model, batch, logits_of(self._classifier, calls))
        seen = np.hstack([scored.tags[part][:, columns] for part, columns in self._columns.items()])
        seen = seen / np.maximum(1.0, seen.sum(axis=1, keepdims=True))
        alike = np.exp(_SHARPNESS * (names @ np.vstack(list(self._known.values())).T))
        return np.asarray(seen @ (alike / alike.sum(axis=1, keepdims=True)).T)


def _ranked(text: str, labels: Sequence[str], means: Scores) -> tuple[RankedLabel, ...]:
    scores = [float(c) + _SHARED * shared(text, label) for c, label in zip(means, labels, strict=True)]
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
