"""All kinds of personal data in one text."""

from __future__ import annotations

from nlp.redaction.addresses import find_addresses
from nlp.redaction.codes import find_codes
from nlp.redaction.dates import find_birth_dates, find_dates_beside_names
from nlp.redaction.digits import fold, fold_width
from nlp.redaction.names import find_names
from nlp.redaction.numbers import find_numbers
from nlp.redaction.spans import PiiSpan, PiiType, mask, merge
from nlp.text import same_length_simplified


def find_spans(text: str) -> list[PiiSpan]:
    """Spans of personal data: sorted, disjoint, offsets into the text as given. Existing marks are left alone."""
    simplified = same_length_simplified(text)
    folded, wide = fold(text), fold_width(simplified)
    codes = list(find_codes(folded, text))
    mails = [span for span in codes if span.type in (PiiType.EMAIL, PiiType.WECHAT, PiiType.PASSPORT)]
    others = [span for span in codes if span not in mails]
    names = find_names(simplified)
    return merge(
        [
            *mails,
            *find_birth_dates(wide),
            *find_addresses(wide),
            *others,
            *find_numbers(folded),
            *find_dates_beside_names(wide, names),
            *names,
        ],
        text,
    )


def redact(text: str) -> str:
    """The text with its personal data masked.

    >>> redact("我叫陈桂兰，打幺三八零零幺三八零零零找我")
    '我叫[姓名]，打[手机号]找我'
    """
    return mask(text, find_spans(text))
