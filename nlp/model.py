"""Model: everything a bundle holds, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nlp.features import Features
from nlp.heads import LinearHead, Scores, Softmax, TagCalibration
from nlp.newcomers import NewcomerScale
from nlp.speakers import SpeakerHead

TAG_PARTS = ("intents", "problems", "delights")
CHOICE_PARTS = ("caller_role", "journey_stage", "outcome", "emotion")


@dataclass(frozen=True, slots=True)
class Model:
    """Features, the stacked linear heads, and what turns their scores into probabilities.

    Columns of the heads are named `part:label`. `conversation_head` holds the tag parts, the choice parts,
    `pain_stage:<stage>` and `severity:2`, `severity:3`; `unit_head` holds the tag parts and `valence:turn`.
    `pain_gate` tells absent from present: whether the conversation has any pain point at all.
    `newcomers` judges labels that the heads have not learnt, or hardly.
    `stage_prior` is (problems, stages): log P(stage | problem) in the training corpus, smoothed.
    """

    features: Features
    conversation_head: LinearHead
    unit_head: LinearHead
    tags: Mapping[str, TagCalibration]
    choices: Mapping[str, Softmax]
    pain_gate: Softmax
    pain_stage: Softmax
    severity: Softmax
    stage_prior: Scores
    newcomers: NewcomerScale
    speakers: SpeakerHead
    valence_scale: float
    encoder: str  # fingerprint of the encoder the vectors came from
    classifier: str  # fingerprint of the classifier whose logits it weighs; empty without one
    taxonomy: int
