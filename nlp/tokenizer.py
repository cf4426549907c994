"""jieba, owned: a tokenizer of our own with the insurance lexicon, and its dictionary of words."""

from __future__ import annotations

import logging
import re
import tempfile
import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

_WORD = re.compile(r"\w+")
_LEXICON = Path(__file__).resolve().parents[1] / "data" / "lexicon" / "insurance_terms.txt"


class Tokenizer:
    """Words of a text. Not the module-level jieba, which every user of the process shares."""

    def __init__(self, lexicon: Path = _LEXICON) -> None:
        jieba = _jieba()
        self._jieba = jieba.Tokenizer()
        # jieba's cache file otherwise lies in the shared temporary folder under a fixed name.
        with tempfile.TemporaryDirectory(prefix="voc-jieba-") as folder:
            self._jieba.tmp_dir = folder
            self._jieba.initialize()
        with lexicon.open("rb") as terms:  # given a path, jieba never closes the file
            self._jieba.load_userdict(terms)

    def words(self, text: str) -> list[str]:
        """Words in order; punctuation and blanks are left out."""
        return [word for word in self._jieba.lcut(text) if _WORD.search(word)]

    def search_terms(self, text: str) -> list[str]:
        """What full-text search indexes: words and character bigrams, in lower case, each once."""
        lowered = text.lower()
        bigrams = [run[i : i + 2] for run in _WORD.findall(lowered) for i in range(len(run) - 1)]
        return list(dict.fromkeys([*self.words(lowered), *bigrams]))

    def query_terms(self, text: str) -> list[str]:
        """What a search asks for: the bigrams of every run of letters, so that cuts between words do not matter.

        A run of one character asks for it as a word.
        """
        runs = _WORD.findall(text.lower())
        return list(dict.fromkeys(run[i : i + 2] for run in runs for i in range(max(len(run) - 1, 1))))


@cache
def dictionary() -> dict[str, str]:
    """jieba's own dictionary: word → part of speech (`nr` for names of persons)."""
    path = Path(_jieba().__file__).parent / "dict.txt"
    entries: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        word, _, rest = line.partition(" ")
        if 1 < len(word) <= 4:
            entries[word] = rest.rpartition(" ")[2]
    return entries


@cache
def _jieba() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba's sources hold invalid escapes and import pkg_resources
        import jieba
    logging.getLogger("jieba").setLevel(logging.WARNING)
    jieba.setLogLevel(logging.WARNING)
    return jieba


def join_terms(terms: Sequence[str]) -> str:
    """Terms as the blank-separated string that full-text engines take."""
    return " ".join(terms)
