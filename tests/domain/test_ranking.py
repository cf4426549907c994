from __future__ import annotations

from datetime import date

import pytest
from scipy import stats

from data.domain.ranking import Count, Counts, benjamini_hochberg, fisher_exact, previous_window, rank


def names(key: str) -> str:
    return key.upper()


def test_more_conversations_come_first_then_the_more_severe_then_the_key() -> None:
    counts = Counts(
        100, {"b": Count(5, (5, 0, 0)), "a": Count(5, (5, 0, 0)), "c": Count(5, (0, 0, 5)), "d": Count(9)}
    )
    assert [item.key for item in rank(counts, None, names)] == ["d", "c", "a", "b"]
    assert [item.key for item in rank(counts, None, names, limit=2)] == ["d", "c"]


def test_shares_are_of_all_contacts() -> None:
    (item,) = rank(Counts(200, {"a": Count(5, (1, 2, 2), 4)}), None, names)
    assert (item.share, item.per_thousand, item.unresolved_share, item.name) == (0.025, 25.0, 0.8, "A")
    assert (item.change, item.p_value, item.previous) == (None, None, None)


def test_change_compares_rates_not_counts() -> None:
    now, before = Counts(200, {"a": Count(20)}), Counts(100, {"a": Count(10)})
    (item,) = rank(now, before, names)
    assert item.change == 0.0
    assert item.p_value == pytest.approx(1.0)


def test_what_was_not_there_before_has_no_change_but_a_test() -> None:
    (item,) = rank(Counts(100, {"a": Count(12)}), Counts(100, {}), names)
    assert item.change is None
    assert item.previous == 0
    assert item.p_value is not None
    assert item.p_value < 0.001


def test_an_empty_previous_window_compares_with_nothing() -> None:
    (item,) = rank(Counts(100, {"a": Count(12)}), Counts(0, {}), names)
    assert (item.change, item.p_value, item.q_value) == (None, None, None)


def test_no_contacts_at_all_give_no_items() -> None:
    assert rank(Counts(0, {}), Counts(0, {}), names) == ()


@pytest.mark.parametrize(
    "table", [(1, 9, 11, 3), (0, 5, 5, 0), (20, 180, 10, 90), (3, 997, 30, 970), (0, 0, 3, 4), (7, 0, 0, 0)],
    ids=range(6),
)  # fmt: skip
def test_fisher_agrees_with_scipy(table: tuple[int, int, int, int]) -> None:
    a, b, c, d = table
    assert fisher_exact(a, b, c, d) == pytest.approx(stats.fisher_exact([[a, b], [c, d]])[1], rel=1e-9)


def test_benjamini_hochberg_agrees_with_scipy() -> None:
    p_values = {"a": 0.001, "b": 0.04, "c": 0.03, "d": 0.9, "e": 0.04}
    expected = stats.false_discovery_control(list(p_values.values()))
    found = benjamini_hochberg(p_values)
    assert [found[key] for key in p_values] == pytest.approx(list(expected))


@pytest.mark.parametrize(
    ("first", "last", "before"),
    [
        (date(2026, 3, 1), date(2026, 3, 31), (date(2026, 1, 29), date(2026, 2, 28))),
        (date(2026, 3, 1), date(2026, 3, 1), (date(2026, 2, 28), date(2026, 2, 28))),
    ],
    ids=["a-month", "a-day"],
)
def test_the_previous_window_is_as_long_and_touches(
    first: date, last: date, before: tuple[date, date]
) -> None:
    assert previous_window(first, last) == before


def test_keys_too_rare_to_be_tested_do_not_dilute_the_others() -> None:
    rare = {f"rare-{i}": Count(1) for i in range(60)}
    now, before = Counts(134, {"a": Count(25), **rare}), Counts(113, {"a": Count(6)})
    items = {item.key: item for item in rank(now, before, names)}
    assert items["a"].q_value == items["a"].p_value
    assert items["a"].q_value is not None
    assert items["a"].q_value < 0.01
    assert items["rare-0"].q_value is None
