"""Scores of a batch → labels with evidence. Every decision of an analysis is taken here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.domain.analysis import MAX_EVIDENCE, Choice, Emotion, PainPoint, Span, Tag
from nlp.classifier import Logits
from nlp.features import Batch
from nlp.heads import Scores, Softmax, pooled_unit_scores
from nlp.model import CHOICE_PARTS, TAG_PARTS, Model
from nlp.units import Unit

# A further span is evidence too when its score reaches this share of the best one's.
_EVIDENCE_SHARE = 0.6
_QUARTERS = 4
_TINY = 1e-4
# A label less likely than this is no decision.
_POSSIBLE = 0.05
# Brings logits of the classifier to about the range of the heads' scores.
_LOGIT_SCALE = 0.1


@dataclass(frozen=True, slots=True)
class Tags:
    """What the models decided of one conversation."""

    choices: dict[str, Choice | None]
    intents: tuple[Tag, ...]
    pain_points: tuple[PainPoint, ...]
    delights: tuple[Tag, ...]
    by_quarter: tuple[float, ...]
    confidence: float

    def emotion(self) -> Emotion:
        """The emotion part: label at the end and its course."""
        choice = self.choices["emotion"]
        return Emotion(choice.label if choice else None, choice.score if choice else None, self.by_quarter)


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores and probabilities of a batch; rows are conversations, but `units` rows are units."""

    whole: Scores
    units: Scores
    owners: NDArray[np.int64]
    logits: Logits
    tags: dict[str, Scores]
    choices: dict[str, Scores]


def score(model: Model, batch: Batch, logits: Logits) -> Scored:
    """Run the heads once over the batch, weigh them with the logits, and calibrate."""
    whole = model.conversation_head.scores(batch.conversations)
    unit_scores = model.unit_head.scores(batch.unit_rows)
    owners = np.array([unit.conversation for unit in batch.units], dtype=np.int64)
    tags = {}
    for part in TAG_PARTS:
        own = unit_scores[:, model.unit_head.part(part)]
        scores = tag_inputs(
            whole[:, model.conversation_head.part(part)],
            own,
            owners,
            logits.tags(part, model.tags[part].labels),
        )
        tags[part] = model.tags[part].probabilities(scores)
    choices = {
        part: model.choices[part].probabilities(
            choice_inputs(
                whole[:, model.conversation_head.part(part)],
                logits.choice(part, model.choices[part].labels),
            )
        )
        for part in CHOICE_PARTS
    }
    return Scored(whole, unit_scores, owners, logits, tags, choices)


def tag_inputs(whole: Scores, units: Scores, owners: NDArray[np.int64], tuned: Scores | None) -> list[Scores]:
    """What the probability of a tag is calibrated from, each (conversations, labels)."""
    best, top = pooled_unit_scores(units, owners, len(whole))
    return [whole, best, top] if tuned is None else [whole, best, top, tuned * _LOGIT_SCALE]


def choice_inputs(whole: Scores, tuned: Scores | None) -> Scores:
    """What a choice is calibrated from: the heads' scores, beside them the classifier's log probabilities."""
    return whole if tuned is None else np.hstack([whole, tuned * _LOGIT_SCALE])


def decide(model: Model, batch: Batch, scored: Scored) -> list[Tags]:
    """Labels of every conversation of the batch, in order."""
    return [_decide_one(model, batch, scored, row) for row in range(len(scored.whole))]


def _decide_one(model: Model, batch: Batch, scored: Scored, row: int) -> Tags:
    own = np.flatnonzero(scored.owners == row)
    units = [batch.units[i] for i in own]
    unit_scores = scored.units[own]
    return Tags(
        choices={part: _choice(model.choices[part], scored.choices[part][row]) for part in CHOICE_PARTS},
        intents=_tags(model, "intents", scored, row, units, unit_scores),
        pain_points=_pain_points(model, scored, row, units, unit_scores),
        delights=_tags(model, "delights", scored, row, units, unit_scores),
        by_quarter=quarters(units, unit_scores[:, model.unit_head.part("valence")[0]] * model.valence_scale),
        confidence=confidence(model, scored, row),
    )


def confidence(model: Model, scored: Scored, row: int) -> float:
    """Expected share of the decisions that are right: of each choice, and of each tag that was at all possible."""
    right = [float(scored.choices[part][row].max()) for part in CHOICE_PARTS]
    for part in TAG_PARTS:
        probabilities = scored.tags[part][row]
        emitted = model.tags[part].emitted(probabilities[None])[0]
        possible = emitted | (probabilities >= _POSSIBLE)
        right += list(np.where(emitted, probabilities, 1 - probabilities)[possible])
    return float(np.mean(right))


def _choice(softmax: Softmax, probabilities: Scores) -> Choice | None:
    best = int(probabilities.argmax())
    if probabilities[best] < softmax.threshold:
        return None
    return Choice(softmax.labels[best], float(probabilities[best]))


def _emitted(model: Model, part: str, scored: Scored, row: int) -> list[int]:
    """Columns of the labels likely enough, most likely first."""
    probabilities = scored.tags[part][row]
    order = np.argsort(-probabilities, kind="stable")
    emitted = model.tags[part].emitted(probabilities[None])[0]
    return [int(i) for i in order if emitted[i]]


