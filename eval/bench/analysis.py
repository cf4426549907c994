"""Calls a second through the whole analysis, where the time goes, and the peak of memory.

python -m eval.bench.analysis --calls 200 --turns 15 --runs 5
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
from datetime import UTC
from pathlib import Path

from data.domain.analysis import Analysis, Versions
from data.domain.conversation import canonical_json
from data.domain.wire import analysis_to_json, conversation_to_json
from eval.bench.setup import calls_of, classifier_in_use, default_encoder, median_of, model_of, seconds
from eval.inputs import conversations_of
from nlp.classifier import logits_of
from nlp.features import encode_units
from nlp.pipeline import Analyzer
from nlp.redaction.pseudonym import Pseudonymiser
from nlp.tagging import decide, score
from nlp.units import caller_units

_BATCH = 64


def main() -> None:
    """Print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--var", type=Path, default=Path("var"))
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    model, encoder = model_of(given.var), default_encoder(given.var, given.threads)
    classifier = classifier_in_use(given.var, given.threads)
    analyzer = Analyzer(
        model, encoder, classifier, Pseudonymiser(b"benchmark"), Versions("benchmark", 1, "-")
    )
    calls = calls_of(given.calls, given.turns)
    prepared = [analyzer.prepare(c, canonical_json(c)) for c in calls[:8]]
    analyzer.analyze([(p.conversation, p.redactions) for p in prepared])  # first use loads dictionaries

    folder = tempfile.TemporaryDirectory(prefix="voc-bench-")
    source = Path(folder.name) / "calls.jsonl"
    source.write_text(
        "".join(json.dumps(conversation_to_json(c), ensure_ascii=False) + "\n" for c in calls),
        encoding="utf-8",
    )
    stages: dict[str, list[float]] = {}
    whole = []
    for _ in range(given.runs):
        time, calls = seconds(lambda: conversations_of(source, UTC))
        taken: dict[str, float] = {
            "read": time,
            "redact": 0,
            "encode": 0,
            "n-grams": 0,
            "classifier": 0,
            "decide": 0,
            "write": 0,
        }
        for start in range(0, len(calls), _BATCH):
            batch = calls[start : start + _BATCH]
            time, ready = seconds(lambda b=batch: [analyzer.prepare(c, canonical_json(c)) for c in b])  # type: ignore[misc]
            taken["redact"] += time
            conversations = [item.conversation for item in ready]
            units = caller_units(conversations)
            time, vectors = seconds(lambda u=units: encode_units(u, encoder))  # type: ignore[misc]
            taken["encode"] += time
            time, matrices = seconds(
                lambda c=conversations, u=units, v=vectors: model.features.batch_of(c, u, v)  # type: ignore[misc]
            )
            taken["n-grams"] += time
            time, said = seconds(lambda c=conversations: logits_of(classifier, c))  # type: ignore[misc]
            taken["classifier"] += time
            time, _ = seconds(lambda m=matrices, r=said: decide(model, m, score(model, m, r)))  # type: ignore[misc]
            taken["decide"] += time
        pairs = [(p.conversation, p.redactions) for p in (analyzer.prepare(c, "") for c in calls[:_BATCH])]
        analyses: list[Analysis] = analyzer.analyze(pairs)
        time, _ = seconds(lambda a=analyses: [json.dumps(analysis_to_json(x)) for x in a])  # type: ignore[misc]
        taken["write"] = time * len(calls) / len(analyses)
        whole.append(sum(taken.values()))
        for stage, value in taken.items():
            stages.setdefault(stage, []).append(value)
    folder.cleanup()
    total = median_of(whole)
    units_a_call = len(caller_units(calls)) / len(calls)
    print(
        json.dumps(
            {
                "calls": len(calls),
                "turns_a_call": given.turns,
                "caller_units_a_call": round(units_a_call, 1),
                "characters_a_call": round(sum(len(t.text) for c in calls for t in c.turns) / len(calls)),
                "runs": given.runs,
                "threads": given.threads,
                "calls_per_second": round(len(calls) / total, 1),
                "slowest_and_fastest_run": [
                    round(len(calls) / max(whole), 1),
                    round(len(calls) / min(whole), 1),
                ],
                "share_of_time": {stage: round(median_of(v) / total, 3) for stage, v in stages.items()},
                "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
