"""How well conversations are understood: every part of an analysis against gold, with the baselines beside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from data.domain.analysis import MAX_EVIDENCE, Analysis, Choice
from data.domain.conversation import Conversation
from eval.baselines import WordRegression, majority
from eval.breakdown import by_group, by_label, macro_f1, worst_labels
from eval.inputs import Judged
from eval.labels import Gold
from eval.metrics import bootstrap, calibration_error, confusion, micro_f1, share, wilson
from eval.noise import noised

Analyze = Callable[[Sequence[Conversation]], list[Analysis]]
TAG_PARTS = ("intents", "pain_points", "problems", "delights")
CHOICE_PARTS = ("caller_role", "journey_stage", "outcome", "emotion")
# Parts whose mean F1 tells what noise costs.
_NOISE_PARTS = ("intents", "problems")


def measure(
    judged: Sequence[Judged],
    teach: Sequence[Judged],
    analyze: Analyze,
    second: Mapping[str, Gold] | None = None,
) -> dict[str, Any]:
    """All figures of the contract's `conversations`; `teach` is the corpus the baselines learn from.

    `second` holds labels of another reader for the same conversations, to compare with.
    """
    asked = [item.conversation for item in judged]
    analyses = analyze(asked)
    found = _pairs(judged, analyses)
    severities = [(pair.gold_severity, pair.severity) for pair in found]
    heard = analyze(noised(asked))
    tags = {part: [emitted(a, part) for a in analyses] for part in TAG_PARTS}
    figures: dict[str, Any] = {
        "conversations": len(judged),
        "parts": _parts(judged, analyses),
        "baselines": _baselines(judged, teach, asked),
        "false_alarm": _false_alarm(judged, analyses),
        "evidence": _evidence(found),
        "severity": share(np.array([gold == said for gold, said in severities])),
        "severity_detail": _severity(severities, teach),
        "ece": _calibration(judged, analyses),
        "ece_by_part": _calibration_by_part(judged, analyses),
        "noise_loss": _mean_f1(judged, analyses) - _mean_f1(judged, heard),
        "noise": {"clean": _values(judged, analyses), "noisy": _values(judged, heard)},
        "groups": by_group(judged, analyses, emitted, TAG_PARTS, CHOICE_PARTS),
        "labels": {part: by_label(tags[part], _gold(judged, part)) for part in TAG_PARTS},
        "worst": worst_labels(judged, analyses, emitted, ("intents", "problems", "delights")),
    }
    for part, shown in (("pain_points", ("pain_points", "problems")), ("delights", ("delights",))):
        if all(part in item.gold.unlabelled for item in judged):
            for name in shown:
                figures["parts"][name] = dict.fromkeys(figures["parts"][name], math.nan)
            if part == "pain_points":
                figures["false_alarm"] = math.nan
    if second is not None:
        figures["agreement"] = agreement(judged, second)
    return figures


def agreement(judged: Sequence[Judged], second: Mapping[str, Gold]) -> dict[str, float]:
    """How far another reader agrees with gold: F1 of the tag parts, share of equal labels of the choice parts."""
    both = [item for item in judged if item.gold.id in second]
    result: dict[str, float] = {"n": len(both)}
    for part in (*TAG_PARTS, *CHOICE_PARTS):
        said = [second[item.gold.id].labels(part) for item in both]
        gold = [item.gold.labels(part) for item in both]
        if part in TAG_PARTS:
            result[part] = micro_f1(confusion(said, gold))
        else:
            result[part] = share(np.array([s == g for s, g in zip(said, gold, strict=True)]))
    return result


def _gold(judged: Sequence[Judged], part: str) -> list[frozenset[str]]:
    return [item.gold.labels(part) for item in judged]


def _values(judged: Sequence[Judged], analyses: Sequence[Analysis]) -> dict[str, float]:
    """The value of every part alone."""
    return {
        part: micro_f1(_counts(judged, [emitted(a, part) for a in analyses], part))
        if part in TAG_PARTS
        else share(_hits(judged, [emitted(a, part) for a in analyses], part))
        for part in (*TAG_PARTS, *CHOICE_PARTS)
    }


def emitted(analysis: Analysis, part: str) -> frozenset[str]:
    """Labels of a part, in the form gold has them."""
    if part == "intents":
        return frozenset(tag.label for tag in analysis.intents)
    if part == "delights":
        return frozenset(tag.label for tag in analysis.delights)
    if part == "pain_points":
        return frozenset(point.key for point in analysis.pain_points)
    if part == "problems":
        return frozenset(point.problem for point in analysis.pain_points)
    choice = _choice(analysis, part)
    return frozenset() if choice is None else frozenset({choice.label})


def _choice(analysis: Analysis, part: str) -> Choice | None:
    if part == "emotion":
        emotion = analysis.emotion
        if emotion is None or emotion.label is None or emotion.score is None:
            return None
        return Choice(emotion.label, emotion.score)
    value: Choice | None = getattr(analysis, part)
    return value


def _counts(judged: Sequence[Judged], labels: Sequence[frozenset[str]], part: str) -> Any:
    return confusion(labels, [item.gold.labels(part) for item in judged])


def _hits(judged: Sequence[Judged], labels: Sequence[frozenset[str]], part: str) -> Any:
    """Zeros and ones over the conversations whose choice part is labelled; a null is wrong."""
    return np.array(
        [
            said == item.gold.labels(part)
            for item, said in zip(judged, labels, strict=True)
            if item.gold.labels(part)
        ],
        dtype=np.int64,
    )


def _parts(judged: Sequence[Judged], analyses: Sequence[Analysis]) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    for part in TAG_PARTS:
        counts = _counts(judged, [emitted(a, part) for a in analyses], part)
        interval = bootstrap(counts, micro_f1)
        right, extra, missed = (int(n) for n in counts.sum(axis=0))
        macro = macro_f1([emitted(a, part) for a in analyses], _gold(judged, part))
        parts[part] = {"f1": interval.value, "low": interval.low, "high": interval.high, "macro_f1": macro,
                       "right": right, "extra": extra, "missed": missed}  # fmt: skip
    for part in CHOICE_PARTS:
        hits = _hits(judged, [emitted(a, part) for a in analyses], part)
        interval = bootstrap(hits, share)
        parts[part] = {"accuracy": interval.value, "low": interval.low, "high": interval.high, "n": len(hits)}
    return parts


def _baselines(
    judged: Sequence[Judged], teach: Sequence[Judged], asked: Sequence[Conversation]
) -> dict[str, Any]:
    words = WordRegression(teach, asked)
    result: dict[str, Any] = {"majority": {}, "tfidf_logistic_regression": {}}
    for part in TAG_PARTS:
        for name, labels in (("majority", majority(teach, len(asked), part)),
                             ("tfidf_logistic_regression", words.tag(part))):  # fmt: skip
            result[name][part] = {"f1": micro_f1(_counts(judged, labels, part))}
    for part in CHOICE_PARTS:
        for name, labels in (("majority", majority(teach, len(asked), part)),
                             ("tfidf_logistic_regression", words.choose(part))):  # fmt: skip
            result[name][part] = {"accuracy": share(_hits(judged, labels, part))}
    return result


def _false_alarm(judged: Sequence[Judged], analyses: Sequence[Analysis]) -> float:
    """Share of the conversations without any pain point that were given one."""
    return share(np.array([
        bool(analysis.pain_points)
        for item, analysis in zip(judged, analyses, strict=True)
        if not item.gold.pain_points
    ]))  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Found:
    """A pain point rightly found: severities and evidence turns, gold and emitted."""

    gold_severity: int
    severity: int
    gold_turns: frozenset[int]
    turns: frozenset[int]


def _pairs(judged: Sequence[Judged], analyses: Sequence[Analysis]) -> list[_Found]:
    result = []
    for item, analysis in zip(judged, analyses, strict=True):
        gold = {f"{point.stage}.{point.problem}": point for point in item.gold.pain_points}
        for point in analysis.pain_points:
            if (right := gold.get(point.key)) is not None:
                turns = frozenset(span.turn for span in point.evidence[:MAX_EVIDENCE])
                result.append(_Found(right.severity, point.severity, frozenset(right.evidence), turns))
    return result


def _evidence(found: Sequence[_Found]) -> dict[str, float]:
    """Turns shown against turns labelled; `hit` is the share of pain points with one right turn at least."""
    shared = sum(len(pair.gold_turns & pair.turns) for pair in found)
    labelled = sum(len(pair.gold_turns) for pair in found)
    shown = sum(len(pair.turns) for pair in found)
    return {
        "recall": shared / labelled if labelled else math.nan,
        "precision": shared / shown if shown else math.nan,
        "hit": share(np.array([bool(pair.gold_turns & pair.turns) for pair in found])),
        "n": len(found),
    }


def _severity(pairs: Sequence[tuple[int, int]], teach: Sequence[Judged]) -> dict[str, float]:
    """Severity of the pain points rightly found, beside always saying the corpus's most common degree."""
    degrees = [point.severity for item in teach for point in item.gold.pain_points]
    common = max(set(degrees), key=degrees.count) if degrees else 2
    right = sum(gold == said for gold, said in pairs)
    interval = wilson(right, len(pairs))
    return {
        "accuracy": interval.value,
        "low": interval.low,
        "high": interval.high,
        "mean_error": float(np.mean([abs(gold - said) for gold, said in pairs])) if pairs else math.nan,
        "majority_accuracy": share(np.array([gold == common for gold, _ in pairs])),
        "majority_mean_error": float(np.mean([abs(gold - common) for gold, _ in pairs]))
        if pairs
        else math.nan,
        "n": len(pairs),
    }


