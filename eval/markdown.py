"""Figures of `voc eval conversations` as Markdown, the generated part of a model card."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from eval.conversations import CHOICE_PARTS, TAG_PARTS

_PARTS = (*TAG_PARTS, *CHOICE_PARTS)
_BEGIN, _END = "<!-- card: written by voc eval conversations --markdown -->", "<!-- end of card -->"


def model_card(figures: Mapping[str, Any], *, quotes: bool = True) -> str:
    """The whole card. Without quotes it holds no customer text."""
    return "\n".join(_lines(figures, quotes)) + "\n"


def placed(document: str, card: str) -> str:
    """The document with the card between its marks; the card alone where it has none."""
    begin, found, rest = document.partition(_BEGIN)
    _, ended, end = rest.partition(_END)
    return f"{begin}{_BEGIN}\n{card}{_END}{end}" if found and ended else card


def _lines(figures: Mapping[str, Any], quotes: bool) -> Iterator[str]:
    second = figures.get("agreement", {})
    yield f"{figures['conversations']} conversations; intervals are 95 % bootstrap over conversations."
    yield ""
    yield "| part | measure | value | 95 % | macro F1 | TF-IDF + LR | majority | second reader |"
    yield "|---|---|---|---|---|---|---|---|"
    for part in _PARTS:
        own = figures["parts"][part]
        measure = "f1" if part in TAG_PARTS else "accuracy"
        words, common = (
            figures["baselines"][name][part][measure] for name in ("tfidf_logistic_regression", "majority")
        )
        yield (
            f"| {part} | {'micro F1' if part in TAG_PARTS else measure} | {_two(own[measure])} "
            f"| {_two(own['low'])}–{_two(own['high'])} | {_two(own.get('macro_f1'))} | {_two(words)} | {_two(common)} "
            f"| {_two(second.get(part))} |"
        )
    evidence = figures["evidence"]
    yield ""
    yield f"- Calls without pain points that are given one: {_two(figures['false_alarm'])}"
    yield f"- True pain points with at least one right turn: {_two(evidence['hit'])} (turn recall {_two(evidence['recall'])}, precision {_two(evidence['precision'])})"
    yield f"- Severity right: {_two(figures['severity'])} of {evidence['n']} found; always the commonest: {_two(figures['severity_detail']['majority_accuracy'])}"
    yield (
        f"- Calibration error of emitted labels (ten bins of equal mass): {figures['ece']:.3f}; by part "
        + ", ".join(f"{part} {_three(value)}" for part, value in figures["ece_by_part"].items())
    )
    yield f"- Mean loss of intents and problems F1 under recogniser noise: {figures['noise_loss']:.3f}"
    for kind, title in (("channel", "Channel"), ("caller_role", "Caller role")):
        yield ""
        yield f"### {title}"
        yield ""
        yield f"| {kind} | n | " + " | ".join(_PARTS) + " |"
        yield "|---" * (len(_PARTS) + 2) + "|"
        for name, row in figures["groups"][kind].items():
            yield f"| {name} | {row['n']} | " + " | ".join(_two(row[part]) for part in _PARTS) + " |"
    yield ""
    yield "### Noise"
    yield ""
    yield "| | " + " | ".join(_PARTS) + " |"
    yield "|---" * (len(_PARTS) + 1) + "|"
    for name, values in figures["noise"].items():
        yield f"| {name} | " + " | ".join(_two(values[part]) for part in _PARTS) + " |"
    yield ""
    yield "### Labels"
    yield ""
    yield "| part | label | n | precision | recall | F1 |"
    yield "|---|---|---|---|---|---|"
    for part, rows in figures["labels"].items():
        for label, row in rows.items():
            yield f"| {part} | {label} | {row['n']} | {_two(row['precision'])} | {_two(row['recall'])} | {_two(row['f1'])} |"
    yield ""
    yield "### Worst labels"
    yield ""
    for row in figures["worst"]:
        instead = (
            ", ".join(f"{label} {number}×" for label, number in row["said_instead"].items()) or "nothing"
        )
        yield f"- **{row['part']} {row['label']}**: missed {row['missed']}, extra {row['extra']}; said instead: {instead}"
        if quotes:
            for kind in ("missed", "extra"):
                for quote in row[f"{kind}_quotes"]:
                    yield f"  - {kind} ({quote['id']}): {_escaped(quote['quote'])}"


def _escaped(text: str) -> str:
    return text.replace("\n", " ").replace("|", "\\|").replace("<", "&lt;")


def _two(value: float | None) -> str:
    if value is None or math.isnan(value):
        return "–"
    return f"{value:.2f}".removeprefix("0") if value < 1 else f"{value:.2f}"


def _three(value: float | None) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:.3f}"
