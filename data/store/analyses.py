"""Analyses: append-only; the latest of the current version counts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from data.domain.analysis import Analysis
from data.domain.errors import NotFoundError
from data.domain.wire import analysis_from_json, analysis_to_json
from data.store.audit import Write
from data.store.rollups import tracked
from data.store.tables import AnalysisRow, ConversationRow, LabelRow


class AnalysisRepository:
    """All queries on analyses. Never commits."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, analysed: Sequence[tuple[int, Analysis]], write: Write) -> None:
        """Append analyses of (version id, analysis); each becomes the one that counts."""
        ids = [analysis.conversation_id for _, analysis in analysed]
        with tracked(self._session, ids):
            rows = [_row(version, analysis, write) for version, analysis in analysed]
            self._session.add_all(rows)
            self._session.flush()
            self._session.add_all(
                LabelRow(analysis_id=row.id, kind=kind, key=key, severity=severity, score=score)
                for row, (_, analysis) in zip(rows, analysed, strict=True)
                for (kind, key), (severity, score) in ranked_labels(analysis).items()
            )
            if rows:
                self._session.execute(
                    update(ConversationRow),
                    [{"id": row.conversation_id, "analysis_id": row.id} for row in rows],
                )

    def latest(self, conversation_id: str) -> Analysis:
        """The analysis that counts. Raises NotFoundError."""
        row = self._session.scalar(
            select(AnalysisRow)
            .join(ConversationRow, ConversationRow.analysis_id == AnalysisRow.id)
            .where(ConversationRow.id == conversation_id)
        )
        if row is None:
            raise NotFoundError("no analysis of a conversation with this id")
        return analysis_from_json(row.body)

    def count(self, conversation_id: str) -> int:
        """How many analyses the conversation has had."""
        query = select(AnalysisRow.id).where(AnalysisRow.conversation_id == conversation_id)
        return len(list(self._session.scalars(query)))


def ranked_labels(analysis: Analysis) -> dict[tuple[str, str], tuple[int, float]]:
    """(kind, key) → (worst severity, best score); a conversation counts once a kind and key."""
    labels: dict[tuple[str, str], tuple[int, float]] = {}

    def see(kind: str, key: str, severity: int, score: float) -> None:
        worst, best = labels.get((kind, key), (0, 0.0))
        labels[kind, key] = (max(worst, severity), max(best, score))

    for point in analysis.pain_points:
        see("pain_point", point.key, point.severity, point.score)
        see("problem", point.problem, point.severity, point.score)
        see("stage", point.stage, point.severity, point.score)
    for tag in analysis.intents:
        see("intent", tag.label, 0, tag.score)
    for tag in analysis.delights:
        see("delight", tag.label, 0, tag.score)
    return labels


def _row(version: int, analysis: Analysis, write: Write) -> AnalysisRow:
    emotion = analysis.emotion
    return AnalysisRow(
        conversation_id=analysis.conversation_id,
        version_id=version,
        actor=write.actor,
        at=write.at,
        bundle=analysis.versions.bundle,
        taxonomy=analysis.versions.taxonomy,
        code=analysis.versions.code,
        caller_role=analysis.caller_role.label if analysis.caller_role else None,
        journey_stage=analysis.journey_stage.label if analysis.journey_stage else None,
        outcome=analysis.outcome.label if analysis.outcome else None,
        emotion=emotion.label if emotion else None,
        body=analysis_to_json(analysis),
    )
