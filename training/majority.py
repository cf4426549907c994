"""Several independent readings of a text → one: what the majority says.

`python -m training.majority` writes the corpus' gold labels from its readings and prints how far readers agree.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median_low
from typing import Any, TypeVar

from data.domain.conversation import Conversation
from eval.conversations import agreement
from eval.inputs import Judged
from eval.labels import Gold, GoldDelight, GoldPainPoint, read_gold
from nlp.model import CHOICE_PARTS
from training.dataset import CORPUS

READINGS = ("first", "second", "third")
T = TypeVar("T")


def majority(readings: Sequence[Gold]) -> Gold:
    """Labels that more than half of the readers give; ties and texts with fewer than three readings go to the first.

    A problem that the majority sees, but not at one stage, stands at the stage most of them name. Evidence is what
    more than half of those who give the label point at, else everything they point at. Severity is the median.
    """
    first = readings[0]
    if len(readings) < 3:
        return first
    intents = _kept([reading.intents for reading in readings])
    choices: dict[str, Any] = {
        part: _commonest([getattr(reading, part) for reading in readings]) for part in CHOICE_PARTS
    }
    return Gold(
        first.id, tuple(intents) or first.intents, tuple(_pains(readings)), tuple(_delights(readings)), **choices
    )  # fmt: skip


def _kept(said: Sequence[Iterable[T]]) -> list[T]:
    """What more than half say, in the order first said."""
    votes = Counter(label for own in said for label in dict.fromkeys(own))
    return [label for label, number in votes.items() if 2 * number > len(said)]


def _commonest(said: Sequence[T]) -> T:
    """What most say; of equals the one said first."""
    return Counter(said).most_common(1)[0][0]


def _pains(readings: Sequence[Gold]) -> list[GoldPainPoint]:
    pairs = _kept([[(p.stage, p.problem) for p in reading.pain_points] for reading in readings])
    for problem in _kept([[p.problem for p in reading.pain_points] for reading in readings]):
        if problem not in {known for _, known in pairs}:
            stages = [p.stage for r in readings for p in r.pain_points if p.problem == problem]
            pairs.append((_commonest(stages), problem))
    result = []
    for stage, problem in pairs:
        # Everybody who sees the problem tells where, even at another stage.
        own = [p for r in readings for p in r.pain_points if p.problem == problem]
        at_stage = [p for p in own if p.stage == stage] or own
        severity = median_low([p.severity for p in at_stage])
        result.append(GoldPainPoint(stage, problem, severity, _evidence([p.evidence for p in at_stage])))
    return result


def _delights(readings: Sequence[Gold]) -> list[GoldDelight]:
    return [
        GoldDelight(
            label, _evidence([d.evidence for r in readings for d in r.delights if d.delight == label])
        )
        for label in _kept([[d.delight for d in reading.delights] for reading in readings])
    ]


def _evidence(pointed: Sequence[Sequence[int]]) -> tuple[int, ...]:
    return tuple(sorted(_kept(pointed) or {turn for own in pointed for turn in own}))


def readings_of(folder: Path = CORPUS) -> list[tuple[Gold, ...]]:
    """All readings of each conversation, the writer's first."""
    first, *others = [read_gold(folder / "readings" / f"{name}.jsonl") for name in READINGS]
    return [
        (own, *(other[identity] for other in others if identity in other)) for identity, own in first.items()
    ]


def gold_to_json(gold: Gold) -> dict[str, Any]:
    """The contract's plain form."""
    return {
        "id": gold.id,
        "caller_role": gold.caller_role,
        "journey_stage": gold.journey_stage,
        "intents": list(gold.intents),
        "pain_points": [
            {"stage": p.stage, "problem": p.problem, "severity": p.severity, "evidence": list(p.evidence)}
            for p in gold.pain_points
        ],
        "delights": [{"delight": d.delight, "evidence": list(d.evidence)} for d in gold.delights],
        "outcome": gold.outcome,
        "emotion": gold.emotion,
    }


def agreement_between(readings: Sequence[Sequence[Gold]], one: int, other: int) -> Mapping[str, float]:
    """F1 and equal labels of two readers, over the texts that both have read."""
    both = [own for own in readings if len(own) > max(one, other)]
    judged = [Judged(Conversation(id=own[one].id, turns=()), own[one]) for own in both]
    return agreement(judged, {own[other].id: own[other] for own in both})


def main() -> None:
    """See the module."""
    readings = readings_of()
    with (CORPUS / "gold.jsonl").open("w", encoding="utf-8") as stream:
        for own in readings:
            stream.write(json.dumps(gold_to_json(majority(own)), ensure_ascii=False) + "\n")
    for one, other in ((0, 1), (0, 2), (1, 2)):
        figures = agreement_between(readings, one, other)
        print(
            READINGS[one], READINGS[other], {name: round(float(value), 3) for name, value in figures.items()}
        )


if __name__ == "__main__":
    main()
