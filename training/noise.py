"""What a recogniser makes of speech, for training: the classifier must not trust every character.

Rates come from 10,000 utterances of callers to a voice menu as a recogniser wrote them: 2.9 fillers in 100
characters, a repeated character in 16 % and a repeated word in 9 % of the utterances, no punctuation at
all. Homophones are drawn by sound, misheard terms from data/lexicon/asr_confusions.tsv.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from data.domain.conversation import Conversation, Speaker, Turn

_CONFUSIONS = Path(__file__).resolve().parents[1] / "data" / "lexicon" / "asr_confusions.tsv"
_PUNCTUATION = re.compile("[，。！？、；：,.!?;…]")
_FILLERS = ("嗯", "啊", "呃", "那个", "这个", "就是", "哦", "诶")
_FILLER = 0.029
_REPEATED_CHARACTER = 0.16
_REPEATED_WORD = 0.09
_CUT_OFF = 0.05
_MERGED = 0.03
_SWAPPED = 0.02
_MISHEARD_TERM = 0.5
_WORST = 0.12  # share of characters misheard in the worst line; every conversation has its own
_CHINESE = ("\u4e00", "\u9fff")


def spoken(
    conversation: Conversation, homophones: Mapping[str, Sequence[str]], draw: random.Random
) -> Conversation:
    """A copy as a recogniser might have written it."""
    misheard, unpunctuated = draw.random() * _WORST, draw.random() < 0.7
    turns = []
    for turn in conversation.turns:
        text = _terms(turn.text, draw)
        if unpunctuated:
            text = _PUNCTUATION.sub("", text)
        text = _hesitant(_misheard(text, misheard, homophones, draw), draw)
        turns.append(replace(turn, text=text or turn.text))
    return replace(conversation, turns=tuple(_regrouped(turns, draw)))


def _terms(text: str, draw: random.Random) -> str:
    for heard, meant in _confusions():
        if meant in text and draw.random() < _MISHEARD_TERM:
            text = text.replace(meant, heard)
    return text


@cache
def _confusions() -> tuple[tuple[str, str], ...]:
    lines = _CONFUSIONS.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return tuple((row[0], row[1]) for row in rows)


def _misheard(text: str, share: float, homophones: Mapping[str, Sequence[str]], draw: random.Random) -> str:
    return "".join(
        draw.choice(homophones.get(c, (c,)))
        if _CHINESE[0] <= c <= _CHINESE[1] and draw.random() < share
        else c
        for c in text
    )


def _hesitant(text: str, draw: random.Random) -> str:
    """With fillers, repetitions and lost ends."""
    pieces = []
    for character in text:
        if draw.random() < _FILLER:
            pieces.append(draw.choice(_FILLERS))
        pieces.append(character)
    if len(pieces) > 4:
        if draw.random() < _REPEATED_CHARACTER:
            at = draw.randrange(len(pieces))
            pieces.insert(at, pieces[at])
        if draw.random() < _REPEATED_WORD:
            at = draw.randrange(len(pieces) - 2)
            pieces[at:at] = pieces[at : at + 2]
        if draw.random() < _CUT_OFF:
            del pieces[-draw.randrange(1, 3) :]
    return "".join(pieces)


def _regrouped(turns: Sequence[Turn], draw: random.Random) -> list[Turn]:
    """With some turns run together, and some given to the wrong side."""
    swap = {Speaker.AGENT: Speaker.CUSTOMER, Speaker.CUSTOMER: Speaker.AGENT}
    result: list[Turn] = []
    for turn in turns:
        if result and draw.random() < _MERGED:
            result[-1] = replace(result[-1], text=result[-1].text + turn.text)
        elif len(turns) > 3 and draw.random() < _SWAPPED:
            result.append(replace(turn, speaker=swap.get(turn.speaker, turn.speaker)))
        else:
            result.append(turn)
    return result
