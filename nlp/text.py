"""Text as the models read it, and the pieces of it that evidence points at."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_NOT_WORD = re.compile(r"[^\w]+|_")
_DIGIT = re.compile(r"\d")
_FILLERS = re.compile("[嗯呃啊哦唉诶喂哎噢哟]")
_SENTENCE = re.compile(r"[^。！？!?；;\n…]+[。！？!?；;\n…]*")
_CLAUSE = re.compile(r"[^，,、\s]+[，,、\s]*")
_CANTONESE = Path(__file__).resolve().parents[1] / "data" / "lexicon" / "cantonese.tsv"

# A turn up to this many characters is one unit; longer ones are cut at sentence ends, then at commas.
UNIT_LENGTH = 60
_MIN_UNIT = 12


@cache
def _traditional():  # type: ignore[no-untyped-def]  # opencc ships no types
    import opencc

    return opencc.OpenCC("t2s")


@cache
def _cantonese() -> tuple[re.Pattern[str], dict[str, str]]:
    pairs = dict(
        line.split("\t")[:2]
        for line in _CANTONESE.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    )
    longest_first = sorted(pairs, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))), pairs


def readable(text: str) -> str:
    """Width and case folded, traditional script simplified, Cantonese words as Mandarin ones.

    >>> readable("點解ＡＰＰ仲未到賬")
    '为什么app还没到账'
    """
    simplified: str = _traditional().convert(unicodedata.normalize("NFKC", text))
    pattern, pairs = _cantonese()
    return pattern.sub(lambda match: pairs[match.group()], simplified.lower())


def same_length_simplified(text: str) -> str:
    """Traditional script simplified where that keeps every offset, else the text as it is."""
    simplified: str = _traditional().convert(text)
    return simplified if len(simplified) == len(text) else text


def skeleton(text: str) -> str:
    """What character n-grams are counted over: no punctuation, blanks or fillers, every digit a 0.

    >>> skeleton("嗯，我3月12号就申请了！")
    '我0月00号就申请了'
    """
    return _DIGIT.sub("0", _FILLERS.sub("", _NOT_WORD.sub("", readable(text))))


def units(text: str) -> list[tuple[int, int]]:
    """Half-open spans that evidence may point at: whole short turns, sentences or clauses of long ones.

    Spans are in order, without surrounding blanks, and together hold every character but blanks.
    """
    if len(text) <= UNIT_LENGTH:
        return _trimmed(text, [(0, len(text))])
    spans: list[tuple[int, int]] = []
    for begin, end in _pieces(_SENTENCE, text, 0, len(text)):
        if end - begin <= UNIT_LENGTH:
            spans.append((begin, end))
        else:
            spans.extend(_joined(_pieces(_CLAUSE, text, begin, end)))
    return _trimmed(text, _joined(iter(spans)))


def _pieces(pattern: re.Pattern[str], text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Spans of the pattern's matches; what stands before the first match belongs to it."""
    position = begin
    for match in pattern.finditer(text, begin, end):
        yield position, match.end()
        position = match.end()
    if position < end:
        yield position, end


def _joined(spans: Iterator[tuple[int, int]]) -> list[tuple[int, int]]:
    """Neighbours joined until a span is long enough to be understood alone; none longer than two units."""
    result: list[tuple[int, int]] = []
    for begin, end in spans:
        if result and result[-1][1] - result[-1][0] < _MIN_UNIT:
            result[-1] = (result[-1][0], end)
        else:
            result.append((begin, end))
    return [piece for span in result for piece in _cut(*span)]


def _cut(begin: int, end: int) -> list[tuple[int, int]]:
    if end - begin <= 2 * UNIT_LENGTH:
        return [(begin, end)]
    return [(at, min(at + UNIT_LENGTH, end)) for at in range(begin, end, UNIT_LENGTH)]


def _trimmed(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    result = []
    for begin, end in spans:
        piece = text[begin:end]
        left, right = len(piece) - len(piece.lstrip()), len(piece.rstrip())
        if left < right:
            result.append((begin + left, begin + right))
    return result
