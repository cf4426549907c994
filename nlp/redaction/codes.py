"""Identifiers with letters in them: mail, WeChat, plates, passports, policy codes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp.redaction.spans import PiiSpan, PiiType

_DOMAINS = r"(?:qq|163|126|139|189|yeah|sina|sohu|gmail|outlook|hotmail|foxmail|icloud|live|aliyun|vip)"
_SUFFIX = r"(?:\s*(?:\.|点|dot)\s*(?:com|cn|net|org|edu|gov|cc|co|me|hk|tw|vip))+"
_LOCAL = r"[A-Za-z0-9](?:[A-Za-z0-9._%+\-]|\s?(?:下划线|杠|点)\s?)*"
_EMAILS = (
    re.compile(
        rf"{_LOCAL}\s*(?:@|艾特|爱特|埃特|圈a|小老鼠|at)\s*[A-Za-z0-9](?:[A-Za-z0-9\-]*\s*(?:\.|点)\s*)*?[A-Za-z0-9\-]*{_SUFFIX}",
        re.IGNORECASE,
    ),
    re.compile(rf"{_LOCAL}\s*(?:后面是?|在|的)?\s*{_DOMAINS}{_SUFFIX}", re.IGNORECASE),
    re.compile(rf"{_LOCAL}@[A-Za-z0-9.\-]+", re.IGNORECASE),
    re.compile(r"(?<![A-Za-z0-9])\d{5,11}\s*(?:@|艾特|at)\s*(?:qq|扣扣)", re.IGNORECASE),
)
_WECHATS = (
    re.compile(r"wxid_[A-Za-z0-9_]{4,}"),
    re.compile(
        r"(?:微信号?|微信ID|weixin|wechat|v信|薇信|(?<![A-Za-z])(?:vx|wx|vv?))\s*(?:号|是|为|叫|账号|:|：|搜|加|吧|呗|一下|哈|，|,)*\s*([A-Za-z][A-Za-z0-9_\-]{4,24})",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:加我|搜我?|加个?)(?:的)?\s*(?:微信|vx|wx|v)?\s*(?:号)?\s*[:：是]?\s*([A-Za-z][A-Za-z\-_]*\d[A-Za-z0-9_\-]{2,24})",
        re.IGNORECASE,
    ),
    re.compile(r"(?:微信号?|vx|wx)\s*[是为:：]?\s*((?:[A-Za-z0-9]\s?){6,24})(?![A-Za-z0-9])", re.IGNORECASE),
)
_QQ = re.compile(r"(?:QQ|qq|扣扣)\s*号?\s*[是为:：]?\s*(\d{5,11})")
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]\s*[A-HJ-Za-hj-z]\s*[·.\-•]?\s*"
    r"(?:[A-HJ-NP-Za-hj-np-z0-9]\s?){4,5}[A-HJ-NP-Za-hj-np-z0-9学警港澳挂](?![A-Za-z0-9])"
)
_PASSPORT_SHAPE = r"(?:[A-Za-z]\s*[A-Za-z]?\s*(?:\d[\s\-]?){6,8}\d?)(?![A-Za-z0-9])"
_PASSPORT_WORD = re.compile(r"护照|護照|passport|通行证|回乡证|台胞证|证件", re.IGNORECASE)
_PASSPORT = re.compile(rf"(?<![A-Za-z0-9]){_PASSPORT_SHAPE}")
_PASSPORT_STRICT = re.compile(
    r"(?<![A-Za-z0-9])(?:[EGDSP]\d{8}|E[A-HJ-NP-Z]\d{7}|[HM]\d{8,10}|K\d{8})(?![A-Za-z0-9])"
)
_POLICY_WORD = re.compile(r"保单|保單|合同|单号|投保单|保险单|的单子|上面印的号|保险号|名下的|两张单|这张单")
# Letters and at least seven digits, or groups of digits joined by dashes.
_POLICY = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-Za-z]{1,6}[\s\-]?(?:\d[\s\-]?){6,22}\d(?:[A-Za-z](?:\d[\s\-]?){2,14}\d?)*|\d{2,8}(?:-[A-Za-z0-9]{2,12}){2,5}|[A-Za-z](?=(?:[A-Za-z]*\d){8})[A-Za-z0-9]{9,26})(?![A-Za-z0-9])"
)
_WINDOW = 24
_NEAR = 12


def find_codes(folded: str, text: str) -> Iterator[PiiSpan]:
    """Spans of identifiers with letters, surest first. `folded` is `text` with digits folded."""
    for pattern in _EMAILS:
        for match in pattern.finditer(folded):
            yield PiiSpan(match.start(), match.end(), PiiType.EMAIL)
    for pattern in _WECHATS:
        for match in pattern.finditer(folded):
            group = match.lastindex or 0
            begin, end = match.span(group)
            end = begin + len(folded[begin:end].rstrip())
            yield PiiSpan(begin, end, PiiType.WECHAT)
    for match in _QQ.finditer(folded):
        yield PiiSpan(*match.span(1), PiiType.WECHAT)
    for match in _PLATE.finditer(folded):
        if any(character.isdigit() for character in match.group()):
            yield PiiSpan(*_stripped(folded, match), PiiType.PLATE)
    for match in _PASSPORT.finditer(folded):
        if _PASSPORT_WORD.search(folded[max(0, match.start() - _WINDOW) : match.start()]):
            yield PiiSpan(*_stripped(folded, match), PiiType.PASSPORT)
    for match in _POLICY.finditer(folded):
        begin, end = _stripped(folded, match)
        announced = _POLICY_WORD.search(folded[max(0, begin - _WINDOW) : end + _NEAR])
        digits = sum(character.isdigit() for character in match.group())
        dated = re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}|\d{3,4}-\d{3,4}-\d{3,4}", folded[begin:end])
        if not dated and (announced or digits >= 12):
            yield PiiSpan(begin, end, PiiType.POLICY_NO)
    for match in _PASSPORT_STRICT.finditer(folded):
        yield PiiSpan(match.start(), match.end(), PiiType.PASSPORT)


def _stripped(folded: str, match: re.Match[str]) -> tuple[int, int]:
    return match.start(), match.start() + len(match.group().rstrip(" -\t"))
