"""Full-text search by words and character bigrams, with the database's own engine."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Integer, cast, column, select, table, text
from sqlalchemy.orm import Session

from data.store.tables import VersionRow

_TERMS = table("search_terms", column("rowid", Integer), column("version_id", Integer), column("terms"))


def index(session: Session, terms: Sequence[tuple[int, Sequence[str]]]) -> None:
    """Replace what is indexed for each version; terms hold no blanks."""
    if not terms:
        return
    rows = [{"id": version, "terms": " ".join(words)} for version, words in terms]
    remove(session, [version for version, _ in terms])
    if _is_sqlite(session):
        session.execute(text("INSERT INTO search_terms (rowid, terms) VALUES (:id, :terms)"), rows)
    else:
        # to_tsvector would drop what its dictionary calls noise; words come ready and quoted.
        session.execute(
            text(
                "INSERT INTO search_terms (version_id, terms) VALUES (:id, array_to_tsvector(CAST(:words AS text[])))"
            ),
            [
                {"id": version, "words": list(dict.fromkeys(w for w in words if w))}
                for version, words in terms
            ],
        )


def remove(session: Session, versions: Sequence[int]) -> None:
    """Forget versions; on SQLite the erased terms are also cleared from the index's pages."""
    if not versions:
        return
    name = "rowid" if _is_sqlite(session) else "version_id"
    session.execute(text(f"DELETE FROM search_terms WHERE {name} = :id"), [{"id": v} for v in versions])


def compact(session: Session) -> None:
    """Rewrite the index so that nothing of what was removed stays in it."""
    if _is_sqlite(session):
        session.execute(text("INSERT INTO search_terms (search_terms) VALUES ('optimize')"))


def matches(session: Session, words: Sequence[str]) -> ColumnElement[bool]:
    """Condition on VersionRow: its conversation holds all of the words."""
    if _is_sqlite(session):
        query = " AND ".join('"' + word.replace('"', '""') + '"' for word in words)
        found = select(_TERMS.c.rowid).where(text("search_terms MATCH :fts_query")).params(fts_query=query)
        return VersionRow.id.in_(select(cast(found.subquery().c.rowid, Integer)))
    condition = " & ".join("'" + word.replace("\\", "\\\\").replace("'", "''") + "'" for word in words)
    found = (
        select(_TERMS.c.version_id)
        .where(text("terms @@ CAST(:fts_query AS tsquery)"))
        .params(fts_query=condition)
    )
    return VersionRow.id.in_(found)


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"
