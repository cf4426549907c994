"""The training job: corpus → redaction → fit → bundle → the one in use."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from data.domain.conversation import Conversation
from data.domain.errors import InvalidInputError
from data.domain.taxonomy import Taxonomy
from nlp.bundle import point_to, save_bundle
from nlp.classifier import Classifier, no_logits
from nlp.encoder import Encoder
from nlp.redaction.conversation import redact_conversation
from nlp.redaction.pseudonym import Pseudonymiser
from training.agreement import agreeing
from training.compare import compare_voices
from training.dataset import CORPUS, Example, corpus_hash, read_corpus
from training.fit import fit
from training.report import held_out_scores
from training.tuned import TUNED, held_out_logits

_LIBRARIES = ("numpy", "scipy", "scikit-learn", "onnxruntime", "transformers", "torch")


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """The id of the new bundle, its scores on held-out writers, and those of each voice alone."""

    bundle: str
    scores: dict[str, float]
    voices: dict[str, dict[str, float]]


def read_masked(
    taxonomy: Taxonomy, say: Callable[[str], None], corpus: Path = CORPUS
) -> tuple[list[Example], list[Conversation]]:
    """The examples with labels of the taxonomy, and their conversations without personal data."""
    examples, left_out = agreeing(read_corpus(corpus), taxonomy)
    for label, number in sorted(left_out.items()):
        say(f"{label} is not in the taxonomy: left out {number} times")
    say(f"{len(examples)} labelled texts; masking personal data")
    # A fixed key: pseudonyms never reach the features, but the run must be the same everywhere.
    pseudonymiser = Pseudonymiser(b"training")
    return examples, [redact_conversation(e.conversation, pseudonymiser).conversation for e in examples]


def train(
    taxonomy: Taxonomy,
    encoder: Encoder,
    classifier: Classifier | None,
    bundles: Path,
    code: str,
    say: Callable[[str], None],
    corpus: Path = CORPUS,
    tuned: Path = TUNED,
) -> TrainingResult:
    """Train on the corpus, save a bundle and make it the one in use. Deterministic: no step draws at random."""
    examples, redacted = read_masked(taxonomy, say, corpus)
    say("encoding and fitting")
    logits = no_logits(len(examples))
    if classifier is not None:
        logits = held_out_logits(tuned, classifier.columns, examples)
        if not logits.columns:
            raise InvalidInputError(
                f"{corpus}: most of it is unknown to the classifier; run `voc tune`, or set VOC_CLASSIFIER=none"
            )
        if unread := int((~logits.known()).sum()):
            say(
                f"{unread} texts are new to the classifier: they teach the heads only; `voc tune` takes them in"
            )
    trained = fit(examples, redacted, taxonomy, encoder, logits, classifier.fingerprint if classifier else "")
    scores = held_out_scores(trained, examples)
    voices = compare_voices(trained.model, trained.held_out, examples)
    facts = {
        "labels_sha256": corpus_hash(corpus),
        "examples": len(examples),
        "encoder": encoder.fingerprint,
        "classifier": classifier.fingerprint if classifier else None,
        "taxonomy": taxonomy.version,
        "code": code,
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "held_out_writers": scores,
        "voices": voices,
    }
    identity = save_bundle(trained.model, facts, bundles)
    point_to(bundles, identity)
    say(f"bundle {identity} is now in use")
    return TrainingResult(identity, scores, voices)
