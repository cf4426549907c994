"""What the benchmarks share: the prepared models, calls of a given length, timing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from statistics import median
from typing import TypeVar

from data.domain.conversation import Conversation
from eval.inputs import conversations_of
from nlp.bundle import current, load_bundle
from nlp.classifier import Classifier
from nlp.classifier_folder import open_classifier
from nlp.encoder import Encoder
from nlp.encoder_folder import DEFAULT, folder_of, open_encoder
from nlp.encoder_onnx import FP32_GRAPH, OnnxEncoder
from nlp.model import Model

T = TypeVar("T")
TUNED = Path(__file__).resolve().parents[2] / "training" / "tuned"
SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples" / "conversations.jsonl"


def model_of(var: Path) -> Model:
    """The model in use."""
    return load_bundle(current(var / "bundles"))[1]


def default_encoder(var: Path, threads: int) -> Encoder:
    """The default encoder."""
    return open_encoder(DEFAULT, var / "models", threads)


def classifier_in_use(var: Path, threads: int) -> Classifier | None:
    """The classifier that the model in use weighs, if it weighs one."""
    if not model_of(var).classifier:
        return None
    return open_classifier(var / "models", TUNED, folder_of(var / "models"), threads)


def full_precision(var: Path, fingerprint: str, threads: int) -> Encoder:
    """The fp32 graph of the default encoder, under the name of the other so that a model takes it."""
    return OnnxEncoder(folder_of(var / "models"), FP32_GRAPH, fingerprint, threads)


def calls_of(number: int, turns: int) -> list[Conversation]:
    """Calls of exactly `turns` turns from the sample dialogues laid end to end, as often as they last.

    Every call has words of its own as long as the samples last; nothing is cached between calls.
    """
    dialogues = [c for c in conversations_of(SAMPLES, UTC) if len(c.turns) > 3]
    pool = [turn for c in dialogues for turn in c.turns]
    calls = []
    for i in range(number):
        begin = (i * turns) % (len(pool) - turns)
        calls.append(replace(dialogues[0], id=f"call-{i}", turns=tuple(pool[begin : begin + turns])))
    return calls


def seconds(run: Callable[[], T]) -> tuple[float, T]:
    """How long a call takes, and what it returns."""
    started = time.perf_counter()
    result = run()
    return time.perf_counter() - started, result


def median_of(values: Iterable[float]) -> float:
    """Median."""
    return float(median(values))
