"""The default encoder's runtime: a BertModel folder exported to one ONNX graph, pooled and normalised inside."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.domain.errors import UnavailableError
from nlp.encoder import TextKind, Vectors, unit_rows

FP32_GRAPH = "model.onnx"
INT8_GRAPH = "model_int8.onnx"
# Padded tokens in one run: larger batches win nothing on two cores and cost memory.
_TOKEN_BUDGET = 4096
_MAX_TOKENS = 512


def export(folder: Path) -> None:
    """Write the fp32 and the int8 graph beside the weights of a Hugging Face folder."""
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from transformers import BertModel

    bert: Any = BertModel.from_pretrained(folder, add_pooling_layer=False, attn_implementation="eager")
    bert.eval()
    ids = torch.randint(5, 1000, (2, 16))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own deprecation and of constant folding
        torch.onnx.export(
            _pooled(bert),
            (ids, torch.ones_like(ids)),
            str(folder / FP32_GRAPH),
            input_names=["input_ids", "attention_mask"],
            output_names=["embedding"],
            dynamic_axes={
                "input_ids": {0: "batch", 1: "tokens"},
                "attention_mask": {0: "batch", 1: "tokens"},
                "embedding": {0: "batch"},
            },
            opset_version=17,
            dynamo=False,
        )
        quantize_dynamic(
            folder / FP32_GRAPH,
            folder / INT8_GRAPH,
            weight_type=QuantType.QInt8,
            per_channel=True,
            # The embedding table stays fp32: quantised too, it costs 2 points of R@1 and wins little speed.
            op_types_to_quantize=["MatMul"],
        )


def _pooled(bert: Any) -> Any:
    """The module that is exported; made late, so that importing this module needs no torch."""
    import torch

    class Pooled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = bert

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            states = self.bert(
                input_ids=input_ids,
                attention_mask=attention_mask,
                token_type_ids=torch.zeros_like(input_ids),
            ).last_hidden_state
            mask = attention_mask.unsqueeze(-1).to(states.dtype)
            mean = (states * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(mean, dim=1)

    return Pooled()


class OnnxEncoder:
    """See Encoder. Texts longer than `max_tokens` tokens are cut; order of the input is kept."""

    def __init__(
        self, folder: Path, graph: str, fingerprint: str, threads: int, max_tokens: int = _MAX_TOKENS
    ):
        import onnxruntime
        from tokenizers import Tokenizer

        path = folder / graph
        if not path.is_file():
            raise UnavailableError(f"{path}: missing; run `voc doctor --prepare`")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(max_tokens)
        self._prefixes = json.loads((folder / "config_sentence_transformers.json").read_text("utf-8"))[
            "prompts"
        ]
        pad: Any = self._tokenizer.token_to_id("<pad>")
        self._pad = int(pad)
        self.fingerprint = fingerprint
        self.dimension = int(self._session.get_outputs()[0].shape[1])

    def encode(self, texts: Sequence[str], kind: TextKind = TextKind.QUERY) -> Vectors:
        """See Encoder."""
        prefix = self._prefixes[kind.value]
        tokens = [e.ids for e in self._tokenizer.encode_batch_fast([prefix + text for text in texts])]
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for rows in _batches([len(ids) for ids in tokens]):
            ids, mask = _padded([tokens[row] for row in rows], self._pad)
            (vectors[rows],) = self._session.run(None, {"input_ids": ids, "attention_mask": mask})
        return unit_rows(vectors)


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Rows grouped by length, longest last, so that little is padded and no batch exceeds the budget."""
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lambda row: lengths[row]):
        if batch and lengths[row] * (len(batch) + 1) > _TOKEN_BUDGET:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _padded(tokens: Sequence[Sequence[int]], pad: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    ids = np.full((len(tokens), max(map(len, tokens))), pad, dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, sequence in enumerate(tokens):
        ids[row, : len(sequence)] = sequence
        mask[row, : len(sequence)] = 1
    return ids, mask
