"""Classifier: the tuned encoder with a head for every label; reads a whole conversation at once, both sides.

It is one voice beside the linear heads; `nlp.tagging` weighs them. Its labels are those it was tuned on:
what it says nothing about is left to the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from data.domain.conversation import Conversation, Speaker
from nlp.heads import Scores
from nlp.onnx_graph import TextGraph
from nlp.text import readable

GRAPH = "classifier_int8.onnx"
# Tokens read of a conversation: of a longer one the beginning and the end, where most is decided.
MAX_TOKENS = 448
_SPOKEN_BY = {Speaker.AGENT: "坐：", Speaker.BOT: "机：", Speaker.SYSTEM: "系统："}
_CALLER = "客："
_PROMPT = "query: "
# Logit of a label that the classifier was not tuned on: says nothing, its calibration has an offset.
_UNKNOWN = -3.0
_LIMIT = 8.0


class Classifier(Protocol):
    """Conversations in, one logit a column out. Columns are named `part:label`, as those of the heads."""

    @property
    def fingerprint(self) -> str: ...

    @property
    def columns(self) -> tuple[str, ...]: ...

    def read(self, conversations: Sequence[Conversation]) -> Scores:
        """Shape (conversations, columns)."""
        ...


def transcript(conversation: Conversation) -> str:
    """The conversation as the classifier sees it: one turn a line, who speaks before it."""
    return "\n".join(
        _SPOKEN_BY.get(turn.speaker, _CALLER) + readable(turn.text) for turn in conversation.turns
    )


def tokens_of(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    """Token ids of each transcript, its middle cut out where it is too long."""
    half = MAX_TOKENS // 2
    encoded = [e.ids for e in tokenizer.encode_batch_fast([_PROMPT + text for text in texts])]
    return [ids if len(ids) <= MAX_TOKENS else ids[:half] + ids[-half:] for ids in encoded]


class OnnxClassifier:
    """See Classifier; runs the graph that `nlp.classifier_folder` wrote."""

    def __init__(self, folder: Path, columns: tuple[str, ...], fingerprint: str, threads: int) -> None:
        self._graph = TextGraph(folder, GRAPH, threads)
        self.columns, self.fingerprint = columns, fingerprint

    def read(self, conversations: Sequence[Conversation]) -> Scores:
        """See Classifier."""
        tokens = tokens_of(self._graph.tokenizer, [transcript(c) for c in conversations])
        return self._graph.run(tokens).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Logits:
    """What a classifier said of a batch. No columns: there was no classifier."""

    columns: tuple[str, ...]
    values: Scores  # (conversations, columns); nan rows were not read

    def take(self, row: int) -> Logits:
        """Those of one conversation."""
        return Logits(self.columns, self.values[row : row + 1])

    def known(self) -> NDArray[np.bool_]:
        """Which conversations were read; all of them without a classifier."""
        return np.asarray(~np.isnan(self.values).any(axis=1))

    def tags(self, part: str, labels: Sequence[str]) -> Scores | None:
        """Logits of labels that may stand together, (conversations, labels), within ±8; None without a classifier."""
        if not self.columns:
            return None
        return np.asarray(np.clip(self._of(part, labels), -_LIMIT, _LIMIT))

    def choice(self, part: str, labels: Sequence[str]) -> Scores | None:
        """Log probabilities of labels that exclude each other, at least -8; None without a classifier."""
        if not self.columns:
            return None
        logits = self._of(part, labels)
        top = logits.max(axis=1, keepdims=True)
        total = np.log(np.exp(logits - top).sum(axis=1, keepdims=True)) + top
        return np.asarray(np.maximum(logits - total, -_LIMIT))

    def _of(self, part: str, labels: Sequence[str]) -> Scores:
        place: Mapping[str, int] = {name: i for i, name in enumerate(self.columns)}
        result = np.full((len(self.values), len(labels)), _UNKNOWN)
        result[np.isnan(self.values).any(axis=1)] = np.nan
        for column, label in enumerate(labels):
            if (known := place.get(f"{part}:{label}")) is not None:
                result[:, column] = self.values[:, known]
        return result


def no_logits(height: int) -> Logits:
    """Logits of a batch without a classifier."""
    return Logits((), np.zeros((height, 0)))


def logits_of(classifier: Classifier | None, conversations: Sequence[Conversation]) -> Logits:
    """What the classifier says of the conversations, if there is one."""
    if classifier is None:
        return no_logits(len(conversations))
    return Logits(classifier.columns, classifier.read(conversations))
