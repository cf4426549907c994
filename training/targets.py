"""Labels → target matrices for the heads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from data.domain.taxonomy import Taxonomy
from nlp.model import TAG_PARTS
from nlp.units import Unit
from training.dataset import Example

Targets = NDArray[np.float32]

# What an emotion at the end means on the scale of -1 … 1, and a problem or delight where it is voiced.
EMOTION_VALENCE = {"calm": 0.0, "anxious": -0.4, "dissatisfied": -0.6, "angry": -1.0, "satisfied": 0.8}
PROBLEM_VALENCE = {1: -0.3, 2: -0.6, 3: -0.9}
DELIGHT_VALENCE = 0.8


def part_labels(taxonomy: Taxonomy) -> dict[str, tuple[str, ...]]:
    """Labels of every part in the order of the taxonomy."""
    return {
        "intents": tuple(taxonomy.intents),
        "problems": tuple(taxonomy.problems),
        "delights": tuple(taxonomy.delights),
        "caller_role": tuple(taxonomy.caller_roles),
        "journey_stage": tuple(taxonomy.journey_stages),
        "outcome": tuple(taxonomy.outcomes),
        "emotion": tuple(taxonomy.emotions),
    }


def tag_columns(labels: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """`part:label` of the parts with several labels a conversation."""
    return tuple(f"{part}:{label}" for part in TAG_PARTS for label in labels[part])


def tag_targets(examples: Sequence[Example], columns: Sequence[str]) -> Targets:
    """1 where the conversation has the label; shape (examples, columns)."""
    return np.array([[_has(example, column) for column in columns] for example in examples], np.float32)


def _has(example: Example, column: str) -> bool:
    part, _, label = column.partition(":")
    return label in example.gold.labels(part)


def pain_columns(labels: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Columns for where it hurts and how much."""
    return (*(f"pain_stage:{stage}" for stage in labels["journey_stage"]), "severity:2", "severity:3")


def pain_targets(examples: Sequence[Example], columns: Sequence[str]) -> Targets:
    """1 where some pain point of the conversation has the stage, or at least the severity."""
    result = np.zeros((len(examples), len(columns)), np.float32)
    for row, example in enumerate(examples):
        points = example.gold.pain_points
        for column, name in enumerate(columns):
            kind, _, value = name.partition(":")
            hit = any(p.stage == value if kind == "pain_stage" else p.severity >= int(value) for p in points)
            result[row, column] = float(hit)
    return result


def choice_columns(labels: dict[str, tuple[str, ...]], part: str) -> tuple[str, ...]:
    """`part:label` of a part with one label a conversation."""
    return tuple(f"{part}:{label}" for label in labels[part])


def unit_targets(
    examples: Sequence[Example], units: Sequence[Unit], columns: Sequence[str]
) -> tuple[Targets, NDArray[np.bool_]]:
    """Targets (units, columns) and a mask of the units whose intents are known.

    Problems and delights are known by turn (the evidence). Intents are labelled for the whole conversation,
    so only single voices and utterances teach them.
    """
    targets = np.zeros((len(units), len(columns)), np.float32)
    intents_known = np.zeros(len(units), dtype=bool)
    for row, unit in enumerate(units):
        example = examples[unit.conversation]
        single_voice = example.conversation.is_monologue
        intents_known[row] = single_voice
        present = set()
        if single_voice:
            present |= {f"intents:{label}" for label in example.gold.intents}
        present |= {f"problems:{p.problem}" for p in example.gold.pain_points if unit.turn in p.evidence}
        present |= {f"delights:{d.delight}" for d in example.gold.delights if unit.turn in d.evidence}
        for column, name in enumerate(columns):
            targets[row, column] = float(name in present)
    return targets, intents_known


def valence_targets(examples: Sequence[Example], units: Sequence[Unit]) -> Targets:
    """Valence of every unit in -1 … 1, shape (units, 1).

    Evidence of a problem or delight carries its valence, the caller's last turn the emotion at the end,
    the rest is neutral.
    """
    last = {unit.conversation: unit.turn for unit in units}
    result = np.zeros((len(units), 1), np.float32)
    for row, unit in enumerate(units):
        gold = examples[unit.conversation].gold
        values = [PROBLEM_VALENCE[p.severity] for p in gold.pain_points if unit.turn in p.evidence]
        values += [DELIGHT_VALENCE for d in gold.delights if unit.turn in d.evidence]
        if gold.emotion is not None and unit.turn == last[unit.conversation]:
            values.append(EMOTION_VALENCE[gold.emotion])
        result[row, 0] = float(np.mean(values)) if values else 0.0
    return result
