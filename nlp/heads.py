"""Linear heads and their calibration: features in, scores and calibrated probabilities out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlp.features import Floats, Rows

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LinearHead:
    """One score a column: `sparse` (terms, columns), `dense` (vector columns, columns), `bias` (columns,)."""

    columns: tuple[str, ...]
    sparse: Floats
    dense: Floats
    bias: Floats

    def scores(self, rows: Rows) -> Scores:
        """Shape (rows, columns); about 0 for absent and 1 for present, not yet probabilities."""
        sparse = rows.sparse[:, : len(self.sparse)] @ self.sparse
        raw = sparse + rows.dense[:, : len(self.dense)] @ self.dense + self.bias
        return np.asarray(raw, dtype=np.float64)

    def part(self, prefix: str) -> list[int]:
        """Columns named `prefix:…`, in order."""
        return [i for i, name in enumerate(self.columns) if name.startswith(f"{prefix}:")]


@dataclass(frozen=True, slots=True)
class TagCalibration:
    """P(label | conversation) from its scores: whole conversation, best unit, mean of the best three, the classifier.

    The slopes are shared by all labels of a part, each label has an offset of its own (a logistic
    regression on out-of-fold scores, after Platt 1999). Without a classifier there are three slopes.
    """

    labels: tuple[str, ...]
    slopes: Scores  # (3,) or (4,)
    offsets: Scores  # (labels,)
    support: Scores  # (labels,): examples that taught each label
    threshold: float  # least probability that emits a label
    share: float = 0.0  # and least share of the probability of the surest label of the conversation

    def emitted(self, probabilities: Scores) -> NDArray[np.bool_]:
        """Which labels are likely enough; shape of `probabilities`, (conversations, labels)."""
        surest = probabilities.max(axis=1, keepdims=True)
        return np.asarray((probabilities >= self.threshold) & (probabilities >= self.share * surest))

    def probabilities(self, scores: Sequence[Scores]) -> Scores:
        """Shape (conversations, labels), as each of the scores; one of them for every slope."""
        weighted = [slope * score for slope, score in zip(self.slopes, scores, strict=True)]
        return _sigmoid(np.sum(weighted, axis=0) + self.offsets)


@dataclass(frozen=True, slots=True)
class Softmax:
    """Multinomial logistic regression: one label of many from a few inputs."""

    labels: tuple[str, ...]
    weights: Scores  # (inputs, labels)
    offsets: Scores  # (labels,)
    threshold: float = 0.0

    def probabilities(self, inputs: Scores) -> Scores:
        """Shape (rows, labels); rows add up to 1."""
        logits = inputs @ self.weights + self.offsets
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


def _sigmoid(values: Scores) -> Scores:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(values, -50, 50))))


def pooled_unit_scores(scores: Scores, owners: NDArray[np.int64], height: int) -> tuple[Scores, Scores]:
    """Best, and mean of the best three, of each conversation's unit scores; 0 where it has no unit.

    `scores` is (units, columns), `owners[i]` the conversation of unit i; both results are (height, columns).
    """
    best = np.zeros((height, scores.shape[1]))
    top = np.zeros_like(best)
    for row in np.unique(owners):
        own = np.sort(scores[owners == row], axis=0)[::-1]
        best[row], top[row] = own[0], own[:3].mean(axis=0)
    return best, top
