"""Out-of-fold scores → calibrations and thresholds. Nothing here sees a score of a model that knew its example."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from nlp.heads import Scores, Softmax, TagCalibration

_OFFSET_STRENGTH = 1.0
_MAX_ITERATIONS = 2000
_THRESHOLDS = np.round(np.arange(0.10, 0.605, 0.01), 2)
_SHARES = (0.0, 0.3, 0.4, 0.5, 0.6)


def fit_tag_calibration(
    labels: tuple[str, ...], scores: Sequence[Scores], truth: NDArray[np.bool_]
) -> TagCalibration:
    """Shared slopes, one for each of the scores, and an offset a label; all are (conversations, labels), out of fold."""
    count, slopes_wanted = len(labels), len(scores)
    column = np.tile(np.arange(count), len(truth))
    # An offset a label as one-hot inputs, kept small by the regulariser; the slopes are scaled up, so hardly touched.
    scale = 10.0
    inputs = np.hstack([
        scale * np.stack([score.ravel() for score in scores], axis=1),
        np.eye(count)[column],
    ])  # fmt: skip
    regression = LogisticRegression(C=_OFFSET_STRENGTH, max_iter=_MAX_ITERATIONS).fit(inputs, truth.ravel())
    weights = regression.coef_[0]
    slopes, offsets = weights[:slopes_wanted] * scale, weights[slopes_wanted:] + regression.intercept_[0]
    draft = TagCalibration(labels, slopes, offsets, truth.sum(axis=0).astype(float), 0.5)
    return best_thresholds(draft, draft.probabilities(scores), truth)


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


def fit_shared_softmax(
    labels: tuple[str, ...], blocks: Sequence[Scores], truth: NDArray[np.int64], threshold: float
) -> Softmax:
    """Multinomial logistic regression with one slope for each block of scores and an offset for each label.

    Every block is (rows, labels), out of fold: a label is judged by its own scores alone (a conditional
    logit, McFadden 1974). Few parameters, so that what one writer says does not bend them.
    """
    count = len(labels)
    rows = np.arange(len(truth))
    one_hot = np.eye(count)[truth]

    def loss(parameters: Scores) -> tuple[float, Scores]:
        slopes, offsets = parameters[: len(blocks)], parameters[len(blocks) :]
        logits = (
            sum((s * b for s, b in zip(slopes, blocks, strict=True)), start=np.zeros_like(blocks[0]))
            + offsets
        )
        logits = logits - logits.max(axis=1, keepdims=True)
        probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        gap = probabilities - one_hot
        gradient = np.concatenate([[(gap * b).sum() for b in blocks], gap.sum(axis=0) + offsets])
        nats = -np.log(probabilities[rows, truth] + 1e-12).sum()
        return float(nats + (offsets**2).sum() / 2), gradient

    start = np.concatenate([np.full(len(blocks), 5.0), np.zeros(count)])
    found = minimize(loss, start, jac=True, method="L-BFGS-B").x
    weights = np.vstack([slope * np.eye(count) for slope in found[: len(blocks)]])
    return Softmax(labels, weights, np.asarray(found[len(blocks) :]), threshold)
