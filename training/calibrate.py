"""Out-of-fold scores → calibrations and thresholds. Nothing here sees a score of a model that knew its example."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from nlp.heads import Scores, Softmax, TagCalibration

_OFFSET_STRENGTH = 1.0
_MAX_ITERATIONS = 2000
_THRESHOLDS = np.round(np.arange(0.10, 0.605, 0.01), 2)
_SHARES = (0.0, 0.3, 0.4, 0.5, 0.6)


def fit_tag_calibration(
    labels: tuple[str, ...], whole: Scores, best: Scores, top: Scores, truth: NDArray[np.bool_]
) -> TagCalibration:
    """Shared slopes and an offset a label; all inputs are (conversations, labels), out of fold."""
    count = len(labels)
    column = np.tile(np.arange(count), len(whole))
    # An offset a label as one-hot inputs, kept small by the regulariser; the slopes are scaled up, so hardly touched.
    scale = 10.0
    inputs = np.hstack([
        scale * np.stack([whole.ravel(), best.ravel(), top.ravel()], axis=1),
        np.eye(count)[column],
    ])  # fmt: skip
    regression = LogisticRegression(C=_OFFSET_STRENGTH, max_iter=_MAX_ITERATIONS).fit(inputs, truth.ravel())
    weights = regression.coef_[0]
    slopes, offsets = weights[:3] * scale, weights[3:] + regression.intercept_[0]
    draft = TagCalibration(labels, slopes, offsets, 0.5)
    return best_thresholds(draft, draft.probabilities(whole, best, top), truth)


def best_thresholds(draft: TagCalibration, probabilities: Scores, truth: NDArray[np.bool_]) -> TagCalibration:
    """The calibration with the threshold and the share of the best micro F1, all labels together; the stricter of equals."""

    def quality(tried: TagCalibration) -> tuple[float, float, float]:
        return round(micro_f1(tried.emitted(probabilities), truth), 4), tried.share, tried.threshold

    tried = [replace(draft, threshold=float(t), share=share) for t in _THRESHOLDS for share in _SHARES]
    return max(tried, key=quality)


def micro_f1(predicted: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """F1 over all cells together; 0 where nothing is predicted and nothing true."""
    both = predicted.sum() + truth.sum()
    return float(2 * (predicted & truth).sum() / both) if both else 0.0


def fit_softmax(
    labels: tuple[str, ...], inputs: Scores, truth: NDArray[np.int64], strength: float, threshold: float = 0.0
) -> Softmax:
    """Multinomial logistic regression of label indices on out-of-fold inputs; labels never seen get no weight."""
    regression = LogisticRegression(C=strength, max_iter=_MAX_ITERATIONS).fit(inputs, truth)
    weights = np.zeros((inputs.shape[1], len(labels)))
    offsets = np.full(len(labels), -30.0)
    coefficients, intercepts = regression.coef_, regression.intercept_
    if len(regression.classes_) == 2:  # scikit-learn then keeps one row, the second class against the first
        coefficients = np.vstack([np.zeros_like(coefficients), coefficients])
        intercepts = np.concatenate([[0.0], intercepts])
    weights[:, regression.classes_] = coefficients.T
    offsets[regression.classes_] = intercepts
    return Softmax(labels, weights, offsets, threshold)