def _calibration(judged: Sequence[Judged], analyses: Sequence[Analysis]) -> float:
    emissions = list(_emissions(judged, analyses))
    return calibration_error([score for _, score, _ in emissions], [hit for *_, hit in emissions])


def _calibration_by_part(judged: Sequence[Judged], analyses: Sequence[Analysis]) -> dict[str, float]:
    found: dict[str, list[tuple[float, bool]]] = {}
    for part, score, hit in _emissions(judged, analyses):
        found.setdefault(part, []).append((score, hit))
    return {part: calibration_error([s for s, _ in own], [h for _, h in own]) for part, own in found.items()}


def _emissions(judged: Sequence[Judged], analyses: Sequence[Analysis]) -> Iterator[tuple[str, float, bool]]:
    """Part, score and whether it is right, of every emitted label."""
    for item, analysis in zip(judged, analyses, strict=True):
        emissions = [
            *((("intents", tag.label), tag.score) for tag in analysis.intents),
            *((("delights", tag.label), tag.score) for tag in analysis.delights),
            *((("pain_points", point.key), point.score) for point in analysis.pain_points),
        ]
        emissions += [
            ((part, choice.label), choice.score)
            for part in CHOICE_PARTS
            if item.gold.labels(part) and (choice := _choice(analysis, part)) is not None
        ]
        for (part, label), score in emissions:
            yield part, score, label in item.gold.labels(part)


def _mean_f1(judged: Sequence[Judged], analyses: Sequence[Analysis]) -> float:
    return float(
        np.mean([
            micro_f1(_counts(judged, [emitted(a, part) for a in analyses], part)) for part in _NOISE_PARTS
        ])
    )  # fmt: skip
