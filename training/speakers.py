"""Training of the speaker head on the dialogues of the corpus, whose speakers are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from data.domain.conversation import Conversation, Speaker
from nlp.speakers import SpeakerHead
from nlp.text import skeleton

_KNOWN = (Speaker.CUSTOMER, Speaker.AGENT)
_STRENGTH = 3.0


def fit_speakers(conversations: Sequence[Conversation]) -> SpeakerHead:
    """Logistic regression on binary character n-grams; the probabilities of turns are counted."""
    dialogues = [c for c in conversations if len(c.turns) > 1]
    turns = [turn for c in dialogues for turn in c.turns if turn.speaker in _KNOWN]
    counter = CountVectorizer(
        analyzer="char", ngram_range=(1, 3), lowercase=False, min_df=3, binary=True, dtype=np.float32
    )
    rows = normalize(counter.fit_transform([skeleton(turn.text) for turn in turns]))
    truth = [turn.speaker is Speaker.AGENT for turn in turns]
    regression = LogisticRegression(C=_STRENGTH, max_iter=1000).fit(rows, truth)
    pairs = [
        (a.speaker, b.speaker)
        for c in dialogues
        for a, b in zip(c.turns, c.turns[1:], strict=False)
        if a.speaker in _KNOWN and b.speaker in _KNOWN
    ]
    switched = sum(a is not b for a, b in pairs)
    begun = sum(c.turns[0].speaker is Speaker.AGENT for c in dialogues)
    return SpeakerHead(
        terms=tuple(counter.get_feature_names_out()),
        weights=np.asarray(regression.coef_[0], dtype=np.float32),
        bias=float(regression.intercept_[0]),
        switch=(switched + 1) / (len(pairs) + 2),
        agent_first=(begun + 1) / (len(dialogues) + 2),
    )
