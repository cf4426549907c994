"""New and young labels among the tags: what their prototypes say, blended with the heads as examples arrive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from data.domain.analysis import PainPoint, Span, Tag
from data.domain.taxonomy import Taxonomy
from nlp.encoder import Encoder, unit_rows
from nlp.features import Batch
from nlp.heads import Scores
from nlp.model import Model
from nlp.newcomers import Newcomers, newcomers_of, tag_labels
from nlp.tagging import Scored, Tags, evidence

# Nothing is known of how much a new problem hurts: the commonest degree.
_SEVERITY = 2


def newcomers_by_part(model: Model, taxonomy: Taxonomy, encoder: Encoder) -> Mapping[str, Newcomers]:
    """The new and young labels of the label set in use; parts without any are left out."""
    found = {}
    for part, labels in tag_labels(taxonomy).items():
        support = dict(zip(model.tags[part].labels, model.tags[part].support.tolist(), strict=True))
        own = newcomers_of(list(labels.values()), support, model.newcomers, model.features.center, encoder)
        if own.labels:
            found[part] = own
    return found


def with_newcomers(
    model: Model, newcomers: Mapping[str, Newcomers], batch: Batch, scored: Scored, tags: Sequence[Tags]
) -> list[Tags]:
    """The tags, with what is said of newcomers in place of what the heads alone said of them.

    A new problem hurts at the stage of the conversation, with the commonest severity.
    """
    result = list(tags)
    if not newcomers:
        return result
    vectors = unit_rows(batch.unit_rows.dense)
    for part, own in newcomers.items():
        probabilities = _probabilities(model, part, own, batch, scored)
        threshold = (
            own.head_weight * model.tags[part].threshold + (1 - own.head_weight) * model.newcomers.threshold
        )
        similar = own.similarities(vectors)
        for row, before in enumerate(result):
            units = np.flatnonzero(scored.owners == row)
            found = [
                (own.labels[i], float(probabilities[row, i]), evidence([batch.units[u] for u in units], similar[units, i]))
                for i in np.flatnonzero(probabilities[row] >= threshold)
            ]  # fmt: skip
            result[row] = _replaced(model, part, own.labels, found, scored, row, before)
    return result


def _probabilities(model: Model, part: str, own: Newcomers, batch: Batch, scored: Scored) -> Scores:
    """Shape (conversations, newcomers): prototype and head, the head counting more the more examples it had."""
    height = len(scored.whole)
    inputs = model.newcomers.inputs(
        unit_rows(batch.unit_rows.dense), own.prototypes, own.trust, scored.owners, height
    )
    known = {label: column for column, label in enumerate(model.tags[part].labels)}
    heads = np.zeros((height, len(own.labels)))
    for i, label in enumerate(own.labels):
        if label in known:
            heads[:, i] = scored.tags[part][:, known[label]]
    return np.asarray(own.head_weight * heads + (1 - own.head_weight) * model.newcomers.probabilities(inputs))


def _replaced(
    model: Model,
    part: str,
    labels: Sequence[str],
    found: Sequence[tuple[str, float, tuple[Span, ...]]],
    scored: Scored,
    row: int,
    before: Tags,
) -> Tags:
    if part == "problems":
        stage = model.choices["journey_stage"].labels[int(scored.choices["journey_stage"][row].argmax())]
        kept = [point for point in before.pain_points if point.problem not in labels]
        points = [PainPoint(stage, label, _SEVERITY, score, spans) for label, score, spans in found]
        return replace(before, pain_points=tuple(sorted(kept + points, key=lambda p: -p.score)))
    old: tuple[Tag, ...] = getattr(before, part)
    tags = [tag for tag in old if tag.label not in labels] + [Tag(*item) for item in found]
    ordered = tuple(sorted(tags, key=lambda tag: -tag.score))
    return replace(before, intents=ordered) if part == "intents" else replace(before, delights=ordered)
