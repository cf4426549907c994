from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from eval.metrics import bootstrap, calibration_error, confusion, micro_f1, share, wilson
from eval.noise import noised
from tests.builders import a_conversation


def test_f1_is_two_times_right_over_all_emitted_and_all_true() -> None:
    counts = confusion(
        [frozenset("ab"), frozenset(), frozenset("c")], [frozenset("bc"), frozenset("a"), frozenset("c")]
    )
    assert counts.tolist() == [[1, 1, 1], [0, 0, 1], [1, 0, 0]]
    assert micro_f1(counts) == pytest.approx(2 * 2 / (3 + 4))
    assert micro_f1(confusion([], [])) == 0.0


def test_the_bootstrap_interval_holds_the_value_and_is_the_same_each_time() -> None:
    rows = np.array([1] * 70 + [0] * 30)
    found = bootstrap(rows, share)
    assert found == bootstrap(rows, share)
    assert 0.55 < found.low < found.value == 0.7 < found.high < 0.85
    assert math.isnan(bootstrap(np.array([], dtype=np.int64), share).value)


@pytest.mark.parametrize(("hits", "total"), [(0, 20), (20, 20), (97, 100), (1, 3)], ids=range(4))
def test_wilson_agrees_with_scipy(hits: int, total: int) -> None:
    expected = stats.binomtest(hits, total).proportion_ci(method="wilson")
    found = wilson(hits, total)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_calibration_error_is_the_mean_gap_between_score_and_truth() -> None:
    assert calibration_error([0.9] * 100, ([True] * 9 + [False]) * 10) == pytest.approx(0.0)
    assert calibration_error([0.9] * 10, [False] * 10) == pytest.approx(0.9)
    assert math.isnan(calibration_error([], []))


def test_noise_changes_some_characters_by_sound_and_nothing_else() -> None:
    clean = [
        a_conversation("养老金什么时候到账呢" * 20, identity="x"),
        a_conversation("样子老今甚么时后倒帐，APP 12"),
    ]
    noisy = noised(clean)
    assert noisy == noised(clean)
    text = noisy[0].turns[0].text
    assert text != clean[0].turns[0].text
    assert 0.9 < len(text) / 200 <= 1
    assert set(text) <= {c for conversation in clean for turn in conversation.turns for c in turn.text}
    assert "APP 12" in noisy[1].turns[0].text
