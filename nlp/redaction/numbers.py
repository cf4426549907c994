"""Numbers that identify a person: telephones, identity cards, bank cards, policies."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp.redaction.digits import Run, is_amount, runs, sub_run
from nlp.redaction.spans import PiiSpan, PiiType

_MOBILE = re.compile(r"(?:0{0,2}86)?(1[3-9]\d{9})")
_LANDLINE = re.compile(r"0(?:10|2\d|[3-9]\d{2})\d{7,8}")
_SERVICE = re.compile(r"(?:400|800)\d{7}|9[56]\d{3,7}|1[12]\d{1,3}(?:\d{2})?|10(?:0\d\d|6\d*)")
_ID_18 = re.compile(r"[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]")
_ID_15 = re.compile(r"[1-8]\d{5}\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}")
_BANK = re.compile(r"(?:62|4|5[1-5]|35|3[47]|60|68|9)\d{13,18}")
_DATE = re.compile(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")

# Words that say what kind of number follows; the nearest one before the number counts.
_CONTEXTS = (
    (PiiType.ID_CARD, re.compile(r"身份证|身份證|身份号|证件|證件|证号|十[五八]位|老号码")),
    (PiiType.BANK_CARD, re.compile(r"银行卡|銀行卡|卡号|卡號|账号|帳號|账户|帐号|帐户|信用卡|储蓄卡|借记卡|存折|[工农中建交招]行|邮储|农商|这张卡|的卡|卡")),
    (PiiType.POLICY_NO, re.compile(r"保单|保單|合同号|合同编号|投保单|单号|单子号|保险单|批单|旧单|老单")),
    (PiiType.PHONE, re.compile(r"电话|電話|手机|手機|号码|號碼|联系方式|座机|打给|回电|打这个|致电|微信|支付宝")),
)  # fmt: skip
_NOT_PERSONAL = re.compile(
    r"(?:报案号|案件号|案号|赔案号|工单号?|工单|订单号?|快递单?号?|运单号?|流水号?|受理号|编号|工号|批次号?|发票号码?|版本|客服电话|热线|服务电话)[是为:：\s]*$"
)
_PHONE_LIKE_SHORT = re.compile(r"[2-8]\d{6,7}")
# A number that is called one only afterwards: "86752014，南京的号".
_NUMBER_AFTER = re.compile(
    r"[\s，,。]*(?:[\u4e00-\u9fff]{0,4}的号(?!线)|这个号|是我(?:的)?(?:电话|手机|号)|打这个|转\s*\d)"
)
_WINDOW = 16


def find_numbers(folded: str) -> Iterator[PiiSpan]:
    """Spans of identifying numbers in a folded text (see digits.fold)."""
    for run in runs(folded):
        yield from _spans(run, folded)


def _spans(run: Run, folded: str) -> Iterator[PiiSpan]:
    """A run is one number, or several read without a word between them: the longest known shapes win."""
    if run.length < 7:
        return
    whole = classify(run, folded)
    if whole and (_exact(run.digits) or run.corrected or not _holds_exact(run, folded)):
        yield PiiSpan(_with_plus(run, folded), run.end, whole)
        return
    first = 0
    while first < len(run.groups):
        for last in range(len(run.groups) - 1, first - 1, -1):
            piece = sub_run(run, first, last, folded)
            if piece.length >= 7 and (kind := classify(piece, folded)):
                yield PiiSpan(_with_plus(piece, folded), piece.end, kind)
                first = last
                break
        first += 1


def _exact(digits: str) -> bool:
    return any(shape.fullmatch(digits) for shape in (_ID_18, _MOBILE, _LANDLINE, _ID_15))


def _holds_exact(run: Run, folded: str) -> bool:
    """Whether some of its groups alone form a number of a known shape, as when two numbers follow each other."""
    count = len(run.groups)
    return any(
        _exact(sub_run(run, first, last, folded).digits)
        for first in range(count)
        for last in range(first, count)
        if (first, last) != (0, count - 1)
    )


def is_identity_or_mobile(digits: str) -> PiiType | None:
    """The kind of an unmistakable number: an 18-digit identity number or an 11-digit mobile number."""
    if _ID_18.fullmatch(digits):
        return PiiType.ID_CARD
    return PiiType.PHONE if _MOBILE.fullmatch(digits) else None


def _with_plus(run: Run, folded: str) -> int:
    return run.begin - 1 if run.begin and folded[run.begin - 1] == "+" else run.begin


def classify(run: Run, folded: str) -> PiiType | None:
    """The kind of personal number a run is, or None."""
    digits, length = run.digits, run.length
    if _SERVICE.fullmatch(digits):
        return None
    if _NOT_PERSONAL.search(folded[max(0, run.begin - _WINDOW) : run.begin]):
        return None
    if _ID_18.fullmatch(digits):
        return PiiType.ID_CARD
    if _MOBILE.fullmatch(digits):
        return PiiType.PHONE
    context = context_before(folded, run.begin)
    if run.corrected and (kind := _corrected(digits, context)):
        return kind
    if _LANDLINE.fullmatch(digits):
        return PiiType.PHONE
    if digits.endswith("X") and length >= 15:
        return PiiType.ID_CARD
    if length == 15 and _ID_15.fullmatch(digits) and context not in (PiiType.POLICY_NO, PiiType.BANK_CARD):
        return PiiType.ID_CARD
    if context is not None and (kind := _expected(digits, length, context, run, folded)):
        return kind
    if length <= _AMOUNT_LENGTH and is_amount(folded, run.begin, run.end):
        return None
    if length in (17, 19) and _DATE.match(digits[6:14]):
        return PiiType.ID_CARD
    if length in (7, 8) and len(run.groups) <= 2 and _NUMBER_AFTER.match(folded, run.end):
        return PiiType.PHONE
    if 16 <= length <= 19:
        return (
            PiiType.BANK_CARD
            if _BANK.fullmatch(digits)
            else PiiType.ID_CARD
            if length == 18
            else PiiType.POLICY_NO
        )
    if 12 <= length <= 24:
        return PiiType.POLICY_NO
    return None


_AMOUNT_LENGTH = 12


def _corrected(digits: str, context: PiiType | None) -> PiiType | None:
    """A number with a slip in it has too many digits: it is told by how it begins."""
    if re.match(r"1[3-9]", digits) and len(digits) >= 11 and context in (None, PiiType.PHONE):
        return PiiType.PHONE
    if len(digits) >= 15:
        return context or PiiType.ID_CARD
    return None


def _expected(digits: str, length: int, context: PiiType, run: Run, folded: str) -> PiiType | None:
    """What the words before the number announce, if its length can be that."""
    if is_amount(folded, run.begin, run.end) and length < 11:
        return None
    if context is PiiType.ID_CARD and 14 <= length <= 19:
        return context
    if context is PiiType.BANK_CARD and 12 <= length <= 21:
        return context
    if context is PiiType.POLICY_NO and 8 <= length <= 26:
        return context
    if context is PiiType.PHONE:
        if _PHONE_LIKE_SHORT.fullmatch(digits) and not _DATE.fullmatch(digits):
            return context
        if 10 <= length <= 13:
            return context
    return None


def context_before(folded: str, begin: int) -> PiiType | None:
    """The kind of number that the nearest words before `begin` speak of.

    A number written in front of its word ("…这是村委会的电话") is seen too, if nothing stands before it.
    """
    before = folded[max(0, begin - _WINDOW) : begin]
    found = [(match.end(), kind) for kind, pattern in _CONTEXTS for match in pattern.finditer(before)]
    return max(found)[1] if found else None
