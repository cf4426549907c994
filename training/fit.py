"""One training run, top to bottom: examples → features → heads → calibrations → Model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from data.domain.conversation import Conversation
from data.domain.taxonomy import Taxonomy
from nlp.classifier import Logits
from nlp.encoder import Encoder
from nlp.features import Batch, Features, Rows, Widths, encode_units, fit_features
from nlp.heads import LinearHead, Scores, Softmax
from nlp.model import CHOICE_PARTS, TAG_PARTS, Model
from nlp.tagging import Scored, choice_inputs, severity_inputs, stage_inputs, tag_inputs
from nlp.units import caller_units
from training import targets
from training.calibrate import fit_shared_softmax, fit_softmax, fit_tag_calibration
from training.dataset import Example, writers
from training.gate import LABELS, with_gate
from training.newcomers import fit_newcomers
from training.solve import dual, gram, out_of_fold, primal, side_by_side, without_each_fold
from training.speakers import fit_speakers

CONVERSATION_ALPHA = 0.5
UNIT_ALPHA = 1.0
_STAGE_STRENGTH = 1.0
_SEVERITY_STRENGTH = 0.3
# An outcome or emotion less likely than this is left out rather than guessed.
_CHOICE_FLOOR = {"caller_role": 0.0, "journey_stage": 0.0, "outcome": 0.25, "emotion": 0.25}


_TEXT_CHOICES = ("journey_stage", "emotion")


@dataclass(frozen=True, slots=True)
class Trained:
    """The model, and what it decided out of fold: `held_out` holds scores by models that never saw the writer."""

    model: Model
    batch: Batch
    held_out: Scored


def fit(
    examples: Sequence[Example],
    redacted: Sequence[Conversation],
    taxonomy: Taxonomy,
    encoder: Encoder,
    logits: Logits,
    classifier: str,
) -> Trained:
    """Train on the examples, whose conversations are given redacted, in the same order.

    `logits` are of the examples by classifiers that had not seen them, `classifier` names the one that saw all;
    what weighs logits learns from the examples that have one.

    Whole conversations must stand before single utterances. Folds are writers, so calibrations and
    thresholds are chosen on the words of people the model did not know.
    """
    labels = targets.part_labels(taxonomy)
    units = caller_units(redacted)
    vectors = encode_units(units, encoder)
    features = fit_features(redacted, units, vectors, list(taxonomy.channels))
    batch = features.batch_of(redacted, units, vectors)
    folds = _folds(examples)

    whole_head, whole_scores = _fit_whole(examples, batch, labels, folds, features)
    unit_head, unit_scores = _fit_units(examples, batch, labels, folds)
    owners = np.array([unit.conversation for unit in units], dtype=np.int64)

    tags, tag_probabilities = {}, {}
    # Offsets and thresholds are learnt where all labels are known and mixed as in life: on conversations.
    judged = np.array([not example.single for example in examples]) & logits.known()
    for part in TAG_PARTS:
        scores = tag_inputs(
            whole_scores[:, whole_head.part(part)], unit_scores[:, unit_head.part(part)], owners,
            logits.tags(part, labels[part]),
        )  # fmt: skip
        truth = _truth(examples, part, labels[part])
        fitted = fit_tag_calibration(labels[part], [s[judged] for s in scores], truth[judged])
        tags[part] = replace(fitted, support=truth.sum(axis=0).astype(float))
        tag_probabilities[part] = tags[part].probabilities(scores)

    choices, choice_probabilities = {}, {}
    for part in CHOICE_PARTS:
        inputs = choice_inputs(whole_scores[:, whole_head.part(part)], logits.choice(part, labels[part]))
        choices[part] = _fit_choice(examples, part, labels[part], inputs, judged)
        choice_probabilities[part] = choices[part].probabilities(inputs)

    held_out = Scored(whole_scores, unit_scores, owners, logits, tag_probabilities, choice_probabilities)
    draft = Model(
        features=features,
        conversation_head=whole_head,
        unit_head=unit_head,
        tags=tags,
        choices=choices,
        pain_gate=_empty(LABELS),
        pain_stage=_empty(labels["journey_stage"]),
        severity=_empty(("1", "2", "3")),
        stage_prior=_stage_prior(examples, labels),
        newcomers=fit_newcomers(examples, batch, taxonomy, encoder),
        speakers=fit_speakers(redacted),
        valence_scale=_valence_scale(examples, batch, unit_scores, unit_head),
        encoder=encoder.fingerprint,
        classifier=classifier,
        taxonomy=taxonomy.version,
    )
    gated = with_gate(draft, examples, held_out, folds)
    return Trained(_with_pain_points(gated, examples, held_out, labels), batch, held_out)


def _folds(examples: Sequence[Example]) -> NDArray[np.int64]:
    """Each writer of conversations is a fold; single utterances are spread over all folds."""
    place = {writer: i for i, writer in enumerate(writers(examples))}
    return np.array([
        i % len(place) if example.single else place[example.writer] for i, example in enumerate(examples)
    ])  # fmt: skip


def _fit_whole(
    examples: Sequence[Example],
    batch: Batch,
    labels: dict[str, tuple[str, ...]],
    folds: NDArray[np.int64],
    features: Features,
) -> tuple[LinearHead, Scores]:
    """Conversation-level heads and their out-of-fold scores."""
    rows, text = batch.conversations, features.widths("text")
    columns = targets.tag_columns(labels) + targets.pain_columns(labels)
    truth = np.hstack([
        targets.tag_targets(examples, targets.tag_columns(labels)),
        targets.pain_targets(examples, targets.pain_columns(labels)),
    ])  # fmt: skip
    similarity = gram(rows, text)
    heads = [primal(rows, text, *dual(similarity, truth, CONVERSATION_ALPHA), columns)]
    scores = [out_of_fold(similarity, truth, folds, CONVERSATION_ALPHA)]
    taught = _Taught(examples, rows, labels, folds)
    for part in CHOICE_PARTS:
        head, held_out = taught.fit(part, features.widths(part), part)
        heads.append(head)
        scores.append(held_out)
    # The same from the text alone for what pain points are judged by.
    for part in _TEXT_CHOICES:
        head, held_out = taught.fit(part, text, f"text_{part}")
        heads.append(head)
        scores.append(held_out)
    return side_by_side(heads), np.hstack(scores)


class _Taught:
    """Heads taught by whole conversations alone, which have all labels."""

    def __init__(
        self,
        examples: Sequence[Example],
        rows: Rows,
        labels: dict[str, tuple[str, ...]],
        folds: NDArray[np.int64],
    ) -> None:
        self._complete = np.flatnonzero([not example.single for example in examples])
        self._examples = [examples[int(i)] for i in self._complete]
        self._all, self._rows = rows, rows.take(self._complete)
        self._labels, self._folds = labels, folds[self._complete]

    def fit(self, part: str, widths: Widths, name: str) -> tuple[LinearHead, Scores]:
        """The head of a part, its columns called `name:label`, and scores of all rows, those it learnt out of fold."""
        columns = targets.choice_columns(self._labels, part)
        truth = targets.tag_targets(self._examples, columns)
        named = tuple(f"{name}:{label}" for label in self._labels[part])
        similarity = gram(self._rows, widths)
        head = primal(self._rows, widths, *dual(similarity, truth, CONVERSATION_ALPHA), named)
        scores = head.scores(self._all)
        scores[self._complete] = out_of_fold(similarity, truth, self._folds, CONVERSATION_ALPHA)
        return head, scores


def _fit_units(
    examples: Sequence[Example], batch: Batch, labels: dict[str, tuple[str, ...]], folds: NDArray[np.int64]
) -> tuple[LinearHead, Scores]:
    """Unit-level heads and their out-of-fold scores."""
    rows = batch.unit_rows
    width = Widths(rows.sparse.shape[1], rows.dense.shape[1])
    columns = targets.tag_columns(labels)
    truth, intents_known = targets.unit_targets(examples, batch.units, columns)
    is_intent = np.array([column.startswith("intents:") for column in columns])
    unit_folds = folds[[unit.conversation for unit in batch.units]]

    known_rows, known_folds = rows.take(np.flatnonzero(intents_known)), unit_folds[intents_known]
    intent_truth = truth[intents_known][:, is_intent]
    similarity = gram(known_rows, width)
    intent_head = primal(
        known_rows, width, *dual(similarity, intent_truth, UNIT_ALPHA),
        tuple(c for c in columns if c.startswith("intents:")),
    )  # fmt: skip
    # Units of dialogues never teach intents, but those of a held-out writer's single voices must not either.
    intent_scores = np.zeros((len(rows), int(is_intent.sum())))
    for fold, coefficients, mean in without_each_fold(similarity, intent_truth, known_folds, UNIT_ALPHA):
        head = primal(known_rows, width, coefficients, mean, intent_head.columns)
        held = np.flatnonzero(unit_folds == fold)
        intent_scores[held] = head.scores(rows.take(held))

    others = tuple(c for c in columns if not c.startswith("intents:"))
    other_truth = np.hstack([truth[:, ~is_intent], targets.valence_targets(examples, batch.units)])
    similarity = gram(rows, width)
    other_scores = out_of_fold(similarity, other_truth, unit_folds, UNIT_ALPHA)
    other_head = primal(rows, width, *dual(similarity, other_truth, UNIT_ALPHA), (*others, "valence:turn"))
    return side_by_side([intent_head, other_head]), np.hstack([intent_scores, other_scores])


def _truth(examples: Sequence[Example], part: str, labels: Sequence[str]) -> NDArray[np.bool_]:
    return np.array([[label in example.gold.labels(part) for label in labels] for example in examples])


def _fit_choice(
    examples: Sequence[Example], part: str, labels: tuple[str, ...], inputs: Scores, judged: NDArray[np.bool_]
) -> Softmax:
    known = np.flatnonzero(judged)
    truth = np.array([labels.index(next(iter(examples[int(i)].gold.labels(part)))) for i in known])
    blocks = np.split(inputs[known], inputs.shape[1] // len(labels), axis=1)
    return fit_shared_softmax(labels, blocks, truth, _CHOICE_FLOOR[part])


def _stage_prior(examples: Sequence[Example], labels: dict[str, tuple[str, ...]]) -> Scores:
    """log P(stage | problem), with one pseudo-count spread by how common the stages are."""
    stages, problems = labels["journey_stage"], labels["problems"]
    counts = np.zeros((len(problems), len(stages)))
    for example in examples:
        for point in example.gold.pain_points:
            counts[problems.index(point.problem), stages.index(point.stage)] += 1
    overall = (counts.sum(axis=0) + 1) / (counts.sum() + len(stages))
    smoothed = counts + overall
    return np.asarray(np.log(smoothed / smoothed.sum(axis=1, keepdims=True)))


def _valence_scale(examples: Sequence[Example], batch: Batch, unit_scores: Scores, head: LinearHead) -> float:
    """Factor that undoes the shrinkage of held-out valence: least squares of truth on score."""
    predicted = unit_scores[:, head.part("valence")[0]]
    truth = targets.valence_targets(examples, batch.units)[:, 0]
    return float((predicted @ truth) / (predicted @ predicted))


def _empty(labels: tuple[str, ...]) -> Softmax:
    return Softmax(labels, np.zeros((0, len(labels))), np.zeros(len(labels)))


def _with_pain_points(
    draft: Model, examples: Sequence[Example], held_out: Scored, labels: dict[str, tuple[str, ...]]
) -> Model:
    """Learn where a problem hurts and how much, from the pain points of the corpus and out-of-fold scores."""
    stage_rows, stages, degree_rows, degrees = [], [], [], []
    read = held_out.logits.known()
    for row, example in enumerate(examples):
        for point in example.gold.pain_points if read[row] else ():
            problem = labels["problems"].index(point.problem)
            stage_rows.append(stage_inputs(draft, held_out, row, problem))
            stages.append(labels["journey_stage"].index(point.stage))
            degree_rows.append(severity_inputs(draft, held_out, row, problem))
            degrees.append(point.severity - 1)
    pain_stage = fit_softmax(labels["journey_stage"], np.array(stage_rows), np.array(stages), _STAGE_STRENGTH)
    severity = fit_softmax(("1", "2", "3"), np.array(degree_rows), np.array(degrees), _SEVERITY_STRENGTH)
    return replace(draft, pain_stage=pain_stage, severity=severity)
