"""`voc eval NAME`: a table of evaluations, each from files to figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from data.domain.analysis import Analysis
from data.domain.conversation import Conversation, canonical_json
from data.domain.errors import InvalidInputError
from eval import conversations, emotion, redaction, speakers
from eval.inputs import GOLD, Inputs, Judged, with_gold
from eval.labels import read_gold
from nlp.pipeline import Analyzer

_BATCH = 64


@dataclass(frozen=True, slots=True)
class Bench:
    """What evaluations may use: files, zone, the analyzer and the training corpus when asked for."""

    inputs: Inputs
    zone: tzinfo
    open_analyzer: Callable[[], Analyzer]
    corpus: Callable[[], list[Judged]]

    def analyze(self) -> Callable[[Sequence[Conversation]], list[Analysis]]:
        """A function from conversations as read to their analyses."""
        analyzer = self.open_analyzer()

        def run(asked: Sequence[Conversation]) -> list[Analysis]:
            prepared = [analyzer.prepare(c, canonical_json(c)) for c in asked]
            pairs = [(p.conversation, p.redactions) for p in prepared]
            return [a for i in range(0, len(pairs), _BATCH) for a in analyzer.analyze(pairs[i : i + _BATCH])]

        return run


Evaluation = Callable[[Bench], dict[str, Any]]


def _conversations(bench: Bench) -> dict[str, Any]:
    inputs = bench.inputs
    if inputs.input is None or inputs.gold is None:
        raise InvalidInputError(
            "voc eval conversations needs --input and --gold, files that were not trained on"
        )
    judged = with_gold(inputs.input, inputs.gold, bench.zone)
    second = read_gold(inputs.second) if inputs.second else None
    return conversations.measure(judged, bench.corpus(), bench.analyze(), second)


def _redaction(bench: Bench) -> dict[str, Any]:
    path = bench.inputs.gold or bench.inputs.input or GOLD / "redaction.jsonl"
    return redaction.measure(redaction.read_marked(path))


def _speakers(bench: Bench) -> dict[str, Any]:
    path = bench.inputs.input or GOLD / "emotion.jsonl"
    infer = bench.open_analyzer().with_speakers
    return speakers.measure(
        speakers.read_dialogues(path, bench.zone), lambda asked: [infer(c) for c in asked]
    )


def _emotion(bench: Bench) -> dict[str, Any]:
    path = bench.inputs.input or GOLD / "emotion.jsonl"
    return emotion.measure(emotion.read_courses(path, bench.zone), bench.analyze())


EVALUATIONS: Mapping[str, Evaluation] = {
    "conversations": _conversations,
    "redaction": _redaction,
    "speakers": _speakers,
    "emotion": _emotion,
}


def evaluate(name: str, bench: Bench) -> dict[str, Any]:
    """The figures of one evaluation. Raises InvalidInputError for a name that is none."""
    if name not in EVALUATIONS:
        raise InvalidInputError(f"no evaluation {name!r}; expected one of {', '.join(EVALUATIONS)}")
    return EVALUATIONS[name](bench)
