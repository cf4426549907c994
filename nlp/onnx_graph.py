"""ONNX Runtime's one home: graphs that read token sequences are written, quantised and run here."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.domain.errors import UnavailableError

TOKENIZER = "tokenizer.json"

# Padded tokens in one run: larger batches win nothing on two cores and cost memory.
TOKEN_BUDGET = 4096


def batches(lengths: Sequence[int], budget: int = TOKEN_BUDGET) -> Iterator[list[int]]:
    """Rows grouped by length, longest last; no batch exceeds the budget unless one row alone does."""
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lambda row: lengths[row]):
        if batch and lengths[row] * (len(batch) + 1) > budget:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def padded(tokens: Sequence[Sequence[int]], pad: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ids and mask, both (rows, longest)."""
    ids = np.full((len(tokens), max(map(len, tokens))), pad, dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, sequence in enumerate(tokens):
        ids[row, : len(sequence)] = sequence
        mask[row, : len(sequence)] = 1
    return ids, mask


class TextGraph:
    """A graph with its tokenizer: token sequences in, one row each out, in batches of similar length."""

    def __init__(self, folder: Path, graph: str, threads: int) -> None:
        """Raises UnavailableError when the graph was not prepared."""
        import onnxruntime
        from tokenizers import Tokenizer

        path = folder / graph
        if not path.is_file():
            raise UnavailableError(f"{path}: missing; run `voc doctor --prepare`")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.tokenizer: Any = Tokenizer.from_file(str(folder / TOKENIZER))
        padding: Any = self.tokenizer.token_to_id("<pad>")
        self._pad = int(padding)
        self.width = int(self._session.get_outputs()[0].shape[1])

    def run(self, tokens: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Shape (sequences, width), in the order given."""
        result = np.empty((len(tokens), self.width), dtype=np.float32)
        for rows in batches([len(ids) for ids in tokens]):
            ids, mask = padded([tokens[row] for row in rows], self._pad)
            (result[rows],) = self._session.run(None, {"input_ids": ids, "attention_mask": mask})
        return result


def export(network: Any, fp32: Path, int8: Path) -> None:
    """Write the fp32 and the int8 graph of a torch module (ids, mask) → (batch, width)."""
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    ids = torch.randint(5, 12, (2, 16))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own deprecation and of constant folding
        torch.onnx.export(
            network.eval(),
            (ids, torch.ones_like(ids)),
            str(fp32),
            input_names=["input_ids", "attention_mask"],
            output_names=["rows"],
            dynamic_axes={
                "input_ids": {0: "batch", 1: "tokens"},
                "attention_mask": {0: "batch", 1: "tokens"},
                "rows": {0: "batch"},
            },
            opset_version=17,
            dynamo=False,
        )
        quantize_dynamic(
            fp32,
            int8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            # The embedding table stays fp32: quantised too, it costs 2 points of R@1 and wins little speed.
            op_types_to_quantize=["MatMul"],
        )
