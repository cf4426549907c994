"""Read-only SQL behind rankings, drill-downs and lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from data.domain.conversation import Conversation
from data.domain.ranking import Count, Counts
from data.store import organisations, search
from data.store.conversations import conversation_of
from data.store.tables import AnalysisRow, ConversationRow, LabelRow, RollupRow, VersionRow

KINDS = ("pain_point", "problem", "stage", "intent", "delight")


@dataclass(frozen=True, slots=True)
class Window:
    """Days from `first` to `last`, both included; None leaves an end open."""

    first: date | None = None
    last: date | None = None

    @property
    def bounded(self) -> bool:
        """Whether both ends are given."""
        return self.first is not None and self.last is not None


@dataclass(frozen=True, slots=True)
class Filters:
    """What is looked at; None is everything. `org` names an organisation and means all below it."""

    org: str | None = None
    channel: str | None = None
    role: str | None = None
    product: str | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """A span of evidence in a conversation."""

    conversation_id: str
    turn: int
    quote: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A conversation in a list, with the headline of its analysis."""

    conversation: Conversation
    caller_role: str | None
    journey_stage: str | None
    outcome: str | None
    emotion: str | None


def counts(session: Session, kind: str, window: Window, filters: Filters) -> Counts:
    """Contacts and the counts of every key, from the roll-ups in one query.

    A window leaves out conversations without a time; without any bound they count.
    """
    columns = [
        RollupRow.conversations,
        RollupRow.severity1,
        RollupRow.severity2,
        RollupRow.severity3,
        RollupRow.unresolved,
    ]
    sums: list[Any] = [func.sum(column) for column in columns]
    query = (
        select(RollupRow.kind, RollupRow.key, *sums)
        .where(RollupRow.kind.in_(("total", kind)), *_rollup_conditions(session, window, filters))
        .group_by(RollupRow.kind, RollupRow.key)
    )
    contacts, keys = 0, {}
    for row_kind, key, number, one, two, three, unresolved in session.execute(query):
        if row_kind == "total":
            contacts += int(number)
        else:
            keys[key] = Count(int(number), (int(one), int(two), int(three)), int(unresolved))
    return Counts(contacts, keys)


