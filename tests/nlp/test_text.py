from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.text import readable, skeleton, units


@pytest.mark.parametrize(
    ("said", "read_as"),
    [
        ("ＡＰＰ登不上去", "app登不上去"),
        ("點解仲未到賬", "为什么还没到账"),
        ("我要退保", "我要退保"),
        ("", ""),
    ],
    ids=["width", "cantonese", "plain", "empty"],
)
def test_scripts_and_dialects_are_read_alike(said: str, read_as: str) -> None:
    assert readable(said) == read_as


def test_fillers_punctuation_and_figures_do_not_reach_the_ngrams() -> None:
    assert skeleton("嗯，我3月12号就、申请了…") == "我0月00号就申请了"


@given(st.text(alphabet="我要退保，。！？ \n慢a1😡", max_size=400))
def test_units_are_in_order_and_together_hold_every_character_but_blanks(text: str) -> None:
    spans = units(text)
    assert all(begin < end for begin, end in spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    assert "".join("".join(text[b:e].split()) for b, e in spans) == "".join(text.split())
    assert all(text[b:e] == text[b:e].strip() for b, e in spans)
