"""The tables. Text columns that hold JSON keep Chinese readable, so that a reported miss can be found in them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# SQLite numbers rows by themselves only for INTEGER keys.
_Key = BigInteger().with_variant(Integer, "sqlite")
# Stands for "no day", "no organisation" and so on in the key of a roll-up, where null would not be unique.
NO_DAY = date(1, 1, 1)
NO_ORG = 0


class JsonText(TypeDecorator[Any]):
    """A JSON value kept as text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


class UtcTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC; SQLite forgets the zone, so it is put back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return (
            None
            if value is None
            else value.replace(tzinfo=UTC)
            if value.tzinfo is None
            else value.astimezone(UTC)
        )


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class OrganisationRow(Base):
    """A node of the organisation tree; `path` is the names from the branch down, joined by "/"."""

    __tablename__ = "organisations"
    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    name: Mapped[str] = mapped_column(String(200), index=True)
    path: Mapped[str] = mapped_column(String(600), unique=True)


class ImportRow(Base):
    """One run of an import; `state` is running, done or undone."""

    __tablename__ = "imports"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    actor: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime] = mapped_column(UtcTime)
    state: Mapped[str] = mapped_column(String(10))
    files: Mapped[Any] = mapped_column(JsonText)


class ConversationRow(Base):
    """A conversation: which version and which analysis of it count now."""

    __tablename__ = "conversations"
    id: Mapped[str] = mapped_column(String(200), primary_key=True)
    version_id: Mapped[int | None] = mapped_column(_Key)
    analysis_id: Mapped[int | None] = mapped_column(_Key)


class VersionRow(Base):
    """One stored version of a conversation, redacted."""

    __tablename__ = "conversation_versions"
    __table_args__ = (UniqueConstraint("conversation_id", "number"),)
    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    content_hash: Mapped[str] = mapped_column(String(64))
    import_id: Mapped[str | None] = mapped_column(ForeignKey("imports.id"), index=True)
    actor: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime] = mapped_column(UtcTime)
    channel: Mapped[str | None] = mapped_column(String(60))
    started_at: Mapped[datetime | None] = mapped_column(UtcTime, index=True)
    day: Mapped[date | None] = mapped_column(Date, index=True)
    org_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    agent_id: Mapped[str | None] = mapped_column(String(200))
    customer_key: Mapped[str | None] = mapped_column(String(64), index=True)
    product: Mapped[str | None] = mapped_column(String(200))
    policy_year: Mapped[int | None] = mapped_column(Integer)
    details: Mapped[Any] = mapped_column(JsonText)
    turns: Mapped[Any] = mapped_column(JsonText)
    redactions: Mapped[Any] = mapped_column(JsonText)


class AnalysisRow(Base):
    """One analysis; never changed but for masking what was missed before."""

    __tablename__ = "analyses"
    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    version_id: Mapped[int] = mapped_column(
        ForeignKey("conversation_versions.id", ondelete="CASCADE"), index=True
    )
    actor: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime] = mapped_column(UtcTime)
    bundle: Mapped[str] = mapped_column(String(64))
    taxonomy: Mapped[int] = mapped_column(Integer)
    code: Mapped[str] = mapped_column(String(40))
    caller_role: Mapped[str | None] = mapped_column(String(60), index=True)
    journey_stage: Mapped[str | None] = mapped_column(String(60))
    outcome: Mapped[str | None] = mapped_column(String(60))
    emotion: Mapped[str | None] = mapped_column(String(60))
    body: Mapped[Any] = mapped_column(JsonText)


class LabelRow(Base):
    """What an analysis counts as in one ranking: kind is pain_point, problem, stage, intent or delight.

    `severity` is the worst of its pain points of that key (0 where severity means nothing).
    """

    __tablename__ = "analysis_labels"
    __table_args__ = (Index("ix_analysis_labels_kind_key", "kind", "key"),)
    analysis_id: Mapped[int] = mapped_column(ForeignKey("analyses.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    severity: Mapped[int] = mapped_column(Integer)
    score: Mapped[float] = mapped_column(Float)


class RollupRow(Base):
    """Conversations a day, organisation, channel, product, role, kind and key. Kind `total` has an empty key."""

    __tablename__ = "daily_rollups"
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    org_id: Mapped[int] = mapped_column(_Key, primary_key=True, autoincrement=False)
    channel: Mapped[str] = mapped_column(String(60), primary_key=True)
    product: Mapped[str] = mapped_column(String(200), primary_key=True)
    role: Mapped[str] = mapped_column(String(60), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    conversations: Mapped[int] = mapped_column(Integer)
    severity1: Mapped[int] = mapped_column(Integer)
    severity2: Mapped[int] = mapped_column(Integer)
    severity3: Mapped[int] = mapped_column(Integer)
    unresolved: Mapped[int] = mapped_column(Integer)


class AuditRow(Base):
    """Who did what when, in ids and counts."""

    __tablename__ = "audit_events"
    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    actor: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime] = mapped_column(UtcTime)
    action: Mapped[str] = mapped_column(String(40), index=True)
    subject: Mapped[str] = mapped_column(String(200))
    counts: Mapped[Any] = mapped_column(JsonText)
