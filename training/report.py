"""How well the decisions were on writers the models did not know."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nlp.model import CHOICE_PARTS, TAG_PARTS
from nlp.tagging import gate
from training.calibrate import micro_f1
from training.dataset import Example
from training.fit import Trained


def held_out_scores(trained: Trained, examples: Sequence[Example]) -> dict[str, float]:
    """Micro F1 of the tag parts and accuracy of the choice parts over whole conversations, out of fold.

    `false_alarm` is the share of conversations without pain that were given some.
    Calibrations, gate and thresholds were fitted on these same held-out scores, so the figures flatter slightly.
    """
    read = trained.held_out.logits.known()
    rows = [i for i, example in enumerate(examples) if not example.single and read[i]]
    scores = {}
    for part in TAG_PARTS:
        calibration = trained.model.tags[part]
        truth = np.array(
            [[label in examples[i].gold.labels(part) for label in calibration.labels] for i in rows]
        )
        emitted = calibration.emitted(trained.held_out.tags[part][rows])
        if part == "problems":
            present = gate(trained.model, trained.held_out)[rows] >= trained.model.pain_gate.threshold
            emitted &= present[:, None]
            painless = ~truth.any(axis=1)
            scores["false_alarm"] = round(float(emitted[painless].any(axis=1).mean()), 4)
        scores[part] = round(micro_f1(emitted, truth), 4)
    for part in CHOICE_PARTS:
        labels = trained.model.choices[part].labels
        chosen = trained.held_out.choices[part][rows].argmax(axis=1)
        right = [labels[c] in examples[i].gold.labels(part) for c, i in zip(chosen, rows, strict=True)]
        scores[part] = round(sum(right) / len(right), 4)
    return scores
