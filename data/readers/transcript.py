"""Plain text: `坐席：… / 客户：…`, or bare lines whose speakers nobody wrote down."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from data.readers.build import RawConversation, RawTurn, Reading, build, known_speaker_word
from data.readers.encoding import PROBLEMS, text_lines
from data.readers.records import Record

_SPEAKER = re.compile(
    r"^\s*(?:[\[【(（]?\s*(?:\d{4}[-/年]\d{1,2}[-/月]\d{1,2}日?\s*)?\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?\s*[\]】)）]?\s*)?"
    r"[\[【(（<]?\s*([A-Za-z_\-]{2,20}\d{0,3}|[\u4e00-\u9fffA-Za-z]{1,8}\d{0,3})\s*[\]】)）>]?"
    r"(?:\s*[(（\[]?\d{1,2}:\d{2}(?::\d{2})?[)）\]]?)?\s*[:：]\s*"
)
_BREAK = re.compile(r"^\s*(?:[-=*#_]{3,}.*|#{1,3}\s.*)$")


def split_speaker(line: str) -> tuple[str | None, str]:
    """The speaker word in front of a line, if it is one, and the words.

    >>> split_speaker("[10:22:31] 坐席01：您好")
    ('坐席01', '您好')
    >>> split_speaker("时间：下午三点")
    (None, '时间：下午三点')
    """
    match = _SPEAKER.match(line)
    if match and known_speaker_word(match.group(1)):
        return match.group(1), line[match.end() :]
    return None, line


def has_speakers(head: str) -> bool:
    """Whether some line begins with a speaker."""
    return any(split_speaker(line)[0] for line in head.splitlines())


def read(reading: Reading, path: Path) -> Iterator[Record]:
    """Conversations of a text file, parted by lines of dashes or the like.

    Where speakers are named, a line without one continues the turn above; where none is named in the whole
    conversation, every line is a turn of an unknown speaker.
    """
    turns: list[RawTurn] = []
    parted, number, first = False, 0, 1
    for line, text, problem in text_lines(path):
        if problem or text is None:
            yield reading.rejected(line, problem or "bad_encoding", PROBLEMS[problem or "bad_encoding"])
            continue
        if _BREAK.match(text):
            if turns:
                number += 1
                yield from build(reading, first, RawConversation(turns=turns), number)
            turns, parted, first = [], True, line + 1
            continue
        if not text.strip():
            continue
        speaker, words = split_speaker(text)
        if speaker is None and turns and turns[-1].speaker is not None:
            last = turns[-1]
            turns[-1] = RawTurn(f"{last.text} {words.strip()}", last.speaker)
        else:
            turns.append(RawTurn(words, speaker))
    if turns:
        yield from build(reading, first, RawConversation(turns=turns), number + 1 if parted else None)
    elif number == 0:
        yield reading.rejected(1, "empty_turns", "no line with words")
