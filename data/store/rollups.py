"""Daily roll-ups, kept by one rule: whatever changes a conversation, what it counted before goes, what it counts now comes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

from sqlalchemy import and_, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from data.store.tables import NO_DAY, NO_ORG, AnalysisRow, ConversationRow, LabelRow, RollupRow, VersionRow

# Not settled in the conversation itself: plainly unresolved, or sent on to someone else.
UNRESOLVED = ("unresolved", "dispatched")
_CHUNK = 400

# (day, org, channel, product, role, kind, key) and (conversations, severity 1, 2, 3, unresolved).
Key = tuple[date, int, str, str, str, str, str]
Counts = Counter[tuple[Key, str]]
_MEASURES = ("conversations", "severity1", "severity2", "severity3", "unresolved")


@contextmanager
def tracked(session: Session, ids: Sequence[str]) -> Iterator[None]:
    """Keep the roll-ups right through any change to these conversations made inside."""
    before = counted(session, ids)
    yield
    session.flush()
    delta = counted(session, ids)
    delta.subtract(before)
    _apply(session, delta)


def counted(session: Session, ids: Sequence[str] | None = None) -> Counts:
    """What the conversations (all, if None) count as by their current version and latest analysis."""
    total: Counts = Counter()
    chunks: Sequence[Sequence[str] | None] = (
        [None] if ids is None else [ids[i : i + _CHUNK] for i in range(0, len(ids), _CHUNK)]
    )
    for chunk in chunks:
        _count(session, chunk, total)
    return total


def _count(session: Session, ids: Sequence[str] | None, total: Counts) -> None:
    heads = (
        select(
            AnalysisRow.id, VersionRow.day, VersionRow.org_id, VersionRow.channel, VersionRow.product,
            AnalysisRow.caller_role, AnalysisRow.outcome,
        )
        .select_from(ConversationRow)
        .join(VersionRow, VersionRow.id == ConversationRow.version_id)
        .join(AnalysisRow, AnalysisRow.id == ConversationRow.analysis_id)
    )  # fmt: skip
    labels = select(LabelRow).join(ConversationRow, ConversationRow.analysis_id == LabelRow.analysis_id)
    if ids is not None:
        heads = heads.where(ConversationRow.id.in_(ids))
        labels = labels.where(ConversationRow.id.in_(ids))
    places: dict[int, tuple[tuple[date, int, str, str, str], bool]] = {}
    for analysis, day, org, channel, product, role, outcome in session.execute(heads):
        place = (day or NO_DAY, org or NO_ORG, channel or "", product or "", role or "")
        unresolved = outcome in UNRESOLVED
        places[analysis] = (place, unresolved)
        _add(total, (*place, "total", ""), 0, unresolved)
    for label in session.scalars(labels):
        place, unresolved = places[label.analysis_id]
        _add(total, (*place, label.kind, label.key), label.severity, unresolved)


def _add(total: Counts, key: Key, severity: int, unresolved: bool) -> None:
    total[key, "conversations"] += 1
    if severity:
        total[key, f"severity{severity}"] += 1
    if unresolved:
        total[key, "unresolved"] += 1


def _apply(session: Session, delta: Counts) -> None:
    changes: dict[Key, dict[str, int]] = {}
    for (key, measure), change in delta.items():
        if change:
            changes.setdefault(key, dict.fromkeys(_MEASURES, 0))[measure] = change
    if not changes:
        return
    names = ("day", "org_id", "channel", "product", "role", "kind", "key")
    rows = [{**dict(zip(names, key, strict=True)), **change} for key, change in sorted(changes.items())]
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    for start in range(0, len(rows), _CHUNK):
        statement = insert(RollupRow).values(rows[start : start + _CHUNK])
        session.execute(
            statement.on_conflict_do_update(
                index_elements=list(names),
                set_={m: getattr(RollupRow, m) + getattr(statement.excluded, m) for m in _MEASURES},
            )
        )
    session.execute(delete(RollupRow).where(and_(*(getattr(RollupRow, m) == 0 for m in _MEASURES))))


def stored(session: Session) -> Counts:
    """The roll-ups as they stand, in the shape of `counted`."""
    total: Counts = Counter()
    for row in session.scalars(select(RollupRow)):
        key = (row.day, row.org_id, row.channel, row.product, row.role, row.kind, row.key)
        for measure in _MEASURES:
            if value := getattr(row, measure):
                total[key, measure] = value
    return total