def _tags(
    model: Model, part: str, scored: Scored, row: int, units: Sequence[Unit], unit_scores: Scores
) -> tuple[Tag, ...]:
    columns = model.unit_head.part(part)
    return tuple(
        Tag(
            model.tags[part].labels[label],
            float(scored.tags[part][row, label]),
            evidence(units, unit_scores[:, columns[label]]),
        )
        for label in _emitted(model, part, scored, row)
    )


def _pain_points(
    model: Model, scored: Scored, row: int, units: Sequence[Unit], unit_scores: Scores
) -> tuple[PainPoint, ...]:
    if gate(model, scored)[row] < model.pain_gate.threshold:
        return ()
    columns = model.unit_head.part("problems")
    points = []
    for problem in _emitted(model, "problems", scored, row):
        probability = float(scored.tags["problems"][row, problem])
        stages = model.pain_stage.probabilities(stage_inputs(model, scored, row, problem)[None])[0]
        degrees = model.severity.probabilities(severity_inputs(model, scored, row, problem)[None])[0]
        stage = int(stages.argmax())
        points.append(
            PainPoint(
                model.pain_stage.labels[stage],
                model.tags["problems"].labels[problem],
                int(model.severity.labels[int(degrees.argmax())]),
                probability * float(stages[stage]),
                evidence(units, unit_scores[:, columns[problem]]),
            )
        )
    return tuple(sorted(points, key=lambda point: -point.score))


def gate(model: Model, scored: Scored) -> Scores:
    """P(the conversation has any pain point), one number a conversation."""
    return model.pain_gate.probabilities(gate_inputs(model, scored))[:, 1]


def gate_inputs(model: Model, scored: Scored) -> Scores:
    """What decides whether anything hurts: the surest problems, the emotion by the text, severity and stage heads."""
    head = model.conversation_head
    probabilities = np.clip(scored.tags["problems"], _TINY, 1 - _TINY)
    surest = -np.sort(-np.log(probabilities / (1 - probabilities)), axis=1)[:, :3]
    inputs = [
        surest,
        probabilities.sum(axis=1, keepdims=True),
        scored.whole[:, head.part("text_emotion")],
        scored.whole[:, head.part("severity")],
        scored.whole[:, head.part("pain_stage")].max(axis=1, keepdims=True),
    ]
    tuned = scored.logits.tags("problems", model.tags["problems"].labels)
    emotion = scored.logits.choice("emotion", model.choices["emotion"].labels)
    if tuned is not None and emotion is not None:
        inputs += [-np.sort(-tuned, axis=1)[:, :3] * _LOGIT_SCALE, emotion * _LOGIT_SCALE]
    return np.hstack(inputs)


def stage_inputs(model: Model, scored: Scored, row: int, problem: int) -> Scores:
    """What decides the stage of a pain point: its own stage heads, the call's stage by its text, the problem's usual stages."""
    head = model.conversation_head
    inputs = [
        scored.whole[row, head.part("pain_stage")],
        scored.whole[row, head.part("text_journey_stage")],
        model.stage_prior[problem],
    ]
    tuned = scored.logits.take(row).tags("pain_stage", model.pain_stage.labels)
    if tuned is not None:
        inputs.append(tuned[0] * _LOGIT_SCALE)
    return np.concatenate(inputs)


def severity_inputs(model: Model, scored: Scored, row: int, problem: int) -> Scores:
    """What decides the severity: its own heads, the caller's emotion, the problem."""
    head = model.conversation_head
    which = np.zeros(len(model.tags["problems"].labels))
    which[problem] = 1.0
    inputs = [scored.whole[row, head.part("severity")], scored.whole[row, head.part("text_emotion")], which]
    tuned = scored.logits.take(row).tags("severity", ("2", "3"))
    if tuned is not None:
        inputs.append(tuned[0] * _LOGIT_SCALE)
    return np.concatenate(inputs)


def evidence(units: Sequence[Unit], scores: Scores) -> tuple[Span, ...]:
    """The units that show a label, best first; the best one always."""
    if not units:
        return ()
    order = np.argsort(-scores, kind="stable")[:MAX_EVIDENCE]
    floor = scores[order[0]] * _EVIDENCE_SHARE
    kept = [units[i] for rank, i in enumerate(order) if rank == 0 or (scores[i] >= floor and scores[i] > 0)]
    return tuple(Span(unit.turn, unit.begin, unit.end, unit.text) for unit in kept)


def quarters(units: Sequence[Unit], valence: Scores) -> tuple[float, ...]:
    """Mean valence of the caller's words in four quarters of the conversation, each in -1 … 1.

    Quarters are cut by the number of the caller's characters, so that a letter has them as well as a call;
    a quarter in which no unit has its middle keeps the value before it.
    """
    lengths = np.array([len(unit.text) for unit in units], dtype=float)
    total = lengths.sum()
    if total == 0:
        return (0.0,) * _QUARTERS
    middles = (np.cumsum(lengths) - lengths / 2) / total
    result: list[float] = []
    for quarter in range(_QUARTERS):
        inside = (middles >= quarter / _QUARTERS) & (middles < (quarter + 1) / _QUARTERS)
        if inside.any():
            result.append(float(np.clip(np.average(valence[inside], weights=lengths[inside]), -1, 1)))
        else:
            result.append(result[-1] if result else float(np.clip(valence[0], -1, 1)))
    return tuple(result)
