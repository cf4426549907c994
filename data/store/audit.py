"""Who did what, when: ids and counts, never content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.store.tables import AuditRow


@dataclass(frozen=True, slots=True)
class Write:
    """The actor and the time that every write carries; `at` is aware."""

    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One entry of the audit log."""

    actor: str
    at: datetime
    action: str
    subject: str
    counts: Mapping[str, int]


def record(session: Session, write: Write, action: str, subject: str, counts: Mapping[str, int]) -> None:
    """Append one event."""
    session.add(
        AuditRow(actor=write.actor, at=write.at, action=action, subject=subject[:200], counts=dict(counts))
    )


def events(session: Session, action: str | None = None) -> list[AuditEvent]:
    """Events, oldest first."""
    query = select(AuditRow).order_by(AuditRow.id)
    if action is not None:
        query = query.where(AuditRow.action == action)
    return [AuditEvent(r.actor, r.at, r.action, r.subject, r.counts) for r in session.scalars(query)]
