"""Taxonomy: the label set. Codes are ids, Chinese names are data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from data.domain.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Label:
    """One code with its Chinese name, what it means where the name does not say it all, and what people say who mean it."""

    code: str
    name: str
    description: str = ""
    examples: tuple[str, ...] = ()


Labels = Mapping[str, Label]


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The label set of one version; every mapping keeps the order of the file."""

    version: int
    channels: Labels
    caller_roles: Labels
    speakers: Labels
    journey_stages: Labels
    intents: Labels
    problems: Labels
    delights: Labels
    outcomes: Labels
    emotions: Labels
    severities: Mapping[int, str]

    def pain_point_name(self, key: str) -> str:
        """Chinese name of a `stage.problem` key, for example `给付领取·时效慢`."""
        stage, _, problem = key.partition(".")
        if stage not in self.journey_stages or problem not in self.problems:
            raise InvalidInputError(
                f"no pain point {key!r}: expected <journey stage>.<problem> of the taxonomy"
            )
        return f"{_short(self.journey_stages[stage].name)}·{self.problems[problem].name}"


def _short(name: str) -> str:
    return name.partition("(")[0]
