"""Encoder: texts in, unit vectors out. One contract, several implementations."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class TextKind(StrEnum):
    """What a text is to the encoder; models that want a prefix for each add it themselves."""

    QUERY = "query"
    PASSAGE = "passage"


class Encoder(Protocol):
    """Turns texts into unit vectors, one row each, in order.

    `fingerprint` names the weights: vectors of equal fingerprint may be compared and cached together.
    """

    @property
    def fingerprint(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def encode(self, texts: Sequence[str], kind: TextKind = TextKind.QUERY) -> Vectors:
        """Shape (len(texts), dimension), float32, rows of length 1."""
        ...


class HashingEncoder:
    """Character 1- to 3-grams hashed into a fixed space: no weights, no files, for tests and dry runs."""

    def __init__(self, dimension: int = 256) -> None:
        self.dimension = dimension
        self.fingerprint = f"hashing-{dimension}"

    def encode(self, texts: Sequence[str], kind: TextKind = TextKind.QUERY) -> Vectors:
        """See Encoder; equal texts give equal vectors whatever the kind."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            padded = f"\x02{text}\x03"
            for size in (1, 2, 3):
                for start in range(len(padded) - size + 1):
                    digest = hashlib.blake2b(padded[start : start + size].encode(), digest_size=8).digest()
                    bucket = int.from_bytes(digest, "little")
                    vectors[row, bucket % self.dimension] += 1.0 if bucket >> 63 else -1.0
        return unit_rows(vectors)


def unit_rows(vectors: Vectors) -> Vectors:
    """Rows scaled to length 1; a zero row becomes the first basis vector, so that no row is undefined."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Vectors = (vectors / np.maximum(norms, 1e-12)).astype(np.float32)
    scaled[norms[:, 0] < 1e-12, 0] = 1.0
    return scaled
