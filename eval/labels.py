"""Gold labels of conversations, as files of the contract give them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.domain.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class GoldPainPoint:
    """A labelled pain point; `evidence` holds turn indices."""

    stage: str
    problem: str
    severity: int
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class GoldDelight:
    """A labelled delight; `evidence` holds turn indices."""

    delight: str
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Gold:
    """All labels of one conversation; a choice part is None where it was not labelled.

    `unlabelled` names the parts with several labels that the reader was not asked for: empty there says nothing.
    """

    id: str
    intents: tuple[str, ...] = ()
    pain_points: tuple[GoldPainPoint, ...] = ()
    delights: tuple[GoldDelight, ...] = ()
    caller_role: str | None = None
    journey_stage: str | None = None
    outcome: str | None = None
    emotion: str | None = None
    unlabelled: frozenset[str] = frozenset()

    def labels(self, part: str) -> frozenset[str]:
        """Labels of a part: `intents`, `problems`, `pain_points` (as stage.problem), `delights` or a choice part."""
        if part == "intents":
            return frozenset(self.intents)
        if part == "problems":
            return frozenset(point.problem for point in self.pain_points)
        if part == "pain_points":
            return frozenset(f"{point.stage}.{point.problem}" for point in self.pain_points)
        if part == "delights":
            return frozenset(delight.delight for delight in self.delights)
        value: str | None = getattr(self, part)
        return frozenset() if value is None else frozenset({value})


def gold_from_json(value: Mapping[str, Any]) -> Gold:
    """One line of a gold file; parts it lacks are not labelled. Raises KeyError or TypeError where it is not one."""
    return Gold(
        id=str(value["id"]),
        intents=tuple(value["intents"]),
        pain_points=tuple(
            GoldPainPoint(p["stage"], p["problem"], int(p["severity"]), tuple(p.get("evidence", ())))
            for p in value.get("pain_points", ())
        ),
        delights=tuple(
            GoldDelight(d["delight"], tuple(d.get("evidence", ()))) for d in value.get("delights", ())
        ),
        caller_role=value.get("caller_role"),
        journey_stage=value.get("journey_stage"),
        outcome=value.get("outcome"),
        emotion=value.get("emotion"),
        unlabelled=frozenset({"pain_points", "delights"} - set(value)),
    )


def read_gold(path: Path) -> dict[str, Gold]:
    """Gold by conversation id. Raises InvalidInputError naming file and line."""
    return {gold.id: gold for gold in _read(path)}


def _read(path: Path) -> Iterator[Gold]:
    for number, value in json_lines(path):
        try:
            yield gold_from_json(value)
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInputError(
                f"{path.name}:{number}: not a gold line ({type(error).__name__}: {error})"
            ) from error


def json_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Numbered values of a JSON Lines file. Raises InvalidInputError naming file and line."""
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    try:
                        yield number, json.loads(line)
                    except json.JSONDecodeError as error:
                        raise InvalidInputError(f"{path.name}:{number}: not JSON ({error.msg})") from error
    except OSError as error:
        raise InvalidInputError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{path.name}: not UTF-8 text") from error
