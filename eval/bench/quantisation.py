"""What int8 costs in quality: tagging and retrieval with the int8 and with the fp32 graph.

    python -m eval.bench.quantisation --input calls.jsonl --gold calls.gold.jsonl [--entries kb.jsonl --queries q.jsonl]

Entries are lines of `id` and `question`, queries lines of `query` and `gold` (an entry's id).
"""

from __future__ import annotations

import argparse
import json
from datetime import UTC
from pathlib import Path
from typing import Any

import numpy as np

from data.domain.analysis import Versions
from data.domain.conversation import canonical_json
from eval.bench.setup import classifier_in_use, default_encoder, full_precision, model_of
from eval.conversations import CHOICE_PARTS, TAG_PARTS, emitted
from eval.inputs import Judged, with_gold
from eval.labels import json_lines
from eval.metrics import confusion, micro_f1
from nlp.classifier import Classifier
from nlp.encoder import Encoder, TextKind
from nlp.model import Model
from nlp.pipeline import Analyzer
from nlp.redaction.pseudonym import Pseudonymiser


def main() -> None:
    """Print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--var", type=Path, default=Path("var"))
    parser.add_argument("--input", type=Path, required=True)
    parser.add_argument("--gold", type=Path, required=True)
    parser.add_argument("--entries", type=Path)
    parser.add_argument("--queries", type=Path)
    given = parser.parse_args()
    model, int8 = model_of(given.var), default_encoder(given.var, 2)
    encoders = {"int8": int8, "fp32": full_precision(given.var, int8.fingerprint, 2)}
    classifier = classifier_in_use(given.var, 2)
    judged = with_gold(given.input, given.gold, UTC)
    found: dict[str, Any] = {
        "tagging": {n: tagging(model, e, classifier, judged) for n, e in encoders.items()}
    }
    if given.entries and given.queries:
        found["retrieval"] = {n: retrieval(e, given.entries, given.queries) for n, e in encoders.items()}
    print(json.dumps(found, indent=1))


def tagging(
    model: Model, encoder: Encoder, classifier: Classifier | None, judged: list[Judged]
) -> dict[str, float]:
    """Micro F1 of the tag parts and accuracy of the choice parts."""
    analyzer = Analyzer(
        model, encoder, classifier, Pseudonymiser(b"benchmark"), Versions("benchmark", 1, "-")
    )
    prepared = [analyzer.prepare(j.conversation, canonical_json(j.conversation)) for j in judged]
    analyses = analyzer.analyze([(p.conversation, p.redactions) for p in prepared])
    figures = {}
    for part in TAG_PARTS + CHOICE_PARTS:
        counts = confusion([emitted(a, part) for a in analyses], [j.gold.labels(part) for j in judged])
        figures[part] = round(micro_f1(counts), 4)
    return figures


def retrieval(encoder: Encoder, entries: Path, queries: Path) -> dict[str, float]:
    """Recall at 1 and 5 and mean reciprocal rank of the entry that a query paraphrases."""
    known = [(value["id"], value["question"]) for _, value in json_lines(entries)]
    asked = [(value["query"], value["gold"]) for _, value in json_lines(queries)]
    base = encoder.encode([question for _, question in known], TextKind.QUERY)
    place = {identity: i for i, (identity, _) in enumerate(known)}
    scores = encoder.encode([query for query, _ in asked], TextKind.QUERY) @ base.T
    ranks = np.array([
        int((row > row[place[gold]]).sum()) + 1 for row, (_, gold) in zip(scores, asked, strict=True)
    ])  # fmt: skip
    return {
        "r_at_1": round(float((ranks <= 1).mean()), 4),
        "r_at_5": round(float((ranks <= 5).mean()), 4),
        "mrr": round(float((1 / ranks).mean()), 4),
        "queries": len(asked),
    }


if __name__ == "__main__":
    main()
