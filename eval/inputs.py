"""Reading what is to be judged, together with its gold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from data.domain.conversation import Conversation
from data.domain.errors import InvalidInputError
from data.readers import Located, Rejected, open_conversations
from eval.labels import Gold, read_gold

GOLD = Path(__file__).parent / "gold"


@dataclass(frozen=True, slots=True)
class Inputs:
    """Files given by the user; None takes the project's own."""

    input: Path | None = None
    gold: Path | None = None
    second: Path | None = None  # labels of another reader


@dataclass(frozen=True, slots=True)
class Judged:
    """A conversation as read and what is right about it."""

    conversation: Conversation
    gold: Gold


def conversations_of(path: Path, zone: tzinfo) -> list[Conversation]:
    """All conversations of a file. Raises InvalidInputError for the first that cannot be read."""
    result = []
    for record in open_conversations(path, zone).records:
        if isinstance(record, Rejected):
            raise InvalidInputError(f"{record.path}:{record.line}: {record.message}")
        if isinstance(record, Located):
            result.append(record.conversation)
    return result


def with_gold(input_path: Path, gold_path: Path, zone: tzinfo) -> list[Judged]:
    """Conversations that have gold. Raises InvalidInputError where gold has no conversation."""
    gold = read_gold(gold_path)
    conversations = {c.id: c for c in conversations_of(input_path, zone)}
    if missing := [identity for identity in gold if identity not in conversations]:
        raise InvalidInputError(
            f"{gold_path.name}: {len(missing)} labelled conversations are not in {input_path.name}"
        )
    return [Judged(conversations[identity], own) for identity, own in gold.items()]
