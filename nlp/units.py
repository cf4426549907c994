"""Units: the pieces of the caller's side that are encoded, scored and quoted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.domain.conversation import Conversation, Speaker
from nlp.text import units

_ENDING = 3


@dataclass(frozen=True, slots=True)
class Unit:
    """A span of one caller turn, with what was said to the caller just before."""

    conversation: int  # row in the batch
    turn: int
    begin: int
    end: int
    text: str
    before: str


def caller_turns(conversation: Conversation) -> list[int]:
    """Indices of the turns that count as the caller's voice.

    Where nobody is marked as the caller, every turn but system messages counts: nothing is lost.
    """
    turns = conversation.turns
    marked = [i for i, turn in enumerate(turns) if turn.speaker is Speaker.CUSTOMER]
    return marked or [i for i, turn in enumerate(turns) if turn.speaker is not Speaker.SYSTEM]


def agent_text(conversation: Conversation) -> str:
    """What the insurer's side said, one turn a line."""
    return "\n".join(turn.text for turn in conversation.turns if turn.speaker in (Speaker.AGENT, Speaker.BOT))


def ending_text(conversation: Conversation) -> str:
    """The last turns of both sides, one a line: how it ended is said there."""
    spoken = [turn.text for turn in conversation.turns if turn.speaker is not Speaker.SYSTEM]
    return "\n".join(spoken[-_ENDING:])


def caller_units(conversations: Sequence[Conversation]) -> list[Unit]:
    """Units of all caller turns, in order of conversation, turn and position."""
    result = []
    for row, conversation in enumerate(conversations):
        turns = conversation.turns
        callers = caller_turns(conversation)
        for index in callers:
            answered = index > 0 and index - 1 not in callers
            before = turns[index - 1].text if answered else ""
            for begin, end in units(turns[index].text):
                result.append(Unit(row, index, begin, end, turns[index].text[begin:end], before))
    return result
