"""Imports: one row a run, so that a run can be looked up and undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.domain.errors import NotFoundError
from data.store.audit import Write
from data.store.tables import ImportRow


@dataclass(frozen=True, slots=True)
class Import:
    """A run of an import; `files` is its report as it stands."""

    id: str
    actor: str
    at: datetime
    state: str
    files: Any


class ImportRepository:
    """All queries on imports. Never commits."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def begin(self, identity: str, files: Sequence[str], write: Write) -> None:
        """Register a run before its first conversation is stored."""
        self._session.add(
            ImportRow(id=identity, actor=write.actor, at=write.at, state="running", files=list(files))
        )
        self._session.flush()

    def finish(self, identity: str, files: Any) -> None:
        """Keep the report of a run that came to its end."""
        row = self._row(identity)
        row.state, row.files = "done", files

    def mark_undone(self, identity: str) -> None:
        """Remember that what the run added was taken back."""
        self._row(identity).state = "undone"

    def get(self, identity: str) -> Import:
        """Raises NotFoundError."""
        return _import(self._row(identity))

    def all(self) -> list[Import]:
        """Newest first."""
        return [
            _import(row) for row in self._session.scalars(select(ImportRow).order_by(ImportRow.at.desc()))
        ]

    def _row(self, identity: str) -> ImportRow:
        row = self._session.get(ImportRow, identity)
        if row is None:
            raise NotFoundError("no import has this id; `voc imports` lists them")
        return row


def _import(row: ImportRow) -> Import:
    return Import(row.id, row.actor, row.at, row.state, row.files)
