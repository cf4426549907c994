"""Any sentence-transformers model, by hub name or folder, as an Encoder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data.domain.errors import UnavailableError
from nlp.encoder import TextKind, Vectors, unit_rows


class SentenceTransformerEncoder:
    """See Encoder. A model that declares `query` and `passage` prompts gets them; others see the bare text."""

    def __init__(self, name_or_folder: str) -> None:
        from sentence_transformers import SentenceTransformer

        try:
            self._model = SentenceTransformer(name_or_folder, device="cpu")
        except (OSError, ValueError) as error:
            raise UnavailableError(
                f"encoder {name_or_folder!r} cannot be loaded: expected a sentence-transformers folder, "
                "or a hub name on a machine that reaches the hub (set VOC_ENCODER, or unset it for the default)"
            ) from error
        self.dimension = int(self._model.encode(["测"], show_progress_bar=False).shape[1])
        self.fingerprint = f"sentence-transformers:{name_or_folder}"

    def encode(self, texts: Sequence[str], kind: TextKind = TextKind.QUERY) -> Vectors:
        """See Encoder."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        prompt = self._model.prompts.get(kind.value, "")
        return unit_rows(self._model.encode(list(texts), prompt=prompt or None, show_progress_bar=False))
