"""Ranking of what callers say: counts in, an order with shares, changes and tests out. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True)
class Count:
    """Conversations of one key; `severities` counts them by the worst severity 1, 2, 3 of the key."""

    conversations: int
    severities: tuple[int, int, int] = (0, 0, 0)
    unresolved: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """Contacts of a window, and the counts of every key in it."""

    contacts: int
    keys: Mapping[str, Count]


@dataclass(frozen=True, slots=True)
class RankedItem:
    """One line of a ranking.

    `share` and `unresolved_share` are 0–1. `change` is the relative change of the rate per contact against the
    previous window (0.5 = half as much again; None without a previous rate), `p_value` of Fisher's exact
    test of the two rates, `q_value` the same after Benjamini–Hochberg over the ranking; None for a key with so few
    conversations that no split of them could be significant (Tarone 1990): it would only dilute the others.
    """

    key: str
    name: str
    count: Count
    previous: int | None
    share: float
    per_thousand: float
    unresolved_share: float
    change: float | None
    p_value: float | None
    q_value: float | None


def previous_window(first: date, last: date) -> tuple[date, date]:
    """The window of equal length just before.

    >>> previous_window(date(2026, 3, 1), date(2026, 3, 31))
    (datetime.date(2026, 1, 29), datetime.date(2026, 2, 28))
    """
    length = last - first
    return first - length - timedelta(days=1), first - timedelta(days=1)


def rank(
    current: Counts, previous: Counts | None, name: Callable[[str], str], limit: int | None = None
) -> tuple[RankedItem, ...]:
    """Keys by conversations, then by severity-weighted conversations, then by key, so that runs agree."""
    keys = sorted(
        current.keys, key=lambda key: (-current.keys[key].conversations, -_weight(current.keys[key]), key)
    )
    tested = {key: _test(key, current, previous) for key in keys} if previous and previous.contacts else {}
    testable = {key: p for key, (_, p) in tested.items() if _testable(key, current, previous)}
    adjusted = benjamini_hochberg(testable)
    return tuple(
        _item(key, name(key), current, previous, tested.get(key, (None, None)), adjusted.get(key))
        for key in keys[:limit]
    )


def _item(
    key: str,
    name: str,
    current: Counts,
    previous: Counts | None,
    tested: tuple[float | None, float | None],
    q_value: float | None,
) -> RankedItem:
    count = current.keys[key]
    share = count.conversations / current.contacts if current.contacts else 0.0
    before = previous.keys.get(key, Count(0)).conversations if previous else None
    unresolved = count.unresolved / count.conversations if count.conversations else 0.0
    return RankedItem(key, name, count, before, share, share * 1000, unresolved, *tested, q_value)


def _weight(count: Count) -> int:
    return sum(degree * number for degree, number in enumerate(count.severities, 1))


def _test(key: str, current: Counts, previous: Counts) -> tuple[float | None, float]:
    now, before = current.keys[key].conversations, previous.keys.get(key, Count(0)).conversations
    p_value = fisher_exact(now, current.contacts - now, before, previous.contacts - before)
    if before == 0 or current.contacts == 0:
        return None, p_value
    return (now / current.contacts) / (before / previous.contacts) - 1, p_value


def _testable(key: str, current: Counts, previous: Counts | None) -> bool:
    if previous is None:
        return False
    both = current.keys[key].conversations + previous.keys.get(key, Count(0)).conversations
    size, other = current.contacts, previous.contacts
    now = min(both, size)
    all_now = fisher_exact(now, size - now, both - now, other - both + now)
    before = min(both, other)
    all_before = fisher_exact(both - before, size - both + before, before, other - before)
    return min(all_now, all_before) <= SIGNIFICANT


def fisher_exact(a: int, b: int, c: int, d: int) -> float:
    """Two-sided p of the table ((a, b), (c, d)): all tables with the same margins and no greater probability.

    Fisher (1935). Exact for any size; takes time in proportion to the smaller margin.
    """
    row, column, total = a + b, a + c, a + b + c + d
    low, high = max(0, row + column - total), min(row, column)
    observed = _log_hypergeometric(a, row, column, total)
    tolerance = 1e-7
    logs = (_log_hypergeometric(x, row, column, total) for x in range(low, high + 1))
    return min(1.0, sum(math.exp(log) for log in logs if log <= observed + tolerance))


def _log_hypergeometric(x: int, row: int, column: int, total: int) -> float:
    return _log_choose(column, x) + _log_choose(total - column, row - x) - _log_choose(total, row)


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def benjamini_hochberg(p_values: Mapping[str, float]) -> dict[str, float]:
    """q-values that control the false discovery rate (Benjamini & Hochberg 1995)."""
    ordered = sorted(p_values, key=lambda key: p_values[key], reverse=True)
    result: dict[str, float] = {}
    smallest, count = 1.0, len(ordered)
    for place, key in enumerate(ordered):
        smallest = min(smallest, p_values[key] * count / (count - place))
        result[key] = smallest
    return result
