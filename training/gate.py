"""Whether anything hurts at all: one decision a conversation, before any problem is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nlp.model import Model
from nlp.tagging import Scored, gate_inputs
from training.calibrate import fit_softmax, micro_f1
from training.dataset import Example

LABELS = ("absent", "present")
_STRENGTH = 1.0
# Thresholds tried: of the gate, and of the problems behind it.
_GATES = np.round(np.arange(0.2, 0.75, 0.05), 2)
_PROBLEMS = np.round(np.arange(0.2, 0.6, 0.01), 2)


def with_gate(draft: Model, examples: Sequence[Example], held_out: Scored, folds: NDArray[np.int64]) -> Model:
    """The model with its gate, and the pair of thresholds with the best micro F1 of problems out of fold.

    Of pairs with equal F1 the one that alarms less is taken.
    """
    whole = np.array([not example.single for example in examples])
    rows = np.flatnonzero(whole & held_out.logits.known())
    inputs = gate_inputs(draft, held_out)[rows]
    names = draft.tags["problems"].labels
    truth = np.array([[name in examples[int(i)].gold.labels("problems") for name in names] for i in rows])
    hurts = np.asarray(truth.any(axis=1), dtype=np.int64)
    probability = np.zeros(len(rows))
    for fold in np.unique(folds[rows]):
        known, held = folds[rows] != fold, folds[rows] == fold
        softmax = fit_softmax(LABELS, inputs[known], hurts[known], _STRENGTH)
        probability[held] = softmax.probabilities(inputs[held])[:, 1]
    problems = held_out.tags["problems"][rows]

    def quality(pair: tuple[float, float]) -> tuple[float, float, float]:
        emitted = (problems >= pair[1]) & (probability >= pair[0])[:, None]
        return round(micro_f1(emitted, truth), 4), pair[0], pair[1]

    gate, threshold = max(((float(g), float(t)) for g in _GATES for t in _PROBLEMS), key=quality)
    return replace(
        draft,
        pain_gate=fit_softmax(LABELS, inputs, hurts, _STRENGTH, gate),
        tags={**draft.tags, "problems": replace(draft.tags["problems"], threshold=threshold, share=0.0)},
    )
