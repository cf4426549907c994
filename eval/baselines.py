"""What the models must beat: the most common label, and TF-IDF of words with logistic regression."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from data.domain.conversation import Conversation, Speaker
from eval.inputs import Judged
from nlp.tokenizer import Tokenizer

Labels = list[frozenset[str]]


def majority(teach: Sequence[Judged], asked: int, part: str) -> Labels:
    """The most common label of the part, for every conversation."""
    seen = Counter(label for example in teach for label in example.gold.labels(part))
    common = frozenset(label for label, _ in seen.most_common(1))
    return [common] * asked


class WordRegression:
    """TF-IDF of jieba words of the caller, one logistic regression a label (choice parts: one of all labels)."""

    def __init__(self, teach: Sequence[Judged], asked: Sequence[Conversation]) -> None:
        words = Tokenizer().words
        vectorizer = TfidfVectorizer(
            tokenizer=words, token_pattern=None, lowercase=False, sublinear_tf=True, min_df=2
        )
        self._teach = teach
        self._rows = vectorizer.fit_transform([_caller_text(example.conversation) for example in teach])
        self._asked = vectorizer.transform([_caller_text(conversation) for conversation in asked])

    def choose(self, part: str) -> Labels:
        """One label each."""
        known = [i for i, example in enumerate(self._teach) if example.gold.labels(part)]
        truth = [next(iter(self._teach[i].gold.labels(part))) for i in known]
        model = _regression().fit(self._rows[known], truth)
        return [frozenset({str(label)}) for label in model.predict(self._asked)]

    def tag(self, part: str) -> Labels:
        """Labels with a probability of a half or more."""
        names = sorted({label for example in self._teach for label in example.gold.labels(part)})
        result: list[set[str]] = [set() for _ in range(self._asked.shape[0])]
        for name in names:
            truth = np.array([name in example.gold.labels(part) for example in self._teach])
            model = _regression().fit(self._rows, truth)
            for row in np.flatnonzero(model.predict(self._asked)):
                result[row].add(name)
        return [frozenset(labels) for labels in result]


def _regression() -> Any:
    return LogisticRegression(C=10.0, class_weight="balanced", max_iter=1000, random_state=0)


def _caller_text(conversation: Conversation) -> str:
    return "\n".join(turn.text for turn in conversation.turns if turn.speaker is not Speaker.AGENT)
