"""What every Encoder must do; each implementation's test class inherits it."""

from __future__ import annotations

import numpy as np
import pytest

from nlp.encoder import Encoder, TextKind

TEXTS = ["我要退保", "养老金什么时候到账", "", "😡", "x" * 5000]


class EncoderContract:
    @pytest.fixture
    def encoder(self) -> Encoder:
        raise NotImplementedError

    def test_one_unit_row_a_text(self, encoder: Encoder) -> None:
        vectors = encoder.encode(TEXTS)
        assert vectors.shape == (len(TEXTS), encoder.dimension)
        assert vectors.dtype == np.float32
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-4)

    def test_nothing_in_nothing_out(self, encoder: Encoder) -> None:
        assert encoder.encode([]).shape == (0, encoder.dimension)

    def test_order_and_company_do_not_matter(self, encoder: Encoder) -> None:
        together = encoder.encode(TEXTS[:2])
        swapped = encoder.encode(TEXTS[1::-1])
        alone = np.vstack([encoder.encode([text]) for text in TEXTS[:2]])
        assert together == pytest.approx(swapped[::-1], abs=0.05)
        assert together == pytest.approx(alone, abs=0.05)

    def test_the_same_text_gives_the_same_vector(self, encoder: Encoder) -> None:
        assert (encoder.encode(TEXTS[:2]) == encoder.encode(TEXTS[:2])).all()

    def test_both_kinds_of_text_are_understood(self, encoder: Encoder) -> None:
        for kind in TextKind:
            assert encoder.encode(["退保"], kind).shape == (1, encoder.dimension)

    def test_the_fingerprint_names_the_weights(self, encoder: Encoder) -> None:
        assert len(encoder.fingerprint) > 5
