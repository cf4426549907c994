"""The scale of newcomers: every known label is treated as if it were new, and how well its name tells it is learnt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from data.domain.taxonomy import Taxonomy
from nlp.encoder import Encoder, unit_rows
from nlp.features import Batch, Floats
from nlp.newcomers import NewcomerScale, described, name_center, prototype, tag_labels, trust_in
from training.calibrate import micro_f1
from training.dataset import Example

# Units of the background, spread evenly over the corpus: more change nothing in the second decimal.
_BACKGROUND = 1500
# Numbers of examples that a label is tried with.
_TRIED = (0, 5)
_THRESHOLDS = np.round(np.arange(0.1, 0.7, 0.01), 2)


def fit_newcomers(
    examples: Sequence[Example], batch: Batch, taxonomy: Taxonomy, encoder: Encoder
) -> NewcomerScale:
    """Learn the scale from whole conversations; examples of a label are taken from single utterances alone."""
    units = unit_rows(batch.unit_rows.dense)
    owners = np.array([unit.conversation for unit in batch.units], dtype=np.int64)
    every = max(1, len(units) // _BACKGROUND)
    empty = NewcomerScale(units[::every].copy(), name_center(taxonomy, encoder), np.zeros(3), 0.0, 1.0)
    whole = np.array([not example.single for example in examples])
    rows = np.flatnonzero(whole)
    own = whole[owners]
    inputs, truth = [], []
    for part, labels in tag_labels(taxonomy).items():
        names = [unit_rows(encoder.encode(described(label)) - empty.name_center) for label in labels.values()]
        hits = np.array([[code in examples[int(i)].gold.labels(part) for code in labels] for i in rows])
        for number in _TRIED:
            shown = [_shown(examples, batch, units, owners, part, code, number) for code in labels]
            prototypes = np.stack([prototype(n, s) for n, s in zip(names, shown, strict=True)])
            trust = np.array([trust_in(len(s)) for s in shown])
            given = empty.inputs(units[own], prototypes, trust, owners[own], len(examples))[rows]
            inputs.append(given.reshape(-1, 3))
            truth.append(hits.ravel())
    stacked, right = np.vstack(inputs), np.concatenate(truth)
    regression = LogisticRegression(C=1.0, max_iter=1000).fit(stacked, right)
    scale = NewcomerScale(
        empty.background, empty.name_center, regression.coef_[0], float(regression.intercept_[0]), 1.0
    )
    probabilities = scale.probabilities(stacked)
    best = max(_THRESHOLDS, key=lambda t: (micro_f1(probabilities >= t, right), t))
    return NewcomerScale(scale.background, scale.name_center, scale.slopes, scale.offset, float(best))


def _shown(
    examples: Sequence[Example],
    batch: Batch,
    units: Floats,
    owners: NDArray[np.int64],
    part: str,
    code: str,
    number: int,
) -> Floats:
    """Vectors of the first units of the first `number` single utterances that have the label."""
    chosen = [i for i, e in enumerate(examples) if e.single and code in e.gold.labels(part)][:number]
    first = [int(np.flatnonzero(owners == i)[0]) for i in chosen]
    return units[first]
