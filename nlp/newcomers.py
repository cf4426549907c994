"""Labels that nobody has labelled yet, or hardly anybody: judged by what their name, description and examples mean.

A label is a point among the vectors of what callers say (a prototype, Snell et al. 2017). How close is close is
read off a background of training units, so that one scale, learnt on known labels as if they were new, fits all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.domain.taxonomy import Label, Taxonomy
from nlp.encoder import Encoder, Vectors, unit_rows
from nlp.features import Floats
from nlp.heads import Scores
from nlp.text import readable

# With fewer labelled examples than this a label is young: its head is not trusted alone.
YOUNG = 40
# Examples that weigh as much as the name and the description together.
_HALF_TRUST = 5
# Examples at which head and prototype weigh the same.
_HALF_HEAD = 10
_MIN_SPREAD = 1e-6


@dataclass(frozen=True, slots=True)
class NewcomerScale:
    """Similarity → P(label | conversation), learnt by treating known labels as new ones."""

    background: Floats  # (units, size): unit vectors of centred training units
    name_center: Floats  # (size,): mean vector of label names
    slopes: Scores  # (3,): of the similarity, of the same times the trust in examples, of log(1 + units)
    offset: float
    threshold: float

    def inputs(self, units: Floats, prototypes: Floats, trust: Scores, owners: NDArray[np.int64], height: int) -> Scores:  # fmt: skip
        """Shape (conversations, labels, 3); `units` are unit vectors, `owners[i]` the conversation of unit i."""
        standing = self.background @ prototypes.T
        similar = (units @ prototypes.T - standing.mean(0)) / np.maximum(standing.std(0), _MIN_SPREAD)
        best = np.full((height, len(prototypes)), -3.0)
        np.maximum.at(best, owners, similar)
        counts = np.log1p(np.bincount(owners, minlength=height))[:, None] * np.ones(len(prototypes))
        return np.stack([best, best * trust, counts], axis=2)

    def probabilities(self, inputs: Scores) -> Scores:
        """Shape (conversations, labels)."""
        return np.asarray(1 / (1 + np.exp(-np.clip(inputs @ self.slopes + self.offset, -50, 50))))


@dataclass(frozen=True, slots=True)
class Newcomers:
    """The new and the young labels of one part. Empty where every label is well known."""

    labels: tuple[str, ...]
    prototypes: Floats  # (labels, size)
    trust: Scores  # (labels,): n / (n + 5) for n examples in the label set
    head_weight: Scores  # (labels,): how much the trained head counts; 0 for a label it does not know

    def similarities(self, units: Floats) -> Scores:
        """Shape (units, labels); what evidence is chosen by."""
        return np.asarray(units @ self.prototypes.T, dtype=np.float64)


def prototype(name: Vectors, examples: Vectors) -> Floats:
    """Unit vector of the name's and description's unit vectors (any, size) and those of examples (any, size)."""
    described = unit_rows(name.sum(axis=0, keepdims=True)) * _HALF_TRUST
    return np.asarray(unit_rows(described + examples.sum(axis=0, keepdims=True))[0], dtype=np.float32)


def described(label: Label) -> list[str]:
    """What is encoded of a label besides its examples."""
    return [readable(text) for text in (label.name, label.description) if text]


def trust_in(examples: int) -> float:
    """0 without examples, towards 1 with many."""
    return examples / (examples + _HALF_TRUST)


def name_center(taxonomy: Taxonomy, encoder: Encoder) -> Floats:
    """Mean vector of all names and descriptions of the tag parts."""
    texts = [text for part in tag_labels(taxonomy).values() for label in part.values() for text in described(label)]  # fmt: skip
    return np.asarray(encoder.encode(texts).mean(axis=0), dtype=np.float32)


def tag_labels(taxonomy: Taxonomy) -> Mapping[str, Mapping[str, Label]]:
    """Labels by part, of the parts that have several labels a conversation."""
    return {"intents": taxonomy.intents, "problems": taxonomy.problems, "delights": taxonomy.delights}


def newcomers_of(
    labels: Sequence[Label],
    support: Mapping[str, int],
    scale: NewcomerScale,
    text_center: Floats,
    encoder: Encoder,
) -> Newcomers:
    """The new and young of the labels of a part; `support` counts labelled examples of those the model knows."""
    young = [label for label in labels if support.get(label.code, 0) < YOUNG]
    size = scale.background.shape[1]
    prototypes = np.zeros((len(young), size), dtype=np.float32)
    for row, label in enumerate(young):
        said = [readable(text) for text in label.examples]
        examples = unit_rows(encoder.encode(said) - text_center) if said else np.zeros((0, size), np.float32)
        prototypes[row] = prototype(unit_rows(encoder.encode(described(label)) - scale.name_center), examples)
    counts = np.array([support.get(label.code, 0) for label in young], dtype=float)
    return Newcomers(
        tuple(label.code for label in young),
        prototypes,
        np.array([trust_in(len(label.examples)) for label in young]),
        counts / (counts + _HALF_HEAD),
    )
