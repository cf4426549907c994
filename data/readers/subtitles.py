"""WebVTT with voice tags, and SubRip with a speaker in front of the words."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

from data.readers.build import RawConversation, RawTurn, Reading, build
from data.readers.encoding import PROBLEMS, text_lines
from data.readers.records import Record
from data.readers.transcript import split_speaker

_STAMP = r"(?:(\d+):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
_TIMING = re.compile(rf"^\s*{_STAMP}\s*-->\s*{_STAMP}")
_VOICE = re.compile(r"<v(?:\.[^\s>]+)*\s+([^>]+)>")
_TAG = re.compile(r"</?[a-zA-Z][^>]*>|<\d[\d:.]*>")


def is_webvtt(head: str) -> bool:
    """The signature every WebVTT file begins with."""
    return head.lstrip("\ufeff").startswith("WEBVTT")


def is_srt(head: str) -> bool:
    """A number on a line, then a timing."""
    lines = [line.strip() for line in head.lstrip("\ufeff").splitlines() if line.strip()][:2]
    return len(lines) == 2 and lines[0].isdigit() and bool(_TIMING.match(lines[1]))


def read(reading: Reading, path: Path) -> Iterator[Record]:
    """The one conversation of a file: one turn a cue, cues without a voice keep the speaker unknown."""
    turns: list[RawTurn] = []
    cue: list[str] = []
    timing: tuple[float, float] | None = None
    for line, text, problem in text_lines(path):
        if problem or text is None:
            yield reading.rejected(line, problem or "bad_encoding", PROBLEMS[problem or "bad_encoding"])
            continue
        match = _TIMING.match(text)
        if match:
            if timing and cue:
                turns.append(_turn(cue[:-1] if cue[-1].strip().isdigit() and len(cue) > 1 else cue, timing))
            groups = match.groups()
            timing, cue = (_seconds(groups[:4]), _seconds(groups[4:])), []
        elif not text.strip():
            if timing and cue:
                turns.append(_turn(cue, timing))
            timing, cue = None, []
        elif timing:
            cue.append(text)
    if timing and cue:
        turns.append(_turn(cue, timing))
    if not turns:
        yield reading.rejected(
            1, "empty_turns", "no cue with words; a cue is a timing line and text below it"
        )
        return
    yield from build(reading, 1, RawConversation(turns=turns, channel="hotline"))


def _turn(cue: list[str], timing: tuple[float, float]) -> RawTurn:
    text = " ".join(part.strip() for part in cue)
    voice = _VOICE.search(text)
    bare = html.unescape(_TAG.sub("", text))
    speaker, words = (voice.group(1), bare) if voice else split_speaker(bare)
    return RawTurn(words, speaker, *timing)


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = parts
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return whole + int((fraction or "0").ljust(3, "0")) / 1000
