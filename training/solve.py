"""Regularised least squares in the dual: exact, and fast when features outnumber examples by far.

Rifkin & Klautau (2004), In Defense of One-Vs-All Classification: with a fair regulariser, one
least-squares head a label is as good as support vector machines. scikit-learn's KernelRidge solves it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from sklearn.kernel_ridge import KernelRidge

from nlp.features import Floats, Rows, Widths
from nlp.heads import LinearHead

Targets = NDArray[np.float32]


def gram(rows: Rows, widths: Widths) -> Floats:
    """Similarity of every two rows over the first columns of each block, and a constant."""
    sparse, dense = rows.sparse[:, : widths.sparse], rows.dense[:, : widths.dense]
    return np.asarray((sparse @ sparse.T).toarray() + dense @ dense.T + 1.0, dtype=np.float32)


def dual(similarity: Floats, targets: Targets, alpha: float) -> tuple[Floats, Floats]:
    """Dual coefficients (rows, columns) and the mean of each target (columns,)."""
    mean = targets.mean(axis=0)
    solver = KernelRidge(alpha=alpha, kernel="precomputed").fit(similarity, targets - mean)
    return np.asarray(solver.dual_coef_, dtype=np.float32), np.asarray(mean, dtype=np.float32)


def out_of_fold(
    similarity: Floats, targets: Targets, folds: NDArray[np.int64], alpha: float
) -> NDArray[np.float64]:
    """Score of every row by a model that never saw its fold; shape of `targets`."""
    scores = np.zeros(targets.shape)
    for fold, coefficients, mean in without_each_fold(similarity, targets, folds, alpha):
        held = folds == fold
        scores[held] = similarity[held] @ coefficients + mean
    return scores


def without_each_fold(
    similarity: Floats, targets: Targets, folds: NDArray[np.int64], alpha: float
) -> Iterator[tuple[int, Floats, Floats]]:
    """(fold, dual coefficients, mean of each target) of the model without each fold; its own coefficients are 0.

    Exact, from one inverse: the residual of a held-out block is that of the whole model times the inverse of
    the inverse's block (the leave-one-out formula of Rifkin & Lippert 2007, for groups).
    """
    inverse = linalg.inv(similarity + alpha * np.eye(len(similarity), dtype=np.float32), assume_a="pos")
    solved, ones = inverse @ targets, inverse.sum(axis=1, keepdims=True)
    for fold in np.unique(folds):
        held = np.flatnonzero(folds == fold)
        mean = np.asarray(targets[folds != fold].mean(axis=0), dtype=np.float32)
        whole = solved - ones * mean
        residual = linalg.solve(inverse[np.ix_(held, held)], whole[held], assume_a="pos")
        coefficients = whole - inverse[:, held] @ residual
        coefficients[held] = 0.0
        yield int(fold), np.asarray(coefficients, dtype=np.float32), mean


def primal(
    rows: Rows, widths: Widths, coefficients: Floats, mean: Floats, columns: tuple[str, ...]
) -> LinearHead:
    """The head whose scores equal the dual's; the constant of `gram` becomes part of the bias."""
    sparse = np.asarray(rows.sparse[:, : widths.sparse].T @ coefficients, dtype=np.float32)
    dense = np.asarray(rows.dense[:, : widths.dense].T @ coefficients, dtype=np.float32)
    return LinearHead(columns, sparse, dense, np.asarray(mean + coefficients.sum(axis=0), dtype=np.float32))


def side_by_side(heads: Sequence[LinearHead]) -> LinearHead:
    """One head with the columns of all; what a head does not read gets weight 0."""
    return LinearHead(
        tuple(name for head in heads for name in head.columns),
        _padded([head.sparse for head in heads]),
        _padded([head.dense for head in heads]),
        np.concatenate([head.bias for head in heads]),
    )


def _padded(blocks: Sequence[Floats]) -> Floats:
    height = max(map(len, blocks))
    return np.hstack([np.pad(block, ((0, height - len(block)), (0, 0))) for block in blocks])
