"""Detailed addresses: from a street, village or community down to a door. Districts alone are not personal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from nlp.redaction.spans import PiiSpan, PiiType

_LEXICON = Path(__file__).resolve().parents[2] / "data" / "lexicon"
_H = r"[\u4e00-\u9fff]"
_N = r"(?:[A-Za-z甲乙丙丁附]?\d{1,5}[A-Za-z]?|[零〇一二三四五六七八九十百幺两]{1,6}|[A-Za-z甲乙丙丁东南西北])"
_ROAD = rf"{_H}{{1,7}}?(?:\d{{1,3}})?(?:大道|大街|马路|公路|国道|路|街|巷|弄|胡同|里弄|条)(?:{_H}{{0,3}}?[东南西北中]?段)?"
_SITE = (
    rf"{_H}{{1,8}}?(?:小区|社区|花园|家园|嘉园|佳园|公寓|大厦|大楼|中心|商厦|写字楼|广场|新村|新城|新苑|名苑|苑|名邸|公馆|豪庭|华庭|雅居|名居|庄园|家属院|"
    r"宿舍|工业园|产业园|科技园|创业园|商城|市场|华府|名城|山庄|别墅|雅苑|坊|湾|府|里|庭|郡|城|居|园)(?:[一二三四五六七八东南西北\d]{1,2}(?:期|区))?"
)
_VILLAGE = rf"{_H}{{1,8}}?(?:村|屯|寨|庄|堡|嘎查|大队|生产队|社区|组)"
_UNIT = r"(?:支弄|弄|号楼|号院|号|栋|幢|座|单元|门|楼|层|室|户|组|队|社|排|铺|房)"
_DOOR = rf"(?:\s*[-—之]?\s*{_N}\s*(?:{_UNIT}|[-—]\s*\d{{1,4}}(?:[-—]\d{{1,4}})*))"
_REGION = rf"(?:{_H}{{2,9}}?(?:特别行政区|自治区|自治州|自治县|街道办?|开发区|高新区|新区|地区|省|市|州|盟|县|区|旗|镇|乡)[\s,，]?)"
# A building named behind the number of the street.
_BUILDING = (
    r"[^\W\d_的了在是和被门口往到去我你他这那]{2,6}(?:大厦|大楼|公寓|小区|花园|家园|写字楼)(?:\d{3,4}室?)?"
)
_TAIL = r"(?:\s*[,，]?\s*(?:\d{3,4}(?!\d)|[零一二三四五六七八九幺]{3,4}(?:室|号|房)?))?"

_STREET = re.compile(
    rf"{_REGION}{{0,5}}{_ROAD}\s*{_DOOR}(?:[\s,，]*(?:{_SITE})?{_DOOR}){{0,5}}{_TAIL}(?:[\s,，]*{_BUILDING})?"
)
_COMMUNITY = re.compile(
    rf"{_REGION}{{0,5}}(?:{_ROAD})?{_SITE}[\s,，]*{_DOOR}(?:[\s,，]*{_DOOR}){{0,4}}{_TAIL}"
)
_RURAL = re.compile(rf"{_REGION}{{1,5}}{_VILLAGE}(?:[\s,，]*{_H}{{0,4}}?{_DOOR}){{0,3}}")
_VILLAGE_DOOR = re.compile(rf"{_VILLAGE}[\s,，]*{_DOOR}(?:{_DOOR}){{0,2}}")
_DOORS = re.compile(
    rf"{_N}\s*(?:号楼|栋|幢|座)\s*{_N}\s*(?:单元|门)?(?:\s*{_N}\s*(?:楼|层))?\s*(?:\d{{3,4}}|[零一二三四五六七八九幺]{{3,4}})?\s*(?:室|号|户)?"
)
_DOORS_ENOUGH = re.compile(r"(?:号楼|栋|幢|座).*(?:单元|室|户|\d{3,4}|[零一二三四五六七八九幺]{3,4})")
# Everything up to one of these words, and the word, is the sentence around the address.
_CUE = re.compile(
    r".*(?:住址|地址|住在|家在|住的是|家住|搬到了?|搬去|寄到了?|寄给|邮到|送到|改成|改为|换成|变更为|现在是|房子在|老家|户籍|户口在?|位于|写的是|写成了?|填的是?|就在|"
    r"住|在|到|是|为|叫|去|从|给|的|了|我们|咱们|我家|家|：|:|[,，。！？!?；;\s])(?=.)"
)
_EXCLUDED_SITE = re.compile(
    r"(?:保险|银行|客服|服务|理赔|体检|支公司|医院|学校|公司|条款|合同|产品|套餐|万能|年金|分红|第)"
)
_SPEECH = re.compile("[的了是那这俺我你您他她吗呢吧]")
_DOOR_UNIT = re.compile(r"号|栋|幢|座|单元|室|组|队|社|[-—]\s*\d|\d{3,4}$")
_HAS_DIGIT = re.compile(r"[\d零一二三四五六七八九十幺]")


def find_addresses(text: str) -> Iterator[PiiSpan]:
    """Spans of detailed addresses, as long as they were given, regions in front included."""
    for pattern in (_STREET, _COMMUNITY, _RURAL, _VILLAGE_DOOR):
        for match in pattern.finditer(text):
            begin = _beginning(match.group()) + match.start()
            end = match.start() + len(match.group().rstrip(" ,，"))
            piece = text[begin:end]
            if pattern is _RURAL and not _rural(piece):
                continue
            if _SPEECH.search(piece) or (pattern is not _RURAL and not _DOOR_UNIT.search(piece)):
                continue
            if (len(piece) >= 4 and not _EXCLUDED_SITE.search(piece) and _HAS_DIGIT.search(piece)) or (
                pattern is _RURAL and len(piece) >= 6
            ):  # fmt: skip
                yield PiiSpan(begin, end, PiiType.ADDRESS)
    for match in _DOORS.finditer(text):
        if _DOORS_ENOUGH.search(match.group()):
            yield PiiSpan(match.start(), match.start() + len(match.group().rstrip()), PiiType.ADDRESS)


def _rural(piece: str) -> bool:
    """A village is detailed enough below a town or a named county, not a village alone."""
    return bool(re.search(r"(?:镇|乡|县|街道|旗).*(?:村|屯|寨|庄|堡|嘎查|大队|组|社)", piece))


def _beginning(matched: str) -> int:
    """Where the address proper begins inside a greedy match: at a known place, else behind the last cue word."""
    place = _places().search(matched)
    # 皇姑区黄河南大街: a known name behind a region is part of a street's name.
    if place and not re.search(r"[省市州县区镇乡旗]", matched[: place.start()]):
        return place.start()
    head = re.search(r"(?:省|市|州|县|区|镇|乡|路|街|道|巷|村|小区|花园|苑|家园|公寓|大厦)", matched)
    door = re.search(r"\d", matched)
    cue = _CUE.match(matched[: head.start() if head else door.start() if door else 0])
    return cue.end() if cue else 0


@cache
def place_names() -> frozenset[str]:
    """Provinces and cities, without 省 and 市."""
    lines = (_LEXICON / "pii_places.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(name for line in lines if not line.startswith("#") for name in line.split())


@cache
def _places() -> re.Pattern[str]:
    return re.compile("|".join(sorted(place_names(), key=len, reverse=True)))
