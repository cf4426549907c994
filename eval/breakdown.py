"""Where understanding is good and where it is not: by label, by kind of conversation, and the worst labels with quotes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from data.domain.analysis import Analysis, Span
from data.domain.conversation import Speaker
from eval.inputs import Judged
from eval.metrics import confusion, micro_f1, share

Labels = Sequence[frozenset[str]]
Emitted = Callable[[Analysis, str], frozenset[str]]

_WORST = 10
_QUOTES = 3
_QUOTE_LENGTH = 60
# Groups smaller than this say nothing.
_SMALLEST_GROUP = 3


def by_label(said: Labels, gold: Labels) -> dict[str, dict[str, float]]:
    """Precision, recall, F1 and counts of every label that was said or right, in order of how often it is right."""
    support = Counter(label for labels in gold for label in labels)
    emitted = Counter(label for labels in said for label in labels)
    right = Counter(label for s, g in zip(said, gold, strict=True) for label in s & g)
    return {
        label: {
            "n": support[label],
            "right": right[label],
            "extra": emitted[label] - right[label],
            "missed": support[label] - right[label],
            "precision": right[label] / emitted[label] if emitted[label] else 0.0,
            "recall": right[label] / support[label] if support[label] else 0.0,
            "f1": 2 * right[label] / (emitted[label] + support[label]),
        }
        for label in sorted(support | emitted, key=lambda label: (-support[label], label))
    }


def macro_f1(said: Labels, gold: Labels) -> float:
    """Mean F1 of the labels that are right somewhere: rare labels count as much as common ones."""
    scores = [row["f1"] for row in by_label(said, gold).values() if row["n"]]
    return float(np.mean(scores)) if scores else float("nan")


def by_group(
    judged: Sequence[Judged],
    analyses: Sequence[Analysis],
    emitted: Emitted,
    tags: Sequence[str],
    choices: Sequence[str],
) -> dict[str, dict[str, Any]]:
    """Micro F1 of the tag parts and accuracy of the choice parts by channel and by the caller's role."""
    groups: dict[str, dict[str, list[int]]] = {"channel": {}, "caller_role": {}}
    for row, item in enumerate(judged):
        groups["channel"].setdefault(item.conversation.channel or "-", []).append(row)
        groups["caller_role"].setdefault(item.gold.caller_role or "-", []).append(row)
    return {
        kind: {
            name: _group([judged[i] for i in rows], [analyses[i] for i in rows], emitted, tags, choices)
            for name, rows in sorted(own.items(), key=lambda pair: -len(pair[1]))
            if len(rows) >= _SMALLEST_GROUP
        }
        for kind, own in groups.items()
    }


def _group(
    judged: Sequence[Judged],
    analyses: Sequence[Analysis],
    emitted: Emitted,
    tags: Sequence[str],
    choices: Sequence[str],
) -> dict[str, float]:
    figures: dict[str, float] = {"n": len(judged)}
    for part in (*tags, *choices):
        said = [emitted(a, part) for a in analyses]
        gold = [item.gold.labels(part) for item in judged]
        if part in tags:
            figures[part] = micro_f1(confusion(said, gold))
        else:
            figures[part] = share(np.array([s == g for s, g in zip(said, gold, strict=True) if g]))
    return figures


def worst_labels(
    judged: Sequence[Judged], analyses: Sequence[Analysis], emitted: Emitted, tags: Sequence[str]
) -> list[dict[str, Any]]:
    """The ten labels with the most errors, what was confused with them, and redacted quotes of the errors."""
    rows = []
    for part in tags:
        said = [emitted(a, part) for a in analyses]
        gold = [item.gold.labels(part) for item in judged]
        for label, figures in by_label(said, gold).items():
            if errors := int(figures["extra"] + figures["missed"]):
                rows.append((errors, part, label, figures, said, gold))
    rows.sort(key=lambda row: (-row[0], row[1], row[2]))
    return [
        {
            "part": part,
            "label": label,
            "errors": errors,
            "missed": figures["missed"],
            "extra": figures["extra"],
            "said_instead": _instead(label, said, gold),
            "missed_quotes": _quotes(judged, analyses, part, label, [g - s for s, g in zip(said, gold, strict=True)]),
            "extra_quotes": _quotes(judged, analyses, part, label, [s - g for s, g in zip(said, gold, strict=True)]),
        }
        for errors, part, label, figures, said, gold in rows[:_WORST]
    ]  # fmt: skip


def _instead(label: str, said: Labels, gold: Labels) -> Mapping[str, int]:
    """Wrong labels of the conversations where this one was missed, most common first."""
    counts = Counter(
        other for s, g in zip(said, gold, strict=True) if label in g - s for other in s - g
    )  # fmt: skip
    return dict(counts.most_common(3))


def _quotes(
    judged: Sequence[Judged], analyses: Sequence[Analysis], part: str, label: str, errors: Sequence[frozenset[str]]
) -> list[dict[str, str]]:  # fmt: skip
    found = []
    for item, analysis, wrong in zip(judged, analyses, errors, strict=True):
        if label in wrong:
            quote = _shown(analysis, part, label) or _labelled(item, analysis, part, label)
            found.append({"id": item.gold.id, "quote": quote[:_QUOTE_LENGTH]})
    return found[:_QUOTES]


def _shown(analysis: Analysis, part: str, label: str) -> str:
    """What the analysis shows for the label."""
    spans: Sequence[Span] = ()
    if part in ("intents", "delights"):
        spans = next((tag.evidence for tag in getattr(analysis, part) if tag.label == label), ())
    else:
        spans = next((p.evidence for p in analysis.pain_points if label in (p.key, p.problem)), ())
    return spans[0].quote if spans else ""


def _labelled(item: Judged, analysis: Analysis, part: str, label: str) -> str:
    """The turn that gold names as evidence, else the caller's longest of the first turns; as redacted."""
    turns: Sequence[int] = ()
    if part in ("pain_points", "problems"):
        turns = next(
            (p.evidence for p in item.gold.pain_points if label in (f"{p.stage}.{p.problem}", p.problem)), ()
        )
    elif part == "delights":
        turns = next((d.evidence for d in item.gold.delights if d.delight == label), ())
    if turns and turns[0] < len(analysis.turns):
        return analysis.turns[turns[0]].text
    early = [turn.text for turn in analysis.turns if turn.speaker is not Speaker.AGENT][:3]
    return max(early, key=len, default="")
