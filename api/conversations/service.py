"""Use cases on stored conversations. Sessions come in; nothing here commits or speaks HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from sqlalchemy.orm import Session

from data.domain.analysis import Analysis
from data.domain.errors import ConflictError
from data.store import audit
from data.store.analyses import AnalysisRepository
from data.store.audit import Write
from data.store.conversations import ConversationRepository, Incoming, Outcome, Stored, TermsOf
from data.store.imports import ImportRepository
from data.store.masking import mask_everywhere
from nlp.pipeline import Analyzer, Prepared
from nlp.redaction import MARKS, PiiType

_PAGE = 200


@dataclass(frozen=True, slots=True)
class Desk:
    """What the use cases work with: a session and the things every one of them needs."""

    session: Session
    zone: tzinfo
    terms_of: TermsOf

    @property
    def conversations(self) -> ConversationRepository:
        """The repository on this session."""
        return ConversationRepository(self.session, self.zone, self.terms_of)


def accept(
    desk: Desk, analyzer: Analyzer, prepared: Prepared, write: Write, *, replace_known: bool
) -> tuple[Outcome, Analysis]:
    """Store and analyse one conversation, or find it known; with the analysis that counts. Raises ConflictError."""
    incoming = Incoming(prepared.conversation, prepared.content_hash, prepared.redactions)
    (outcome,) = desk.conversations.outcomes([incoming], replace_known=replace_known)
    analyses = AnalysisRepository(desk.session)
    if outcome is Outcome.CONFLICT:
        raise ConflictError("this id is stored with other content; give replace=true to store a new version")
    if outcome is Outcome.KNOWN:
        return outcome, analyses.latest(prepared.conversation.id)
    (analysis,) = analyzer.analyze([(prepared.conversation, prepared.redactions)])
    (version,) = desk.conversations.add([incoming], None, write)
    analyses.add([(version, analysis)], write)
    audit.record(desk.session, write, "add_conversation", prepared.conversation.id, {"conversations": 1})
    return outcome, analysis


def erase_conversation(desk: Desk, identity: str, write: Write) -> None:
    """Erase one conversation. Raises NotFoundError."""
    desk.conversations.get(identity)
    desk.conversations.erase([identity], write, "erase_conversation", identity)


def erase_customer(desk: Desk, customer_key: str, write: Write) -> int:
    """Erase every conversation of a customer, given by pseudonym; the number erased."""
    ids = desk.conversations.of_customer(customer_key)
    return desk.conversations.erase(ids, write, "erase_customer", customer_key) if ids else 0


def undo_import(desk: Desk, import_id: str, write: Write) -> int:
    """Take back what an import added; the number of conversations touched. Raises NotFoundError. Safe to run twice."""
    imports = ImportRepository(desk.session)
    if imports.get(import_id).state == "undone":
        return 0
    touched = desk.conversations.undo_import(import_id, write)
    imports.mark_undone(import_id)
    return touched


def flip_conversation(desk: Desk, analyzer: Analyzer, identity: str, write: Write) -> int:
    """Swap caller and agent in one conversation and analyse it again. Raises NotFoundError."""
    return _flip(desk, analyzer, [desk.conversations.get(identity)], write)


def flip_import(desk: Desk, analyzer: Analyzer, import_id: str, write: Write) -> int:
    """The same for all conversations of an import; the number flipped. Raises NotFoundError."""
    ImportRepository(desk.session).get(import_id)
    return _flip(desk, analyzer, desk.conversations.of_import(import_id), write)


def _flip(desk: Desk, analyzer: Analyzer, stored: Sequence[Stored], write: Write) -> int:
    if not stored:
        return 0
    flipped = desk.conversations.flipped(stored, write)
    analyses = analyzer.analyze(
        [(conversation, item.redactions) for (_, conversation), item in zip(flipped, stored, strict=True)]
    )
    AnalysisRepository(desk.session).add(
        [(version, analysis) for (version, _), analysis in zip(flipped, analyses, strict=True)], write
    )
    return len(stored)


def reanalyse_page(desk: Desk, analyzer: Analyzer, after: str, write: Write) -> tuple[str | None, int]:
    """Analyse the next page of conversations again; the last id (None at the end) and how many there were."""
    stored = desk.conversations.page(after, _PAGE)
    if not stored:
        return None, 0
    analyses = analyzer.analyze([(item.conversation, item.redactions) for item in stored])
    AnalysisRepository(desk.session).add(
        [(item.version_id, analysis) for item, analysis in zip(stored, analyses, strict=True)], write
    )
    audit.record(desk.session, write, "reanalyse", stored[-1].conversation.id, {"conversations": len(stored)})
    return stored[-1].conversation.id, len(stored)


def mask_miss(desk: Desk, missed: str, kind: PiiType, write: Write) -> int:
    """Mask personal data that was missed, everywhere it is stored; the number of conversations touched."""
    return mask_everywhere(desk.session, missed, MARKS[kind], desk.terms_of, write)