def _rollup_conditions(session: Session, window: Window, filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if window.first is not None:
        conditions.append(RollupRow.day >= window.first)
    if window.last is not None:
        conditions.append(RollupRow.day <= window.last)
        if window.first is None:
            conditions.append(RollupRow.day > date(1, 1, 1))
    if filters.org is not None:
        conditions.append(RollupRow.org_id.in_(organisations.subtree(session, filters.org) or [-1]))
    if filters.channel is not None:
        conditions.append(RollupRow.channel == filters.channel)
    if filters.role is not None:
        conditions.append(RollupRow.role == filters.role)
    if filters.product is not None:
        conditions.append(RollupRow.product == filters.product)
    return conditions


def quotes(
    session: Session, kind: str, key: str, window: Window, filters: Filters, number: int = 3
) -> list[Quote]:
    """The best evidence of a key from `number` different conversations; surest first, then newest."""
    query = (
        _labelled(session, kind, key, window, filters)
        .with_only_columns(ConversationRow.id, AnalysisRow.body)
        .order_by(LabelRow.score.desc(), VersionRow.started_at.desc(), ConversationRow.id)
        .limit(number)
    )
    found = []
    for identity, body in session.execute(query):
        evidence = _evidence(kind, key, body)
        if evidence:
            found.append(Quote(identity, evidence[0]["turn"], evidence[0]["quote"]))
    return found


def conversation_ids(
    session: Session, kind: str, key: str, window: Window, filters: Filters, after: str = "", limit: int = 100
) -> list[str]:
    """The conversations behind a number, in order of id, those behind `after`."""
    query = (
        _labelled(session, kind, key, window, filters)
        .with_only_columns(ConversationRow.id)
        .where(ConversationRow.id > after)
        .order_by(ConversationRow.id)
        .limit(limit)
    )
    return list(session.scalars(query))


def _labelled(session: Session, kind: str, key: str, window: Window, filters: Filters) -> Select[Any]:
    return (
        select(LabelRow)
        .join(ConversationRow, ConversationRow.analysis_id == LabelRow.analysis_id)
        .join(AnalysisRow, AnalysisRow.id == LabelRow.analysis_id)
        .join(VersionRow, VersionRow.id == ConversationRow.version_id)
        .where(LabelRow.kind == kind, LabelRow.key == key, *_version_conditions(session, window, filters))
    )


def _version_conditions(session: Session, window: Window, filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if window.first is not None:
        conditions.append(VersionRow.day >= window.first)
    if window.last is not None:
        conditions.append(VersionRow.day <= window.last)
    if filters.org is not None:
        conditions.append(VersionRow.org_id.in_(organisations.subtree(session, filters.org) or [-1]))
    if filters.channel is not None:
        conditions.append(VersionRow.channel == filters.channel)
    if filters.role is not None:
        conditions.append(AnalysisRow.caller_role == filters.role)
    if filters.product is not None:
        conditions.append(VersionRow.product == filters.product)
    return conditions


def _evidence(kind: str, key: str, body: Any) -> list[Any]:
    if kind == "intent":
        found = [tag for tag in body["intents"] if tag["label"] == key]
    elif kind == "delight":
        found = [tag for tag in body["delights"] if tag["label"] == key]
    else:
        found = [point for point in body["pain_points"] if _point_key(kind, point) == key]
    return [span for tag in found for span in tag["evidence"]]


def _point_key(kind: str, point: Any) -> str:
    if kind == "pain_point":
        return f"{point['stage']}.{point['problem']}"
    return str(point[kind])


@dataclass(frozen=True, slots=True)
class Selection:
    """Conditions of a list of conversations; every one of `labels` (kind, key) and `terms` must occur."""

    window: Window = Window()
    filters: Filters = Filters()
    labels: Sequence[tuple[str, str]] = ()
    outcome: str | None = None
    severity: int | None = None
    terms: Sequence[str] = ()


def conversations(
    session: Session,
    zone: tzinfo,
    selection: Selection,
    after: tuple[datetime | None, str] | None,
    limit: int,
) -> list[Listed]:
    """A page of conversations, newest first, those without a time last; `after` is the last one seen."""
    query = (
        select(VersionRow, AnalysisRow)
        .select_from(ConversationRow)
        .join(VersionRow, VersionRow.id == ConversationRow.version_id)
        .outerjoin(AnalysisRow, AnalysisRow.id == ConversationRow.analysis_id)
        .where(*_version_conditions(session, selection.window, selection.filters))
        .order_by(VersionRow.started_at.is_(None), VersionRow.started_at.desc(), VersionRow.conversation_id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(_behind(*after))
    for kind, key in selection.labels:
        query = query.where(_has_label(LabelRow.kind == kind, LabelRow.key == key))
    if selection.severity is not None:
        query = query.where(_has_label(LabelRow.severity >= selection.severity))
    if selection.outcome is not None:
        query = query.where(AnalysisRow.outcome == selection.outcome)
    if selection.terms:
        query = query.where(search.matches(session, selection.terms))
    return [
        Listed(
            conversation_of(version, zone),
            analysis.caller_role if analysis else None,
            analysis.journey_stage if analysis else None,
            analysis.outcome if analysis else None,
            analysis.emotion if analysis else None,
        )
        for version, analysis in session.execute(query)
    ]


def _has_label(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return (
        select(LabelRow.key).where(LabelRow.analysis_id == ConversationRow.analysis_id, *conditions).exists()
    )


def _behind(started: datetime | None, identity: str) -> ColumnElement[bool]:
    later_id = VersionRow.conversation_id > identity
    if started is None:
        return and_(VersionRow.started_at.is_(None), later_id)
    return or_(
        VersionRow.started_at < started,
        and_(VersionRow.started_at == started, later_id),
        VersionRow.started_at.is_(None),
    )


def total(session: Session) -> int:
    """Number of stored conversations."""
    return session.scalar(select(func.count()).select_from(ConversationRow)) or 0
