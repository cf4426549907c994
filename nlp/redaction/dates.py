"""Birth dates: a date is personal only where the words around it speak of a birth."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp.redaction.spans import PiiSpan, PiiType

_N = r"[零〇一二三四五六七八九十廿卅两\d]"
_YEAR = r"(?:(?:1[89]|20)\d{2}|[零〇一二三四五六七八九幺]{4}|[零〇一二三四五六七八九幺\d]{2}|民国\S{1,3})"
_DAY_WORD = rf"(?:初|二?十|农历|阴历|腊月)?{_N}{{1,3}}"
_FULL = (
    rf"{_YEAR}\s*年\s*(?:农历|阴历|阳历|公历)?\s*(?:{_N}{{1,3}}|正|冬|腊)\s*月(?:份)?\s*(?:的)?\s*{_DAY_WORD}\s*[日号]?"
    r"|(?:1[89]|20)\d{2}\s*[-/.．]\s*(?:0?[1-9]|1[0-2])\s*[-/.．]\s*(?:[12]\d|3[01]|0?[1-9])(?!\d)"
    r"|(?<!\d)(?:19|20)\d{2}\s?(?:0[1-9]|1[0-2])\s?(?:0[1-9]|[12]\d|3[01])(?!\d)"
    r"|[一幺][九]\s?[零一二三四五六七八九幺]{2}\s?[零一幺][一二三四五六七八九零幺]\s?[零一二三幺][零一二三四五六七八九幺]"
)
_SHORT = rf"(?:{_N}{{1,3}}|正|冬|腊)\s*月\s*{_DAY_WORD}\s*[日号]?"
FULL_DATE = re.compile(_FULL)
_BIRTH_BEFORE = re.compile(
    r"生日|出生|生于|生辰|诞生|哪年生|几号生|DOB|属[鼠牛虎兔龙蛇马羊猴鸡狗猪]", re.IGNORECASE
)
_BIRTH_AFTER = re.compile(
    r"\s*(?:那天|的时候)?\s*(?:出生|生的|生人|生日|降生|落地|生(?![效活存产意日期病气])|的生日|的人(?!民))"
)
# 今年三月五号出生, 3月5日生的: no year, but plainly somebody's birth.
_SHORT_BORN = re.compile(rf"((?:今年|去年|前年)?{_SHORT})(?=\s*(?:出生|生的(?!效)|生人|落地|是我生日))")
# 我是一九六六年腊月十二的: a full date as what somebody is.
_IS_FROM = re.compile(r"(?:我|他|她|俺|爸|妈|公|婆|宝|娃|孩子|儿子|女儿|孙子|孙女|老伴|爱人|老公|老婆)是\s*$")
_IS_OF = re.compile(r"\s*(?:的(?=$|[，。,!！?？\s啊呀嘛呢哈])|生人|属)")
_SHORT_BIRTH = re.compile(rf"生日(?:是|就是|在|:|：)?\s*(?:农历|阴历)?\s*({_SHORT})")
_WINDOW = 30
_OTHER_EVENT = re.compile(r"投保|买的|生效|到期|缴费|扣款|出险|住院|签的|申请|报案|办的|来电|打过")
# Two-digit years such as 六五年 need "生" beside them: 九八年 alone may be when a policy was bought.


def find_birth_dates(text: str) -> Iterator[PiiSpan]:
    """Spans of birth dates; dates of other events stay."""
    for match in FULL_DATE.finditer(text):
        before = text[max(0, match.start() - _WINDOW) : match.start()]
        births = list(_BIRTH_BEFORE.finditer(before))
        announced = bool(births) and not _OTHER_EVENT.search(before[births[-1].end() :])
        stated = _IS_FROM.search(before) and _IS_OF.match(text, match.end())
        if _BIRTH_AFTER.match(text, match.end()) or announced or stated:
            yield PiiSpan(match.start(), match.start() + len(match.group().rstrip()), PiiType.DOB)
    for pattern in (_SHORT_BIRTH, _SHORT_BORN):
        for match in pattern.finditer(text):
            yield PiiSpan(*match.span(1), PiiType.DOB)


def find_dates_beside_names(text: str, names: list[PiiSpan]) -> Iterator[PiiSpan]:
    """A full date right behind a name, as in a form read out: `姓名，1988-10-02，…`."""
    for name in names:
        match = re.compile(rf"[\s，,、:：]{{1,3}}({_FULL})(?=[\s，,、。]|$)").match(text, name.end)
        if match and not _OTHER_EVENT.search(text[match.end() : match.end() + 6]):
            yield PiiSpan(*match.span(1), PiiType.DOB)
