"""How well personal data is masked, against spans marked by hand."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.domain.errors import InvalidInputError
from eval.labels import json_lines
from eval.metrics import Interval, wilson
from nlp.redaction import PiiSpan, PiiType, find_spans


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text and the personal data in it."""

    id: str
    text: str
    spans: tuple[PiiSpan, ...]


def read_marked(path: Path) -> list[MarkedText]:
    """Lines of id, text, spans. Raises InvalidInputError naming file and line."""
    result = []
    for number, value in json_lines(path):
        try:
            spans = tuple(PiiSpan(s["begin"], s["end"], PiiType(s["type"])) for s in value["spans"])
            result.append(MarkedText(str(value["id"]), value["text"], spans))
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInputError(f"{path.name}:{number}: not a line of id, text and spans") from error
    return result


def measure(texts: Sequence[MarkedText]) -> dict[str, Any]:
    """Figures of the contract's `redaction`, each with counts and Wilson bounds.

    A span counts as masked when every letter and digit of it is; `masked_beyond_gold` is the share of the
    characters outside gold spans that were masked.
    """
    total: Counter[str] = Counter()
    masked: Counter[str] = Counter()
    typed = clean = changed = outside = beyond = 0
    for item in texts:
        found = find_spans(item.text)
        covered = {i for span in found for i in range(span.begin, span.end)}
        gold = {i for span in item.spans for i in range(span.begin, span.end)}
        for span in item.spans:
            total[span.type] += 1
            if all(i in covered or not item.text[i].isalnum() for i in range(span.begin, span.end)):
                masked[span.type] += 1
                typed += any(f.type is span.type and f.begin < span.end and span.begin < f.end for f in found)
        outside += len(item.text) - len(gold)
        beyond += len(covered - gold)
        if not item.spans:
            clean += 1
            changed += bool(found)
    spans, right = sum(total.values()), sum(masked.values())
    return {
        "texts": len(texts),
        "recall": _share(right, spans),
        "recall_bounds": _bounds(right, spans),
        "by_type": {
            kind: {"recall": _share(masked[kind], total[kind]), "masked": masked[kind], "n": total[kind],
                   **_bounds(masked[kind], total[kind])}
            for kind in sorted(total)
        },
        "type_right": _share(typed, right),
        "clean_texts_changed": _share(changed, clean),
        "clean_texts_bounds": _bounds(changed, clean),
        "masked_beyond_gold": _share(beyond, outside),
        "counts": {"spans": spans, "masked": right, "clean_texts": clean, "clean_changed": changed,
                   "characters_outside": outside, "masked_outside": beyond},
    }  # fmt: skip


def _share(hits: int, total: int) -> float:
    return hits / total if total else math.nan


def _bounds(hits: int, total: int) -> dict[str, float]:
    interval: Interval = wilson(hits, total)
    return {"low": interval.low, "high": interval.high}
