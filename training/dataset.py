"""The training corpus: labelled conversations and single utterances, as examples."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.domain.conversation import Conversation, Speaker, Turn
from data.domain.errors import InvalidInputError
from eval.labels import Gold, GoldDelight, GoldPainPoint, json_lines, read_gold

CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True, slots=True)
class Example:
    """A conversation with its labels. `single` utterances have no labels for the choice parts."""

    conversation: Conversation
    gold: Gold
    writer: str

    @property
    def single(self) -> bool:
        """True for a labelled utterance that is not a whole conversation."""
        return self.gold.caller_role is None


def read_corpus(folder: Path = CORPUS) -> list[Example]:
    """Conversations first, then utterances. Raises InvalidInputError naming file and line."""
    gold = read_gold(folder / "gold.jsonl")
    examples = []
    for number, value in json_lines(folder / "conversations.jsonl"):
        if value["id"] not in gold:
            raise InvalidInputError(f"conversations.jsonl:{number}: no labels for this id in gold.jsonl")
        examples.append(Example(_conversation(value), gold[value["id"]], value["writer"]))
    examples.extend(_utterance(value) for _, value in json_lines(folder / "utterances.jsonl"))
    return examples


def corpus_hash(folder: Path = CORPUS) -> str:
    """Identity of the labels a model was trained on."""
    digest = hashlib.sha256()
    for name in ("conversations.jsonl", "gold.jsonl", "utterances.jsonl"):
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()[:16]


def writers(examples: Iterable[Example]) -> list[str]:
    """Writers of whole conversations, sorted."""
    return sorted({example.writer for example in examples if not example.single})


def _conversation(value: Mapping[str, Any]) -> Conversation:
    return Conversation(
        id=value["id"],
        channel=value.get("channel"),
        metadata=value.get("metadata", {}),
        turns=tuple(Turn(turn["text"], Speaker(turn["speaker"])) for turn in value["turns"]),
    )


def _utterance(value: Mapping[str, Any]) -> Example:
    gold = Gold(
        id=value["id"],
        intents=tuple(value["intents"]),
        pain_points=tuple(
            GoldPainPoint(p["stage"], p["problem"], p["severity"], (0,)) for p in value["problems"]
        ),
        delights=tuple(GoldDelight(label, (0,)) for label in value["delights"]),
    )
    # A caller's words whoever said them: the few agent lines are near misses that must stay unlabelled.
    turns = (Turn(value["text"], Speaker.CUSTOMER),)
    return Example(Conversation(value["id"], turns), gold, value.get("writer", "t8"))
