"""Utterances a second: the default encoder (ONNX Runtime, int8) against sentence-transformers in fp32, in one run.

python -m eval.bench.encoder --utterances 600 --runs 5
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from eval.bench.setup import calls_of, default_encoder, full_precision, median_of, seconds
from nlp.encoder_folder import folder_of
from nlp.encoder_sentence_transformers import SentenceTransformerEncoder
from nlp.units import caller_units


def main() -> None:
    """Print one JSON document. The encoders take turns, so that what else the machine does hits all alike."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--var", type=Path, default=Path("var"))
    parser.add_argument("--utterances", type=int, default=600)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    encoders = {
        "onnx_int8": default_encoder(given.var, given.threads),
        "onnx_fp32": full_precision(given.var, "fp32", given.threads),
        "sentence_transformers_fp32": SentenceTransformerEncoder(str(folder_of(given.var / "models"))),
    }
    texts = [unit.text for unit in caller_units(calls_of(given.utterances // 7 + 1, 15))][: given.utterances]
    rates: dict[str, list[float]] = {name: [] for name in encoders}
    for encoder in encoders.values():
        encoder.encode(texts[:32])
    for _ in range(given.runs):
        for name, encoder in encoders.items():
            time, _ = seconds(lambda e=encoder: e.encode(texts))  # type: ignore[misc]
            rates[name].append(len(texts) / time)
    medians = {name: median_of(values) for name, values in rates.items()}
    base = "sentence_transformers_fp32"
    print(
        json.dumps(
            {
                "utterances": len(texts),
                "characters_an_utterance": round(sum(map(len, texts)) / len(texts), 1),
                "runs": given.runs,
                "threads": given.threads,
                "utterances_per_second": {name: round(value) for name, value in medians.items()},
                "ratio_to_sentence_transformers": {
                    name: round(median_of(a / b for a, b in zip(values, rates[base], strict=True)), 2)
                    for name, values in rates.items()
                },
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
