"""Conversations: stored once, versions kept, erased for good."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from data.domain.conversation import Conversation, Speaker
from data.domain.errors import NotFoundError
from data.domain.wire import turn_from_json, turn_to_json
from data.store import audit, organisations, search
from data.store.audit import Write
from data.store.rollups import tracked
from data.store.tables import AnalysisRow, ConversationRow, VersionRow

T = TypeVar("T")
TermsOf = Callable[[str], Sequence[str]]
_CHUNK = 400
_SWAPPED = {Speaker.CUSTOMER: Speaker.AGENT, Speaker.AGENT: Speaker.CUSTOMER}


class Outcome(StrEnum):
    """What became of a conversation handed in."""

    ADDED = "added"
    KNOWN = "known"
    CONFLICT = "conflict"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A redacted conversation with the keyed hash of what it was before."""

    conversation: Conversation
    content_hash: str
    redactions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Stored:
    """The current version of a stored conversation."""

    conversation: Conversation
    version_id: int
    number: int
    import_id: str | None
    redactions: Mapping[str, int]


class ConversationRepository:
    """All queries on conversations and their versions. Never commits."""

    def __init__(self, session: Session, zone: tzinfo, terms_of: TermsOf) -> None:
        self._session, self._zone, self._terms_of = session, zone, terms_of

    def outcomes(self, incoming: Sequence[Incoming], *, replace_known: bool) -> list[Outcome]:
        """What adding each would do; the earlier of two equal ids in the sequence counts as stored."""
        stored = self._hashes([item.conversation.id for item in incoming])
        result = []
        for item in incoming:
            known = stored.get(item.conversation.id)
            if known is None:
                result.append(Outcome.ADDED)
            elif known == item.content_hash:
                result.append(Outcome.KNOWN)
            else:
                result.append(Outcome.REPLACED if replace_known else Outcome.CONFLICT)
                if not replace_known:
                    continue
            stored[item.conversation.id] = item.content_hash
        return result

    def add(self, incoming: Sequence[Incoming], import_id: str | None, write: Write) -> list[int]:
        """Store new versions of conversations (all ids different) and return their version ids in order.

        They count in roll-ups once an analysis is added. An older analysis no longer counts.
        """
        ids = [item.conversation.id for item in incoming]
        numbers = self._numbers(ids)
        with tracked(self._session, ids):
            self._session.add_all(ConversationRow(id=i) for i in ids if i not in numbers)
            self._session.flush()
            rows = [
                self._row(item, numbers.get(item.conversation.id, 0) + 1, import_id, write)
                for item in incoming
            ]
            self._session.add_all(rows)
            self._session.flush()
            self._session.execute(
                update(ConversationRow),
                [{"id": row.conversation_id, "version_id": row.id, "analysis_id": None} for row in rows],
            )
        self._reindex(rows)
        return [row.id for row in rows]

    def get(self, identity: str) -> Stored:
        """The current version. Raises NotFoundError."""
        found = self._stored(
            select(VersionRow)
            .join(ConversationRow, ConversationRow.version_id == VersionRow.id)
            .where(ConversationRow.id == identity)
        )
        if not found:
            raise NotFoundError("no conversation has this id")
        return found[0]

    def of_import(self, import_id: str) -> list[Stored]:
        """Current versions that came from an import."""
        return self._stored(
            select(VersionRow)
            .join(ConversationRow, ConversationRow.version_id == VersionRow.id)
            .where(VersionRow.import_id == import_id)
            .order_by(VersionRow.id)
        )

    def page(self, after: str, limit: int) -> list[Stored]:
        """Current versions in order of id, those behind `after`; for walking over everything."""
        return self._stored(
            select(VersionRow)
            .join(ConversationRow, ConversationRow.version_id == VersionRow.id)
            .where(ConversationRow.id > after)
            .order_by(ConversationRow.id)
            .limit(limit)
        )

    def flipped(self, stored: Sequence[Stored], write: Write) -> list[tuple[int, Conversation]]:
        """New versions with the caller's and the agent's side swapped; (version id, conversation) each."""
        hashes = self._hashes([item.conversation.id for item in stored])
        incoming = [
            Incoming(
                replace(
                    item.conversation,
                    turns=tuple(
                        replace(turn, speaker=_SWAPPED.get(turn.speaker, turn.speaker), speaker_score=1.0)
                        for turn in item.conversation.turns
                    ),
                ),
                # The same source content: handing the file in again must still find it known.
                hashes[item.conversation.id],
                item.redactions,
            )
            for item in stored
        ]
        import_ids = {item.import_id for item in stored}
        versions = self.add(incoming, import_ids.pop() if len(import_ids) == 1 else None, write)
        audit.record(
            self._session,
            write,
            "flip_speakers",
            f"{len(stored)} conversations",
            {"conversations": len(stored)},
        )
        return list(zip(versions, (item.conversation for item in incoming), strict=True))

    def erase(self, ids: Sequence[str], write: Write, action: str, subject: str) -> int:
        """Delete conversations with everything derived from them, for good; the number erased."""
        with tracked(self._session, ids):
            versions: list[int] = []
            for chunk in _chunks(ids):
                versions += self._session.scalars(
                    select(VersionRow.id).where(VersionRow.conversation_id.in_(chunk))
                )
                self._session.execute(delete(ConversationRow).where(ConversationRow.id.in_(chunk)))
            search.remove(self._session, versions)
            search.compact(self._session)
        audit.record(self._session, write, action, subject, {"conversations": len(ids)})
        return len(ids)

    def of_customer(self, customer_key: str) -> list[str]:
        """Ids of the conversations of one customer, by pseudonym; any version counts."""
        query = select(VersionRow.conversation_id).where(VersionRow.customer_key == customer_key).distinct()
        return sorted(self._session.scalars(query))

    def undo_import(self, import_id: str, write: Write) -> int:
        """Remove the versions an import added; earlier versions count again, without analysis until re-analysed.

        Returns the number of conversations touched.
        """
        rows = list(self._session.scalars(select(VersionRow).where(VersionRow.import_id == import_id)))
        ids = sorted({row.conversation_id for row in rows})
        with tracked(self._session, ids):
            search.remove(self._session, [row.id for row in rows])
            for versions in _chunks([row.id for row in rows]):
                self._session.execute(delete(VersionRow).where(VersionRow.id.in_(versions)))
            earlier = self._latest_versions(ids)
            gone = [i for i in ids if i not in earlier]
            for chunk in _chunks(gone):
                self._session.execute(delete(ConversationRow).where(ConversationRow.id.in_(chunk)))
            for identity, row in earlier.items():
                self._session.execute(
                    update(ConversationRow)
                    .where(ConversationRow.id == identity)
                    .values(version_id=row.id, analysis_id=_latest_analysis(row.id))
                )
        self._reindex(list(earlier.values()))
        audit.record(self._session, write, "undo_import", import_id, {"conversations": len(ids)})
        return len(ids)

    def _latest_versions(self, ids: Sequence[str]) -> dict[str, VersionRow]:
        result: dict[str, VersionRow] = {}
        for chunk in _chunks(ids):
            query = (
                select(VersionRow).where(VersionRow.conversation_id.in_(chunk)).order_by(VersionRow.number)
            )
            result |= {row.conversation_id: row for row in self._session.scalars(query)}
        return result

    def _reindex(self, rows: Sequence[VersionRow]) -> None:
        search.index(
            self._session,
            [(row.id, self._terms_of("\n".join(turn["text"] for turn in row.turns))) for row in rows],
        )

    def _hashes(self, ids: Sequence[str]) -> dict[str, str]:
        result: dict[str, str] = {}
        for chunk in _chunks(ids):
            query = (
                select(ConversationRow.id, VersionRow.content_hash)
                .join(VersionRow, VersionRow.id == ConversationRow.version_id)
                .where(ConversationRow.id.in_(chunk))
            )
            result |= {identity: digest for identity, digest in self._session.execute(query)}  # noqa: C416
        return result

    def _numbers(self, ids: Sequence[str]) -> dict[str, int]:
        result: dict[str, int] = {}
        for chunk in _chunks(ids):
            query = select(VersionRow.conversation_id, VersionRow.number).where(
                VersionRow.conversation_id.in_(chunk)
            )
            for identity, number in self._session.execute(query):
                result[identity] = max(number, result.get(identity, 0))
        return result

    def _row(self, item: Incoming, number: int, import_id: str | None, write: Write) -> VersionRow:
        conversation = item.conversation
        started = conversation.started_at
        return VersionRow(
            conversation_id=conversation.id,
            number=number,
            content_hash=item.content_hash,
            import_id=import_id,
            actor=write.actor,
            at=write.at,
            channel=_cut(conversation.channel, 60),
            started_at=started,
            day=started.astimezone(self._zone).date() if started else None,
            org_id=organisations.ensure(self._session, conversation.org),
            agent_id=_cut(conversation.agent_id, 200),
            customer_key=conversation.customer_key,
            product=_cut(conversation.product, 200),
            policy_year=_whole(conversation.metadata.get("policy_year")),
            details={"org": conversation.org, "metadata": dict(conversation.metadata)},
            turns=[turn_to_json(turn) for turn in conversation.turns],
            redactions=dict(item.redactions),
        )

    def _stored(self, query: Any) -> list[Stored]:
        return [
            Stored(conversation_of(row, self._zone), row.id, row.number, row.import_id, row.redactions)
            for row in self._session.scalars(query)
        ]


def conversation_of(row: VersionRow, zone: tzinfo) -> Conversation:
    """The conversation a version holds, its time shown in `zone`."""
    started: datetime | None = row.started_at
    return Conversation(
        id=row.conversation_id,
        turns=tuple(turn_from_json(turn) for turn in row.turns),
        channel=row.channel,
        started_at=started.replace(tzinfo=started.tzinfo or UTC).astimezone(zone) if started else None,
        org=row.details["org"],
        agent_id=row.agent_id,
        customer_key=row.customer_key,
        metadata=row.details["metadata"],
    )


def _latest_analysis(version_id: int) -> Any:
    return (
        select(AnalysisRow.id)
        .where(AnalysisRow.version_id == version_id)
        .order_by(AnalysisRow.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _chunks(items: Sequence[T]) -> list[Sequence[T]]:
    return [items[i : i + _CHUNK] for i in range(0, len(items), _CHUNK)]


def _cut(value: str | None, size: int) -> str | None:
    return None if value is None else value[:size]


def _whole(value: object) -> int | None:
    try:
        number = int(str(value))
    except ValueError:
        return None
    return number if abs(number) < 10_000 else None
