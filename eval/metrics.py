"""Measures, pure: counts and shares in, numbers out. Intervals are 95 %."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
_Z = 1.959963984540054
_RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with the bounds of its interval."""

    value: float
    low: float
    high: float


def confusion(predicted: Sequence[frozenset[str]], truth: Sequence[frozenset[str]]) -> Counts:
    """Per conversation: labels rightly emitted, emitted too much, missed. Shape (n, 3).

    >>> confusion([frozenset("ab")], [frozenset("bc")]).tolist()
    [[1, 1, 1]]
    """
    return np.array(
        [(len(p & t), len(p - t), len(t - p)) for p, t in zip(predicted, truth, strict=True)], dtype=np.int64
    ).reshape(-1, 3)


def micro_f1(counts: Counts) -> float:
    """F1 over all labels of all conversations; 0 where nothing is there to find and nothing was emitted.

    >>> round(micro_f1(np.array([[1, 1, 1]])), 2)
    0.5
    """
    right, extra, missed = counts.sum(axis=0)
    return float(2 * right / (2 * right + extra + missed)) if right else 0.0


def share(hits: Counts) -> float:
    """Mean of zeros and ones; nan where there are none."""
    return float(hits.mean()) if len(hits) else math.nan


def bootstrap(rows: Counts, measure: Callable[[Counts], float], seed: int = 0) -> Interval:
    """Percentile bootstrap over rows, i.e. conversations (Efron 1979), 1,000 resamples, fixed seed."""
    if not len(rows):
        return Interval(math.nan, math.nan, math.nan)
    random = np.random.default_rng(seed)
    values = [measure(rows[random.integers(0, len(rows), len(rows))]) for _ in range(_RESAMPLES)]
    low, high = np.percentile(values, (2.5, 97.5))
    return Interval(measure(rows), float(low), float(high))


def wilson(hits: int, total: int) -> Interval:
    """Wilson's score interval of a share (Wilson 1927).

    >>> wilson(97, 100).low > 0.91
    True
    """
    if not total:
        return Interval(math.nan, 0.0, 1.0)
    p, z2 = hits / total, _Z * _Z
    centre = (p + z2 / (2 * total)) / (1 + z2 / total)
    half = _Z * math.sqrt(p * (1 - p) / total + z2 / (4 * total * total)) / (1 + z2 / total)
    # At the ends the formula leaves the last bits of rounding.
    low = 0.0 if hits == 0 else centre - half
    high = 1.0 if hits == total else centre + half
    return Interval(p, low, high)


def calibration_error(scores: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """Expected calibration error over bins of equal mass (Nixon et al. 2019); nan without scores.

    >>> calibration_error([1.0, 0.0], [True, False])
    0.0
    """
    if not scores:
        return math.nan
    order = np.argsort(np.asarray(scores), kind="stable")
    ordered, hits = np.asarray(scores, dtype=float)[order], np.asarray(right, dtype=float)[order]
    bounds = np.linspace(0, len(ordered), bins + 1).round().astype(int)
    gaps = [
        (end - begin) * abs(ordered[begin:end].mean() - hits[begin:end].mean())
        for begin, end in pairwise(bounds)
        if end > begin
    ]
    return float(sum(gaps) / len(ordered))
