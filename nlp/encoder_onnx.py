"""The default encoder's runtime: a BertModel folder exported to one ONNX graph, pooled and normalised inside."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nlp.encoder import TextKind, Vectors, unit_rows
from nlp.onnx_graph import TextGraph
from nlp.onnx_graph import export as export_graph

FP32_GRAPH = "model.onnx"
INT8_GRAPH = "model_int8.onnx"
_MAX_TOKENS = 512


def export(folder: Path) -> None:
    """Write the fp32 and the int8 graph beside the weights of a Hugging Face folder."""
    from transformers import BertModel

    bert: Any = BertModel.from_pretrained(folder, add_pooling_layer=False, attn_implementation="eager")
    export_graph(_pooled(bert), folder / FP32_GRAPH, folder / INT8_GRAPH)


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
        self._graph = TextGraph(folder, graph, threads)
        self._tokenizer = self._graph.tokenizer
        self._tokenizer.enable_truncation(max_tokens)
        self._prefixes = json.loads((folder / "config_sentence_transformers.json").read_text("utf-8"))[
            "prompts"
        ]
        self.fingerprint = fingerprint
        self.dimension = self._graph.width

    def encode(self, texts: Sequence[str], kind: TextKind = TextKind.QUERY) -> Vectors:
        """See Encoder."""
        prefix = self._prefixes[kind.value]
        tokens = [e.ids for e in self._tokenizer.encode_batch_fast([prefix + text for text in texts])]
        return unit_rows(self._graph.run(tokens))
