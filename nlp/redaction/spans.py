"""What is masked, and how a mask looks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class PiiType(StrEnum):
    """Kinds of personal data; the ids are the contract's."""

    PHONE = "PHONE"
    ID_CARD = "ID_CARD"
    BANK_CARD = "BANK_CARD"
    POLICY_NO = "POLICY_NO"
    NAME = "NAME"
    ADDRESS = "ADDRESS"
    EMAIL = "EMAIL"
    PLATE = "PLATE"
    PASSPORT = "PASSPORT"
    WECHAT = "WECHAT"
    DOB = "DOB"


MARKS = {
    PiiType.PHONE: "[手机号]",
    PiiType.ID_CARD: "[身份证号]",
    PiiType.BANK_CARD: "[银行卡号]",
    PiiType.POLICY_NO: "[保单号]",
    PiiType.NAME: "[姓名]",
    PiiType.ADDRESS: "[地址]",
    PiiType.EMAIL: "[邮箱]",
    PiiType.PLATE: "[车牌号]",
    PiiType.PASSPORT: "[护照号]",
    PiiType.WECHAT: "[微信号]",
    PiiType.DOB: "[出生日期]",
}
MARK = re.compile("|".join(re.escape(mark) for mark in MARKS.values()))


@dataclass(frozen=True, slots=True, order=True)
class PiiSpan:
    """Personal data at `text[begin:end]`, code points, half-open."""

    begin: int
    end: int
    type: PiiType


def mask(text: str, spans: Sequence[PiiSpan]) -> str:
    """The text with every span replaced by its mark; spans are sorted and disjoint."""
    pieces, position = [], 0
    for span in spans:
        pieces += [text[position : span.begin], MARKS[span.type]]
        position = span.end
    return "".join([*pieces, text[position:]])


def merge(ranked: Iterable[PiiSpan], text: str) -> list[PiiSpan]:
    """Sorted, disjoint spans: earlier ones of the ranking win an overlap, and existing marks are left alone.

    A later span that reaches beyond an earlier one loses only what overlaps, so that no part stays readable.
    """
    taken = [match.span() for match in MARK.finditer(text)]
    chosen: list[PiiSpan] = []
    for span in ranked:
        for begin, end in _free(span.begin, span.end, taken):
            if any(character.isalnum() for character in text[begin:end]):
                chosen.append(PiiSpan(begin, end, span.type))
                taken.append((begin, end))
    return _adjoined(sorted(chosen), text)


def _free(begin: int, end: int, taken: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    parts = [(begin, end)]
    for left, right in taken:
        parts = [
            piece
            for a, b in parts
            for piece in ((a, min(b, left)), (max(a, right), b))
            if piece[0] < piece[1]
        ] if any(a < right and left < b for a, b in parts) else parts  # fmt: skip
    return sorted(set(parts))


def _adjoined(spans: Sequence[PiiSpan], text: str) -> list[PiiSpan]:
    """Neighbours of one type with nothing between them become one."""
    result: list[PiiSpan] = []
    for span in spans:
        last = result[-1] if result else None
        if last and last.type is span.type and last.end == span.begin and span.type is not PiiType.NAME:
            result[-1] = PiiSpan(last.begin, span.end, span.type)
        else:
            result.append(span)
    return result
