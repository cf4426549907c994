"""What each voice is worth: linear heads alone, the tuned classifier alone, and both, on writers they did not know."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from nlp.heads import Scores
from nlp.model import CHOICE_PARTS, TAG_PARTS, Model
from nlp.tagging import Scored, choice_inputs, tag_inputs
from training.calibrate import fit_shared_softmax, fit_tag_calibration, micro_f1
from training.dataset import Example

# Of the scores a decision is calibrated from, the last is the classifier's.
_VOICES: Mapping[str, Callable[[list[Scores]], list[Scores]]] = {
    "heads": lambda scores: scores[:-1],
    "classifier": lambda scores: scores[-1:],
    "both": lambda scores: scores,
}


def compare_voices(
    model: Model, held_out: Scored, examples: Sequence[Example]
) -> dict[str, dict[str, float]]:
    """Micro F1 of the tag parts and accuracy of the choice parts by voice; empty where there is no classifier.

    Each voice gets its own calibration and thresholds, fitted like those of the model on the same held-out
    scores of whole conversations. Problems without the gate, so a little below the model's own.
    """
    if not held_out.logits.columns:
        return {}
    judged = np.flatnonzero(np.array([not example.single for example in examples]) & held_out.logits.known())
    result: dict[str, dict[str, float]] = {voice: {} for voice in _VOICES}
    for part in TAG_PARTS:
        labels = model.tags[part].labels
        whole = held_out.whole[:, model.conversation_head.part(part)]
        units = held_out.units[:, model.unit_head.part(part)]
        scores = tag_inputs(whole, units, held_out.owners, held_out.logits.tags(part, labels))
        truth = np.array([[label in examples[int(i)].gold.labels(part) for label in labels] for i in judged])
        for voice, chosen in _VOICES.items():
            own = [score[judged] for score in chosen(scores)]
            fitted = fit_tag_calibration(labels, own, truth)
            result[voice][part] = round(micro_f1(fitted.emitted(fitted.probabilities(own)), truth), 4)
    for part in CHOICE_PARTS:
        labels = model.choices[part].labels
        whole = held_out.whole[:, model.conversation_head.part(part)]
        inputs = choice_inputs(whole, held_out.logits.choice(part, labels))[judged]
        right = np.array([labels.index(next(iter(examples[int(i)].gold.labels(part)))) for i in judged])
        blocks = np.split(inputs, inputs.shape[1] // len(labels), axis=1)
        for voice, chosen in _VOICES.items():
            own = chosen(blocks)
            softmax = fit_shared_softmax(labels, own, right, 0.0)
            said = softmax.probabilities(np.hstack(own)).argmax(axis=1)
            result[voice][part] = round(float((said == right).mean()), 4)
    return result
