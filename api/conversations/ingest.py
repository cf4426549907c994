"""The ingest: records of readers in, batches stored and analysed in one transaction each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from sqlalchemy.orm import Session, sessionmaker

from api.build import Database
from data.domain.analysis import Analysis
from data.domain.conversation import canonical_json
from data.domain.wire import Json
from data.readers import Located, Noted, Record, Rejected
from data.store import audit
from data.store.analyses import AnalysisRepository
from data.store.audit import Write
from data.store.conversations import ConversationRepository, Incoming, Outcome, TermsOf
from data.store.imports import ImportRepository
from data.store.session import translated
from nlp.pipeline import Analyzer, Prepared

_KEPT_REJECTIONS = 10_000
# Turns analysed together at most, whatever the number of conversations.
MAX_TURNS = 4_000
_KEY_EVENT = "pseudonym_key"
_FRESH = (Outcome.ADDED, Outcome.REPLACED)


@dataclass(slots=True)
class FileReport:
    """What became of one file."""

    path: str
    reader: str | None
    added: int = 0
    known: int = 0
    replaced: int = 0  # of the added, those that are a further version of a known id
    rejected: int = 0


@dataclass(slots=True)
class IngestReport:
    """What became of an import; the lists keep the first 10,000 entries, the counts all."""

    import_id: str
    files: list[FileReport] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    notes: list[Noted] = field(default_factory=list)

    @property
    def added(self) -> int:
        """Conversations and further versions that were stored."""
        return sum(file.added for file in self.files)

    @property
    def known(self) -> int:
        """Conversations that were stored before, unchanged."""
        return sum(file.known for file in self.files)

    @property
    def replaced(self) -> int:
        """Of the added, further versions of known conversations."""
        return sum(file.replaced for file in self.files)

    @property
    def accepted(self) -> int:
        """All that are stored now, old or new."""
        return self.added + self.known

    def to_json(self) -> Json:
        """The shape of the contract."""
        return {
            "import": self.import_id,
            "files": [
                {
                    "path": f.path,
                    "reader": f.reader,
                    "added": f.added,
                    "known": f.known,
                    "replaced": f.replaced,
                    "rejected": f.rejected,
                }
                for f in self.files
            ],
            "added": self.added,
            "known": self.known,
            "replaced": self.replaced,
            "rejected": [_place(r) for r in self.rejected],
            "notes": [_place(n) for n in self.notes],
        }


def _place(record: Rejected | Noted) -> Json:
    return {"path": record.path, "line": record.line, "code": record.code, "message": record.message}


class Ingest:
    """One run of an import. Every batch is one transaction, so a killed run leaves whole batches behind."""

    def __init__(
        self,
        database: Database,
        analyzer: Analyzer,
        zone: tzinfo,
        terms_of: TermsOf,
        write: Write,
        *,
        batch: int = 64,
        replace_known: bool = False,
        advance: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._database, self._analyzer, self._zone, self._terms_of = database, analyzer, zone, terms_of
        self._write, self._batch, self._replace, self._advance = write, batch, replace_known, advance
        self._waiting: list[tuple[Prepared, Rejected]] = []
        self._ids: set[str] = set()
        self._turns = 0
        self._registered = False
        self.report = IngestReport(_import_id(write.at, write.actor))

    def begin_file(self, path: str, reader: str | None) -> None:
        """Records handed in from now on are of this file."""
        self.flush()
        self.report.files.append(FileReport(path, reader))

    def take(self, records: Iterable[Record]) -> None:
        """Store, analyse and count the records, a batch at a time."""
        for record in records:
            if isinstance(record, Located):
                self._take(record)
            elif isinstance(record, Rejected):
                self.reject(record)
            elif len(self.report.notes) < _KEPT_REJECTIONS:
                self.report.notes.append(record)

    def reject(self, record: Rejected) -> None:
        """Count what could not be read."""
        if not self.report.files:
            self.report.files.append(FileReport(record.path, None))
        self.report.files[-1].rejected += 1
        if len(self.report.rejected) < _KEPT_REJECTIONS:
            self.report.rejected.append(record)

    def _take(self, located: Located) -> None:
        prepared = self._analyzer.prepare(located.conversation, canonical_json(located.conversation))
        identity = prepared.conversation.id
        if identity in self._ids:
            self.flush()
        conflict = Rejected(
            located.path, located.line, "conflict",
            "this id is stored with other content; give --replace to store it as a new version",
        )  # fmt: skip
        self._waiting.append((prepared, conflict))
        self._ids.add(identity)
        self._turns += len(prepared.conversation.turns)
        if len(self._waiting) >= self._batch or self._turns >= MAX_TURNS:
            self.flush()

    def flush(self) -> None:
        """Store what is waiting, in one transaction."""
        if not self._waiting:
            return
        incoming = [Incoming(p.conversation, p.content_hash, p.redactions) for p, _ in self._waiting]
        # Analysed before the transaction begins, so that other writers wait for the storing only.
        with translated(), self._database.readers() as session:
            expected = self._outcomes(session, incoming)
        analyses = self._analyses({}, incoming, expected)
        with translated(), self._database.sessions.begin() as session:
            outcomes = self._outcomes(session, incoming)
            analyses = self._analyses(analyses, incoming, outcomes)
            fresh = [i for i, outcome in enumerate(outcomes) if outcome in _FRESH]
            if fresh:
                self._register(session)
                repository = ConversationRepository(session, self._zone, self._terms_of)
                versions = repository.add([incoming[i] for i in fresh], self.report.import_id, self._write)
                AnalysisRepository(session).add(
                    [(version, analyses[i]) for version, i in zip(versions, fresh, strict=True)], self._write
                )
        self._registered = self._registered or bool(fresh)
        self._count(outcomes)

    def _outcomes(self, session: Session, incoming: list[Incoming]) -> list[Outcome]:
        repository = ConversationRepository(session, self._zone, self._terms_of)
        return repository.outcomes(incoming, replace_known=self._replace)

    def _analyses(
        self, done: dict[int, Analysis], incoming: list[Incoming], outcomes: list[Outcome]
    ) -> dict[int, Analysis]:
        """`done`, and the analyses of what is to be stored and was not analysed yet, by position."""
        missing = [i for i, outcome in enumerate(outcomes) if outcome in _FRESH and i not in done]
        analyses = self._analyzer.analyze(
            [(incoming[i].conversation, incoming[i].redactions) for i in missing]
        )
        return done | dict(zip(missing, analyses, strict=True))

    def _register(self, session: Session) -> None:
        if not self._registered:
            ImportRepository(session).begin(
                self.report.import_id, [file.path for file in self.report.files], self._write
            )

    def _count(self, outcomes: list[Outcome]) -> None:
        file = self.report.files[-1]
        for (_, conflict), outcome in zip(self._waiting, outcomes, strict=True):
            if outcome is Outcome.CONFLICT:
                self.reject(conflict)
            elif outcome in _FRESH:
                file.added += 1
                file.replaced += outcome is Outcome.REPLACED
            else:
                file.known += 1
        self._advance(len(self._waiting))
        self._waiting, self._ids, self._turns = [], set(), 0

    def finish(self) -> IngestReport:
        """Store the rest and close the import."""
        self.flush()
        if self._registered:
            with translated(), self._database.sessions.begin() as session:
                ImportRepository(session).finish(self.report.import_id, self.report.to_json()["files"])
                audit.record(
                    session, self._write, "import", self.report.import_id,
                    {"added": self.report.added, "replaced": self.report.replaced},
                )  # fmt: skip
        return self.report


def key_changed(sessions: sessionmaker[Session], fingerprint: str, write: Write) -> bool:
    """Whether the pseudonym key differs from the one used before with this database; the new one is remembered."""
    with translated(), sessions.begin() as session:
        known = [event.subject for event in audit.events(session, _KEY_EVENT)]
        if not known or known[-1] != fingerprint:
            audit.record(session, write, _KEY_EVENT, fingerprint, {})
        return bool(known) and known[-1] != fingerprint


def batches(records: Iterable[Record], size: int) -> Iterator[list[Record]]:
    """Records in lists of at most `size`, fewer where conversations are long, so that memory stays bounded."""
    batch: list[Record] = []
    turns = 0
    for record in records:
        batch.append(record)
        turns += len(record.conversation.turns) if isinstance(record, Located) else 0
        if len(batch) >= size or turns >= MAX_TURNS:
            yield batch
            batch, turns = [], 0
    if batch:
        yield batch


def _import_id(at: datetime, actor: str) -> str:
    digest = hashlib.sha256(f"{at.isoformat()}{actor}".encode()).hexdigest()
    return f"{at:%Y%m%dT%H%M%S}-{digest[:8]}"
