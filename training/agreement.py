"""The corpus and the label set of an installation need not agree: labels taken out are left out of the teaching."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from data.domain.errors import InvalidInputError
from data.domain.taxonomy import Taxonomy
from training.dataset import Example


def agreeing(examples: Sequence[Example], taxonomy: Taxonomy) -> tuple[list[Example], Mapping[str, int]]:
    """Examples with the labels of the taxonomy only, and how often each other label was left out.

    Raises InvalidInputError where a part with one label a conversation has one that is not in the taxonomy:
    such a conversation has to be labelled again.
    """
    left_out: Counter[str] = Counter()
    result = []
    for example in examples:
        gold = example.gold
        for part, known in (
            ("caller_role", taxonomy.caller_roles),
            ("journey_stage", taxonomy.journey_stages),
            ("outcome", taxonomy.outcomes),
            ("emotion", taxonomy.emotions),
        ):
            for label in gold.labels(part):
                if label not in known:
                    raise InvalidInputError(
                        f"{gold.id}: {part} {label!r} is not in the taxonomy; label it again"
                    )
        intents = tuple(label for label in gold.intents if label in taxonomy.intents)
        points = tuple(
            p
            for p in gold.pain_points
            if p.problem in taxonomy.problems and p.stage in taxonomy.journey_stages
        )
        delights = tuple(d for d in gold.delights if d.delight in taxonomy.delights)
        left_out.update(set(gold.intents) - set(intents))
        left_out.update(f"{p.stage}.{p.problem}" for p in gold.pain_points if p not in points)
        left_out.update(d.delight for d in gold.delights if d not in delights)
        result.append(
            replace(example, gold=replace(gold, intents=intents, pain_points=points, delights=delights))
        )
    return result, left_out
