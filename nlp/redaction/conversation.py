"""A conversation with everything personal masked: turns, ids and every field of the metadata."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from data.domain.conversation import Conversation, Scalar, Turn
from nlp.redaction.find import find_spans, redact
from nlp.redaction.names import find_names
from nlp.redaction.pieces import answered_names, asked_for, read_in_pieces, repeated
from nlp.redaction.pseudonym import Pseudonymiser
from nlp.redaction.spans import PiiSpan, PiiType, mask, merge

# Metadata fields that identify by themselves, whatever their value looks like.
_IDENTIFYING = (
    ("pol", re.compile(r"policy_?(?:no|number|id)\b|保单号|合同号|投保单号", re.IGNORECASE)),
    ("cust", re.compile(r"(?:customer|client|user|member)_?(?:id|no|key|number|code)\b|客户(?:号|编号|id)|会员号", re.IGNORECASE)),
    ("pii", re.compile(r"phone|mobile|tel(?:ephone)?\b|id_?card|id_?no|identity|passport|bank|card_?no|account|e?mail|wechat|openid|address|birth|dob|(?:customer|caller|client|insured|holder|full|user)_?name|"
                       r"电话|手机|号码|身份证|证件|护照|银行卡|卡号|账号|邮箱|微信|地址|生日|出生|姓名|客户名|联系人|车牌", re.IGNORECASE)),
)  # fmt: skip
# Facts about a field, not its content: phone_on_file says only whether a number is there.
_STATES = re.compile(r"on_file|_status|_type|_count|_valid", re.IGNORECASE)
_ID_SHAPES = re.compile(
    r"(?<!\d)(?:1[3-9]\d{9}|[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx])(?!\d)|\S+@\S+\.\S+"
)


@dataclass(frozen=True, slots=True)
class Redacted:
    """A conversation fit to be stored, and how many spans of each type were masked in it."""

    conversation: Conversation
    counts: Mapping[str, int]


def redact_conversation(conversation: Conversation, pseudonymiser: Pseudonymiser) -> Redacted:
    """Mask the turns (numbers in pieces across neighbouring turns included) and pseudonymise what identifies.

    Idempotent: marks and pseudonyms are left alone and not counted again.
    """
    spans = conversation_spans(conversation.turns)
    counts = Counter(span.type.value for own in spans for span in own)
    turns = tuple(
        replace(turn, text=mask(turn.text, own)) if own else turn
        for turn, own in zip(conversation.turns, spans, strict=True)
    )
    key = conversation.customer_key
    return Redacted(
        replace(
            conversation,
            id=redact_id(conversation.id, pseudonymiser),
            turns=turns,
            channel=redact(conversation.channel) if conversation.channel else conversation.channel,
            org=redact(conversation.org) if conversation.org else conversation.org,
            agent_id=redact_id(conversation.agent_id, pseudonymiser) if conversation.agent_id else None,
            customer_key=pseudonymiser.pseudonym("cust", key) if key else None,
            metadata=_metadata(conversation.metadata, pseudonymiser),
        ),
        dict(sorted(counts.items())),
    )


def conversation_spans(turns: Sequence[Turn]) -> list[list[PiiSpan]]:
    """Spans of every turn, in order."""
    own = [find_spans(turn.text) for turn in turns]
    extra: list[list[PiiSpan]] = [[] for _ in turns]
    names = {
        turn.text[span.begin : span.end]
        for turn, spans in zip(turns, own, strict=True)
        for span in spans
        if span.type is PiiType.NAME and span.end - span.begin >= 3
    }
    for source in (asked_for(turns), read_in_pieces(turns), answered_names(turns), repeated(turns, names)):
        for index, span in source:
            extra[index].append(span)
    return [
        merge([*found, *more], turn.text) if more else found
        for turn, found, more in zip(turns, own, extra, strict=True)
    ]


def redact_id(identity: str, pseudonymiser: Pseudonymiser) -> str:
    """An id or file name: kept unless it holds a telephone, identity number, address or name."""
    if _ID_SHAPES.search(identity) or find_names(identity):
        return pseudonymiser.pseudonym("id", identity)
    return identity


def _metadata(metadata: Mapping[str, Scalar], pseudonymiser: Pseudonymiser) -> dict[str, Scalar]:
    return {redact(key): _value(key, value, pseudonymiser) for key, value in metadata.items()}


def _value(key: str, value: Scalar, pseudonymiser: Pseudonymiser) -> Scalar:
    if value is None or isinstance(value, bool) or value == "":
        return value
    for kind, pattern in _IDENTIFYING:
        if pattern.search(key) and not _STATES.search(key):
            return pseudonymiser.pseudonym(kind, str(value))
    text = str(value)
    masked = redact(text)
    return value if masked == text else masked
