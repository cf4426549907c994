"""Digits as typed, printed wide or spoken, and the runs they form when a number is read out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# One character each, so that folding keeps every offset.
_SPOKEN = {
    **dict(zip("零〇一二三四五六七八九", "00123456789", strict=True)),
    **dict(zip("幺洞拐勾壹贰叁肆伍陆柒捌玖貳參陸", "1079123456789236", strict=True)),
}
_WIDE = {chr(0xFF10 + i): str(i) for i in range(10)} | {
    chr(0xFF21 + i): chr(0x41 + i) for i in range(26)
} | {chr(0xFF41 + i): chr(0x61 + i) for i in range(26)} | {"＋": "+", "－": "-", "＠": "@", "．": "."}  # fmt: skip
_FOLD = str.maketrans(_SPOKEN | _WIDE)
_WIDTH_ONLY = str.maketrans(_WIDE)

# What may stand inside a number that is read out: breaks, fillers, the listener's "yes", corrections.
_BREAK = r"[\s\-－—–·.．,，、~…_/]"
_FILLER = r"(?:嗯+|呃+|额+|啊+|哦+|唔|那个|这个|然后是?|就是|对+|好的?|再|是|还有|后面是?|接着|诶|欸|哎|你记一下|记好)"
_CORRECTION = r"(?:不对|不是|错了|说错了|应该是|最后是|重来|更正|口误)"
_INSIDE = rf"(?:{_BREAK}|{_FILLER}|{_CORRECTION}){{1,6}}"
_END_X = r"(?:[\s\-]*(?:[xX×]|叉|艾克斯|埃克斯|哎克斯))"
# 三个六 is 666: spoken of equal digits in a row.
_REPEATED = re.compile(r"(?:([2-5两])个)?(\d)")
_DIGIT = r"(?:[2-5两]个)?\d"
RUN = re.compile(rf"{_DIGIT}(?:(?:{_INSIDE})?{_DIGIT})*{_END_X}?")
_GROUP = re.compile(rf"(?:{_DIGIT})+")
_WORD_BEHIND = re.compile(r"(?<=[0-9])一(?=[\u4e00-\u9fff])(?![零〇一二三四五六七八九幺洞拐勾])")
CORRECTED = re.compile(_CORRECTION)

_AMOUNT_AFTER = re.compile(
    r"\s*(?:[十百千万亿点元块毛角%％个多]|人民币|美元|港币|公里|平米|岁|年(?!\d)|天|分钟|小时|次|页|条|级|倍)"
)
_AMOUNT_BEFORE = re.compile(r"(?:[十百千万亿点¥￥$]|第|百分之)\s*$")


@dataclass(frozen=True, slots=True)
class Run:
    """Digits read as one number: `digits` without what stood between them, X at the end if there was one."""

    begin: int
    end: int
    digits: str
    groups: tuple[tuple[int, int], ...]  # spans of the unbroken groups
    corrected: bool

    @property
    def length(self) -> int:
        """Number of digits, a final X included."""
        return len(self.digits)


def fold(text: str) -> str:
    """Spoken and wide digits and wide letters as ASCII; every character keeps its place."""
    # 我用45…82一查: a word behind typed digits is no further digit.
    return _WORD_BEHIND.sub("\u3000", text).translate(_FOLD)


def fold_width(text: str) -> str:
    """Wide digits and letters as ASCII, spoken digits untouched; every character keeps its place."""
    return text.translate(_WIDTH_ONLY)


def runs(folded: str) -> Iterator[Run]:
    """All runs of digits of a folded text, in order. A final X counts only behind at least 14 digits."""
    for match in RUN.finditer(folded):
        yield _run(folded, match.start(), match.end())


def _run(folded: str, begin: int, end: int) -> Run:
    groups = tuple((m.start() + begin, m.end() + begin) for m in _GROUP.finditer(folded[begin:end]))
    # A count or a year read after the number is none of it: 保单号2006…4567，零六年的.
    while len(groups) > 1 and _AMOUNT_AFTER.match(folded, groups[-1][1]) and _parted(folded, groups):
        groups, end = groups[:-1], groups[-2][1]
    digits = "".join(_spelt_out(folded[a:b]) for a, b in groups)
    last = groups[-1][1]
    if end > last and len(digits) >= 14:
        digits += "X"
    else:
        end = last
    return Run(begin, end, digits, groups, bool(CORRECTED.search(folded[begin:end])))


def _spelt_out(group: str) -> str:
    """Digits of a group, repetitions written out.

    >>> _spelt_out("3个67700")
    '6667700'
    """
    return "".join(
        digit * int((times or "1").replace("两", "2")) for times, digit in _REPEATED.findall(group)
    )


def _parted(folded: str, groups: tuple[tuple[int, int], ...]) -> bool:
    """Whether punctuation stands before a short last group and a long number before that."""
    (_, before), (begin, end) = groups[-2:]
    long_enough = sum(b - a for a, b in groups[:-1]) >= 11
    return end - begin <= 4 and long_enough and bool(re.search("[，,、.．]", folded[before:begin]))


def sub_run(run: Run, first: int, last: int, folded: str) -> Run:
    """The run that the groups `first` … `last` (inclusive) form alone."""
    end = run.end if last == len(run.groups) - 1 else run.groups[last][1]
    return _run(folded, run.groups[first][0], end)


def is_amount(folded: str, begin: int, end: int) -> bool:
    """Whether the digits are part of an amount, a count or a date by what stands beside them."""
    return bool(_AMOUNT_AFTER.match(folded, end) or _AMOUNT_BEFORE.search(folded[max(0, begin - 4) : begin]))
