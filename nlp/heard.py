"""What the recogniser wrote beside what was probably said: insurance terms found by their sound.

起步 where money is paid out is 起领, 副校 is 复效. Nothing is changed: heard and meant are shown side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from data.domain.analysis import Heard, Span

_LEXICON = Path(__file__).resolve().parents[1] / "data" / "lexicon"
# Shorter terms have too many ordinary homophones; those that are safe stand in the list of confusions.
_MIN_TERM = 3
# Sounds that recognisers and dialects confuse: flat and curled tongue, n and l, front and back nasal.
_INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"))
_NASALS = (("ing", "in"), ("eng", "en"), ("ang", "an"))


def misheard(texts: Sequence[str]) -> tuple[Heard, ...]:
    """Terms of a conversation that were probably misheard, in order; `texts` are its turns.

    A confusion that is only one in a context counts where a word of that context stands anywhere in the conversation.
    """
    whole = "\n".join(texts)
    listed = [
        (h, m) for h, m, context in _confusions() if not context or any(word in whole for word in context)
    ]
    result = []
    for turn, text in enumerate(texts):
        found = {(begin, end): meant for begin, end, meant in _by_list(text, listed)}
        taken = set().union(*(range(*span) for span in found))
        for begin, end, meant in _by_sound(text):
            if taken.isdisjoint(range(begin, end)):
                found[begin, end] = meant
        result += [Heard(Span(turn, b, e, text[b:e]), meant) for (b, e), meant in sorted(found.items())]
    return tuple(result)


def _by_list(text: str, listed: Sequence[tuple[str, str]]) -> Iterator[tuple[int, int, str]]:
    taken: set[int] = set()
    for heard, meant in sorted(listed, key=lambda pair: -len(pair[0])):
        begin = text.find(heard)
        while begin >= 0:
            end = begin + len(heard)
            if taken.isdisjoint(range(begin, end)):
                taken.update(range(begin, end))
                yield begin, end, meant
            begin = text.find(heard, end)


def _by_sound(text: str) -> Iterator[tuple[int, int, str]]:
    sounds = [_sound(character) for character in text]
    terms, lengths = _terms()
    for begin in range(len(text)):
        for length in lengths:
            end = begin + length
            meant = terms.get(tuple(sounds[begin:end]))
            # A term with at least one character right, and not written right.
            if (
                meant
                and meant != text[begin:end]
                and any(a == b for a, b in zip(meant, text[begin:end], strict=True))
            ):
                yield begin, end, meant
                break


@cache
def _sound(character: str) -> str:
    """Pinyin without tone, confusable sounds made equal; other characters are themselves."""
    from pypinyin import lazy_pinyin

    if not "\u4e00" <= character <= "\u9fff":
        return character
    sound = lazy_pinyin(character)[0]
    for heard, kept in _INITIALS:
        if sound.startswith(heard):
            sound = kept + sound[len(heard) :]
    for heard, kept in _NASALS:
        if sound.endswith(heard):
            sound = sound[: -len(heard)] + kept
    return "l" + sound[1:] if sound.startswith("n") else sound


@cache
def _terms() -> tuple[dict[tuple[str, ...], str], tuple[int, ...]]:
    """Terms by their sounds, and their lengths, longest first."""
    lines = (_LEXICON / "insurance_terms.txt").read_text(encoding="utf-8").splitlines()
    words = [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]
    by_sound = {tuple(_sound(c) for c in word): word for word in words if len(word) >= _MIN_TERM}
    return by_sound, tuple(sorted({len(sounds) for sounds in by_sound}, reverse=True))


@cache
def _confusions() -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """(heard, meant, words of the context it needs)."""
    lines = (_LEXICON / "asr_confusions.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return tuple((row[0], row[1], tuple(row[2].split()) if len(row) > 2 else ()) for row in rows)
