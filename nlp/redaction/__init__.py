"""Masking of personal data, before anything is stored, logged or returned."""

from nlp.redaction.find import find_spans, redact
from nlp.redaction.spans import MARKS, PiiSpan, PiiType, mask

__all__ = ["MARKS", "PiiSpan", "PiiType", "find_spans", "mask", "redact"]
