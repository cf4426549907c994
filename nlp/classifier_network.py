"""The network behind the classifier, in torch: for tuning it and for writing its graph; never needed to run it.

The encoder reads the whole conversation as one text. Every label then looks for its own words in it: its
query weighs the tokens (attention, Bahdanau et al. 2015; one query a label as in Mullenbach et al. 2018),
and what it found, the mean and the maximum of all tokens decide its score.
"""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import Tensor, nn

_SHARPNESS = 2.0
_NAME_WEIGHT = 0.2
_PRIOR = -2.0  # most labels are absent


class LabelHeads(nn.Module):
    """Token states (batch, tokens, size) → one logit a label."""

    def __init__(self, names: Tensor) -> None:
        """`names` (labels, size) are centred unit vectors of the label names: queries start from them."""
        super().__init__()
        labels, size = names.shape
        self.query = nn.Parameter(names.clone())
        self.found = nn.Parameter(names.clone() * _NAME_WEIGHT)
        self.mean = nn.Parameter(torch.zeros(labels, size))
        self.top = nn.Parameter(torch.zeros(labels, size))
        self.bias = nn.Parameter(torch.full((labels,), _PRIOR))
        self.key = nn.Linear(size, size)
        self.value = nn.Linear(size, size)
        for layer in (self.key, self.value):
            nn.init.eye_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Shape (batch, labels); `mask` (batch, tokens) is 1 for real tokens."""
        real = mask.unsqueeze(-1).to(states.dtype)
        weights = torch.matmul(self.key(states), self.query.T) * _SHARPNESS + (real - 1) * 1e4
        weights = torch.softmax(weights, dim=1)  # (batch, tokens, labels)
        found = torch.matmul(weights.transpose(1, 2), self.value(states))  # (batch, labels, size)
        mean = (states * real).sum(1) / real.sum(1).clamp(min=1e-9)
        top = (states + (real - 1) * 1e4).max(1).values
        return (found * self.found).sum(-1) + mean @ self.mean.T + top @ self.top.T + self.bias


class ClassifierNetwork(nn.Module):
    """Encoder and heads: (ids, mask) → logits."""

    def __init__(self, bert: Any, heads: LabelHeads) -> None:
        super().__init__()
        self.bert, self.heads = bert, heads

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Shape (batch, labels)."""
        states = self.bert(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=torch.zeros_like(input_ids)
        ).last_hidden_state
        logits: Tensor = self.heads(states, attention_mask)
        return logits


def open_bert(folder: Any, attention: str) -> Any:
    """The encoder of a Hugging Face folder without dropout: on few texts and CPUs it only costs time."""
    from transformers import BertModel
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    loaded: Any = BertModel
    return loaded.from_pretrained(
        folder,
        add_pooling_layer=False,
        attn_implementation=attention,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )


def with_new_adapter(bert: Any, config: Any) -> Any:
    """The encoder with an untrained adapter."""
    from peft import get_peft_model

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # between peft and transformers
        return get_peft_model(bert, config)


def with_adapter(bert: Any, folder: Any) -> Any:
    """The encoder with the adapter of a folder merged into its weights."""
    from peft import PeftModel

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # between peft and transformers
        return PeftModel.from_pretrained(bert, folder).merge_and_unload()
