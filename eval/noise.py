"""Recogniser noise for measuring robustness: characters heard as others of the same sound, and dropped ones."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from data.domain.conversation import Conversation

# Shares of Chinese characters, about what a recogniser makes of telephone speech.
SAME_SOUND = 0.08
DROPPED = 0.02
_CHINESE = ("\u4e00", "\u9fff")


def noised(conversations: Sequence[Conversation], seed: int = 0) -> list[Conversation]:
    """Copies whose turns carry noise: homophones (tone ignored) drawn from the conversations' own characters."""
    draw = random.Random(seed)
    by_sound = homophones(conversations)
    return [
        replace(
            conversation,
            turns=tuple(
                replace(turn, text=_noise(turn.text, by_sound, draw) or turn.text)
                for turn in conversation.turns
            ),
        )
        for conversation in conversations
    ]


def _noise(text: str, homophones: Mapping[str, Sequence[str]], draw: random.Random) -> str:
    result = []
    for character in text:
        chance = draw.random()
        if not _CHINESE[0] <= character <= _CHINESE[1] or chance >= SAME_SOUND + DROPPED:
            result.append(character)
        elif chance < SAME_SOUND:
            result.append(draw.choice(homophones.get(character, (character,))))
    return "".join(result)


def homophones(conversations: Sequence[Conversation]) -> Mapping[str, Sequence[str]]:
    """Other characters of the same sound (tone ignored) among those the conversations use; itself where there is none."""
    from pypinyin import Style, lazy_pinyin

    characters = sorted(
        {c for conversation in conversations for turn in conversation.turns for c in turn.text}
    )
    by_sound: dict[str, list[str]] = defaultdict(list)
    sound_of = {}
    for character in characters:
        if _CHINESE[0] <= character <= _CHINESE[1]:
            sound_of[character] = lazy_pinyin(character, style=Style.NORMAL)[0]
            by_sound[sound_of[character]].append(character)
    return {
        character: [other for other in by_sound[sound] if other != character] or [character]
        for character, sound in sound_of.items()
    }
