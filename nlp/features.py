"""Conversations → the two matrices that all heads read: one row a conversation, one row a unit.

Sparse part: TF-IDF of character 1- to 3-grams (of the caller, lighter of the agent, and of the last turns).
Dense part: the encoder's vectors of the caller's units (lighter still: on few labels the n-grams carry more)
and the channel. Which head reads how much of it: `Features.widths`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer

from data.domain.conversation import Conversation
from nlp.encoder import Encoder, Vectors
from nlp.text import readable, skeleton
from nlp.units import Unit, agent_text, caller_units, ending_text

# Shares of the blocks in the similarity of two rows (squares of the factors on the features),
# chosen by cross-validation over held-out writers of the training corpus.
AGENT_SHARE = 0.3
VECTOR_SHARE = 0.15
BEFORE_SHARE = 0.2
UNIT_VECTOR_SHARE = 0.3
CHANNEL_SHARE = 0.3
ENDING_SHARE = 0.4

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Rows:
    """A matrix in two blocks of equal height: sparse n-grams and dense vectors."""

    sparse: sp.csr_array
    dense: Floats

    def __len__(self) -> int:
        return int(self.dense.shape[0])

    def take(self, rows: NDArray[Any]) -> Rows:
        """The given rows, in the given order."""
        return Rows(self.sparse[rows], self.dense[rows])


@dataclass(frozen=True, slots=True)
class Widths:
    """The first columns of each block that a head reads; the rest do not exist for it."""

    sparse: int
    dense: int


@dataclass(frozen=True, slots=True)
class Batch:
    """The matrices of some conversations; `units[i]` belongs to row i of `unit_rows`."""

    conversations: Rows
    units: tuple[Unit, ...]
    unit_rows: Rows


@dataclass(frozen=True, slots=True)
class Features:
    """The fixed vocabularies and weights that make matrices of conversations."""

    caller_terms: tuple[str, ...]
    caller_idf: Floats
    unit_idf: Floats
    agent_terms: tuple[str, ...]
    agent_idf: Floats
    ending_terms: tuple[str, ...]
    ending_idf: Floats
    center: Floats  # mean vector of the training units, subtracted: the encoder's cosines are compressed
    channels: tuple[str, ...]

    def batch(self, conversations: Sequence[Conversation], encoder: Encoder) -> Batch:
        """Matrices of the conversations; every unit is encoded once."""
        units = caller_units(conversations)
        return self.batch_of(conversations, units, encode_units(units, encoder))

    def batch_of(
        self, conversations: Sequence[Conversation], units: Sequence[Unit], vectors: Vectors
    ) -> Batch:
        """As `batch`, for units that were encoded before."""
        owner = _ownership(units, len(conversations))
        counts = _counts([skeleton(unit.text) for unit in units], self.caller_terms)
        agents = _counts([skeleton(agent_text(c)) for c in conversations], self.agent_terms)
        endings = _counts([skeleton(ending_text(c)) for c in conversations], self.ending_terms)
        before = _counts([skeleton(unit.before) for unit in units], self.agent_terms)
        centred = vectors - self.center
        conversation_rows = Rows(
            _stack([
                _tfidf(owner @ counts, self.caller_idf),
                _tfidf(agents, self.agent_idf) * AGENT_SHARE**0.5,
                _tfidf(endings, self.ending_idf) * ENDING_SHARE**0.5,
            ]),
            np.hstack([
                _pooled(centred, units, len(conversations)) * VECTOR_SHARE**0.5,
                self._channel_rows(conversations) * CHANNEL_SHARE**0.5,
            ]),
        )  # fmt: skip
        unit_rows = Rows(
            _stack([
                _tfidf(counts, self.unit_idf),
                _tfidf(before, self.agent_idf) * BEFORE_SHARE**0.5,
            ]),
            _unit_length(centred) * UNIT_VECTOR_SHARE**0.5,
        )  # fmt: skip
        return Batch(conversation_rows, tuple(units), unit_rows)

    def _channel_rows(self, conversations: Sequence[Conversation]) -> Floats:
        place: Mapping[str | None, int] = {code: i for i, code in enumerate(self.channels)}
        rows = np.zeros((len(conversations), len(self.channels)), dtype=np.float32)
        for row, conversation in enumerate(conversations):
            if (column := place.get(conversation.channel)) is not None:
                rows[row, column] = 1.0
        return rows

    def widths(self, part: str) -> Widths:
        """How many of the columns the heads of a part may read.

        The text alone for what hurts and is wanted; the choice parts also know the channel, outcome and emotion
        how the conversation ended.
        """
        words, vectors = len(self.caller_terms) + len(self.agent_terms), 2 * len(self.center)
        beyond = vectors + len(self.channels)
        return {
            "caller_role": Widths(words, beyond),
            "journey_stage": Widths(words, beyond),
            "outcome": Widths(words + len(self.ending_terms), beyond),
            "emotion": Widths(words + len(self.ending_terms), beyond),
        }.get(part, Widths(words, vectors))


def fit_features(
    conversations: Sequence[Conversation], units: Sequence[Unit], vectors: Vectors, channels: Sequence[str]
) -> Features:
    """Vocabularies (n-grams in at least two conversations), document frequencies and the mean vector."""
    owner = _ownership(units, len(conversations))
    caller = CountVectorizer(analyzer="char", ngram_range=(1, 3), lowercase=False, min_df=2, dtype=np.float32)
    counts = sp.csr_array(caller.fit_transform([skeleton(unit.text) for unit in units]))
    agent = CountVectorizer(analyzer="char", ngram_range=(1, 3), lowercase=False, min_df=2, dtype=np.float32)
    agent_counts = sp.csr_array(agent.fit_transform([skeleton(agent_text(c)) for c in conversations]))
    ending = CountVectorizer(analyzer="char", ngram_range=(1, 3), lowercase=False, min_df=2, dtype=np.float32)
    ending_counts = sp.csr_array(ending.fit_transform([skeleton(ending_text(c)) for c in conversations]))
    return Features(
        caller_terms=tuple(caller.get_feature_names_out()),
        caller_idf=_idf(owner @ counts),
        unit_idf=_idf(counts),
        agent_terms=tuple(agent.get_feature_names_out()),
        agent_idf=_idf(agent_counts),
        ending_terms=tuple(ending.get_feature_names_out()),
        ending_idf=_idf(ending_counts),
        center=vectors.mean(axis=0),
        channels=tuple(channels),
    )


def encode_units(units: Sequence[Unit], encoder: Encoder) -> Vectors:
    """Vectors of the units, one row each."""
    return encoder.encode([readable(unit.text) for unit in units])


def _ownership(units: Sequence[Unit], height: int) -> sp.csr_array:
    rows = [unit.conversation for unit in units]
    ones = np.ones(len(units), dtype=np.float32)
    return sp.csr_array((ones, (rows, np.arange(len(units)))), shape=(height, len(units)))


def _counts(texts: Sequence[str], terms: Sequence[str]) -> sp.csr_array:
    if not texts or not terms:
        return sp.csr_array((len(texts), len(terms)), dtype=np.float32)
    counter = CountVectorizer(
        analyzer="char", ngram_range=(1, 3), lowercase=False, vocabulary=terms, dtype=np.float32
    )
    return sp.csr_array(counter.transform(texts))


def _idf(counts: sp.csr_array) -> Floats:
    seen = np.bincount(counts.indices, minlength=counts.shape[1])
    return np.asarray(np.log((1 + counts.shape[0]) / (1 + seen)) + 1, dtype=np.float32)


def _tfidf(counts: sp.csr_array, idf: Floats) -> sp.csr_array:
    """Sublinear TF-IDF with rows of length 1 (rows without any known n-gram stay zero)."""
    weights = counts.copy()
    weights.data = (1 + np.log(weights.data)) * idf[weights.indices]
    lengths = np.sqrt(np.bincount(_row_of(weights), weights.data**2, minlength=weights.shape[0]))
    weights.data = (weights.data / np.maximum(lengths[_row_of(weights)], 1e-12)).astype(np.float32)
    return weights


def _row_of(matrix: sp.csr_array) -> NDArray[np.int64]:
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def _stack(blocks: Sequence[sp.csr_array]) -> sp.csr_array:
    return sp.csr_array(sp.hstack(blocks, format="csr", dtype=np.float32))


def _pooled(vectors: Vectors, units: Sequence[Unit], height: int) -> Floats:
    """Mean and maximum over each conversation's units, each of length 1."""
    dimension = vectors.shape[1]
    mean = np.zeros((height, dimension), dtype=np.float32)
    top = np.zeros((height, dimension), dtype=np.float32)
    owners = np.array([unit.conversation for unit in units], dtype=np.int64)
    for row in np.unique(owners):
        own = vectors[owners == row]
        mean[row], top[row] = own.mean(axis=0), own.max(axis=0)
    return np.hstack([_unit_length(mean), _unit_length(top)])


def _unit_length(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-9), dtype=np.float32)
