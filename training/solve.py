"""Regularised least squares in the dual: exact, and fast when features outnumber examples by far.

Rifkin & Klautau (2004), In Defense of One-Vs-All Classification: with a fair regulariser, one
least-squares head a label is as good as support vector machines. scikit-learn's KernelRidge solves it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.kernel_ridge import KernelRidge

from nlp.features import Floats, Rows
from nlp.heads import LinearHead

Targets = NDArray[np.float32]


def gram(rows: Rows, dense_columns: int) -> Floats:
    """Similarity of every two rows over the sparse block, the first dense columns, and a constant."""
    dense = rows.dense[:, :dense_columns]
    return np.asarray((rows.sparse @ rows.sparse.T).toarray() + dense @ dense.T + 1.0, dtype=np.float32)


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
    for fold in np.unique(folds):
        known, held = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        coefficients, mean = dual(similarity[np.ix_(known, known)], targets[known], alpha)
        scores[held] = similarity[np.ix_(held, known)] @ coefficients + mean
    return scores


def primal(
    rows: Rows, dense_columns: int, coefficients: Floats, mean: Floats, columns: tuple[str, ...]
) -> LinearHead:
    """The head whose scores equal the dual's; the constant of `gram` becomes part of the bias."""
    sparse = np.asarray(rows.sparse.T @ coefficients, dtype=np.float32)
    dense = np.asarray(rows.dense[:, :dense_columns].T @ coefficients, dtype=np.float32)
    return LinearHead(columns, sparse, dense, np.asarray(mean + coefficients.sum(axis=0), dtype=np.float32))


def side_by_side(heads: list[LinearHead]) -> LinearHead:
    """One head with the columns of all; a head without the last dense columns gives them weight 0."""
    height = max(len(head.dense) for head in heads)
    dense = [np.pad(head.dense, ((0, height - len(head.dense)), (0, 0))) for head in heads]
    return LinearHead(
        tuple(name for head in heads for name in head.columns),
        np.hstack([head.sparse for head in heads]),
        np.hstack(dense),
        np.concatenate([head.bias for head in heads]),
    )
