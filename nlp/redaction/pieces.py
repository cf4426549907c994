"""Numbers and names that only the course of a conversation gives away: asked for, read out in pieces, read back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from data.domain.conversation import Turn
from nlp.redaction.digits import Run, fold, is_amount, runs
from nlp.redaction.names import name_at
from nlp.redaction.numbers import is_identity_or_mobile
from nlp.redaction.spans import PiiSpan, PiiType

_REQUESTS = (
    (PiiType.ID_CARD, re.compile(r"身份证|身份證|证件号|證件號|证号")),
    (PiiType.BANK_CARD, re.compile(r"银行卡号?|卡号|账号|帐号|存折号")),
    (PiiType.POLICY_NO, re.compile(r"保单号|保單號|合同号|单号|投保单")),
    (PiiType.PHONE, re.compile(r"手机号?|电话号?码?|联系电话|号码|联系方式|座机")),
)
# The request itself: a question or a wish to hear it, not a mere mention.
_ASKS = re.compile(
    r"提供|报(?:一下|下|给|个)|说一下|说下|告诉|请说|多少|是(?:哪|什么)|念|核对|核实|输入|留(?:个|一下|下)|方便|发(?:我|一下|给)|记一下|麻烦您|再说|确认|[?？吗呢]|请"
)
_NOT_PIECES = re.compile(r"(?:工号|尾号|后四位|末四位|验证码|密码|案号|编号|工单|版本|选|按)[是为:：\s]*$")
_WRITTEN_AMOUNT = re.compile(r"\d{1,3}(?:[,，]\d{3})+(?:\.\d{1,2})?|\d+\.\d{1,2}")
_LEAD = re.compile(r"[A-Za-z]{1,4}[\s\-]*$")
_ASKS_NAME = re.compile(r"贵姓|怎么称呼|(?:您|你|姓)的?(?:名字|姓名|全名)|叫什么|哪位|姓名")
_REMEMBERED = 6  # turns for which a request is remembered
_MIN_ASKED = 5
_FILLERS = re.compile(r"^(?:嗯|呃|啊|哦|喂|好的?|是的?|对|你好|您好|我是|我叫|叫|就是|免贵)*[，,、\s]*")


def asked_for(turns: Sequence[Turn]) -> Iterator[tuple[int, PiiSpan]]:
    """(turn, span) of digits said while an identifying number was asked for, by whoever says them."""
    if len(turns) < 2:
        return  # nobody asks in a letter
    expected: PiiType | None = None
    since = 0
    for index, turn in enumerate(turns):
        folded = fold(turn.text)
        kind = _requested(turn.text)
        if kind is not None:
            expected, since = kind, index
        if expected is None or index - since > _REMEMBERED:
            expected = None
            continue
        for run in runs(folded):
            if _is_piece(run, folded, turn.text):
                lead = _LEAD.search(folded[: run.begin])
                yield index, PiiSpan(lead.start() if lead else run.begin, run.end, expected)
                since = max(since, index - 2)  # as long as digits come, more may follow


def _requested(text: str) -> PiiType | None:
    if not _ASKS.search(text):
        return None
    found = [(m.end(), kind) for kind, pattern in _REQUESTS for m in pattern.finditer(text)]
    return max(found)[1] if found else None


def _is_piece(run: Run, folded: str, text: str) -> bool:
    if run.length < 3 or _NOT_PIECES.search(folded[max(0, run.begin - 6) : run.begin]):
        return False
    if is_amount(folded, run.begin, run.end) or re.fullmatch(
        r"9[56]\d{3}|12\d{3}|400\d{7}|(?:19|20)\d\d", run.digits
    ):
        return False
    said = folded[run.begin : run.end]
    if _WRITTEN_AMOUNT.fullmatch(said) or (run.length <= 6 and re.match(r"(?:19|20)\d\d", said)):
        return False
    spoken = sum(character.isalnum() for character in text)
    mostly_digits = run.length >= 0.6 * max(spoken, 1)
    return run.length >= _MIN_ASKED or mostly_digits


def read_in_pieces(turns: Sequence[Turn]) -> Iterator[tuple[int, PiiSpan]]:
    """(turn, span) of digit groups in neighbouring turns that join to a mobile or identity number unasked."""
    pieces: list[tuple[int, Run]] = []
    for index, turn in enumerate(turns):
        folded = fold(turn.text)
        own = [run for run in runs(folded) if run.length >= 3]
        others = sum(c.isalnum() for c in folded) - sum(run.length for run in own)
        if len(own) == 1 and others <= 4 and not is_amount(folded, own[0].begin, own[0].end):
            pieces.append((index, own[0]))
            continue
        if own or len(turn.text) > 6:
            yield from _joined(pieces)
            pieces = []
    yield from _joined(pieces)


def _joined(pieces: Sequence[tuple[int, Run]]) -> Iterator[tuple[int, PiiSpan]]:
    for first in range(len(pieces)):
        for last in range(first + 1, min(first + 6, len(pieces))):
            # The other side may read each piece back: its repetition is not part of the number.
            said: list[str] = []
            for _, run in pieces[first : last + 1]:
                if not said or said[-1] != run.digits:
                    said.append(run.digits)
            if kind := is_identity_or_mobile("".join(said)):
                for index, run in pieces[first : last + 1]:
                    yield index, PiiSpan(run.begin, run.end, kind)


def answered_names(turns: Sequence[Turn]) -> Iterator[tuple[int, PiiSpan]]:
    """(turn, span) of a name that is the answer to the question for it."""
    for index in range(1, len(turns)):
        text = turns[index].text
        if _ASKS_NAME.search(turns[index - 1].text) and len(text) <= 12:
            begin = _FILLERS.match(text).end()  # type: ignore[union-attr]  # matches the empty string at least
            if length := name_at(text, begin):
                yield index, PiiSpan(begin, begin + length, PiiType.NAME)


def repeated(turns: Sequence[Turn], names: set[str]) -> Iterator[tuple[int, PiiSpan]]:
    """(turn, span) of names found elsewhere in the conversation."""
    for name in names:
        for index, turn in enumerate(turns):
            for match in re.finditer(re.escape(name), turn.text):
                yield index, PiiSpan(match.start(), match.end(), PiiType.NAME)
