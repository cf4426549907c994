"""Conversations over HTTP: in one by one or in bulk, listed, read, corrected, erased."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from api import paging
from api.conversations import service
from api.conversations.ingest import Ingest
from api.conversations.schemas import (
    AcceptedOut,
    AnalysisOut,
    ConversationIn,
    ConversationOut,
    CountOut,
    CustomerIn,
    ImportOut,
    MissIn,
    PageOut,
    conversation_out,
    listed_out,
)
from api.deps import DeskDep, PartsDep, ReaderDep, ReadingDeskDep, WriteDep
from api.errors import ApiError
from api.pain_points.endpoints import FiltersDep, Limit, WindowDep
from data.domain.conversation import Conversation, canonical_json
from data.domain.wire import analysis_to_json
from data.readers import Located, Rejected
from data.readers.build import Reading
from data.readers.encoding import LineSplitter
from data.readers.jsonl import conversation, read_line
from data.store import reports
from data.store.analyses import AnalysisRepository
from data.store.conversations import Outcome
from data.store.imports import Import, ImportRepository
from data.store.reports import Selection

router = APIRouter(tags=["conversations"])
_NDJSON = {
    "requestBody": {"required": True, "content": {"application/x-ndjson": {"schema": {"type": "string"}}}}
}
_STATUS = {
    Outcome.ADDED: HTTPStatus.CREATED,
    Outcome.KNOWN: HTTPStatus.OK,
    Outcome.REPLACED: HTTPStatus.CREATED,
}
Replace = Annotated[bool, Query(description="store a known id with other content as a new version")]


@router.post("/conversations", status_code=HTTPStatus.CREATED)
def post_conversation(
    given: ConversationIn,
    request: Request,
    response: Response,
    parts: PartsDep,
    desk: DeskDep,
    write: WriteDep,
    replace: Replace = False,
) -> AcceptedOut:
    """Redact, store and analyse one conversation. 200 if it is known, 409 if its id is stored with other content."""
    read = _as_read(given, f"api-{request.scope['request_id']}", parts)
    prepared = parts.analyzer.prepare(read, canonical_json(read))
    outcome, analysis = service.accept(desk, parts.analyzer, prepared, write, replace_known=replace)
    response.status_code = _STATUS[outcome]
    return AcceptedOut(
        id=prepared.conversation.id,
        outcome=outcome.value,
        analysis=AnalysisOut.model_validate(analysis_to_json(analysis)),
    )


def _as_read(given: ConversationIn, identity: str, parts: PartsDep) -> Conversation:
    """Through the same cleaning as a file's line. Raises ApiError 422 with the reader's code."""
    reading = Reading("request", identity, parts.settings.zone)
    for record in conversation(reading, 1, given.model_dump(exclude_none=True), None):
        if isinstance(record, Located):
            return record.conversation
        if isinstance(record, Rejected):
            raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, record.code, record.message)
    raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, "empty_turns", "no turn has any text")


@router.post("/conversations/bulk", openapi_extra=_NDJSON)
async def post_bulk(
    request: Request, parts: PartsDep, write: WriteDep, replace: Replace = False
) -> dict[str, Any]:
    """Store and analyse conversations, one JSON object a line, as they arrive; the report of `voc ingest --json`.

    Lines that are wrong are rejected one by one. A request that breaks off keeps what was stored; send it again.
    """
    settings = parts.settings
    run = Ingest(
        parts.database, parts.analyzer, settings.zone, parts.tokenizer.search_terms, write,
        batch=settings.batch, replace_known=replace,
    )  # fmt: skip
    run.begin_file("request", "jsonl")
    reading = Reading("request", f"api-{request.scope['request_id']}", settings.zone)

    def take(lines: list[tuple[int, str | None, str | None]]) -> None:
        for number, text, problem in lines:
            run.take(read_line(reading, number, text, problem, number))

    async for lines in _lines(request):
        await run_in_threadpool(take, lines)
    report = await run_in_threadpool(run.finish)
    return report.to_json()


async def _lines(request: Request) -> AsyncIterator[list[tuple[int, str | None, str | None]]]:
    splitter = LineSplitter()
    async for chunk in request.stream():
        if lines := [line for line in splitter.feed(chunk) if line[2] or (line[1] or "").strip()]:
            yield lines
    if lines := [line for line in splitter.end() if line[2] or (line[1] or "").strip()]:
        yield lines


def get_selection(
    parts: PartsDep,
    window: WindowDep,
    filters: FiltersDep,
    pain_point: Annotated[str | None, Query(description="stage.problem")] = None,
    problem: str | None = None,
    stage: Annotated[str | None, Query(description="journey stage of a pain point")] = None,
    intent: str | None = None,
    delight: str | None = None,
    outcome: str | None = None,
    severity: Annotated[
        int | None, Query(ge=1, le=3, description="a pain point this severe or worse")
    ] = None,
    q: Annotated[str | None, Query(min_length=1, max_length=200, description="words that all occur")] = None,
) -> Selection:
    """The conditions of a list."""
    named = {
        "pain_point": pain_point,
        "problem": problem,
        "stage": stage,
        "intent": intent,
        "delight": delight,
    }
    return Selection(
        window=window,
        filters=filters,
        labels=tuple((kind, key) for kind, key in named.items() if key is not None),
        outcome=outcome,
        severity=severity,
        terms=tuple(parts.tokenizer.query_terms(q)) if q else (),
    )


@router.get("/conversations")
def list_conversations(
    parts: PartsDep,
    session: ReaderDep,
    selection: Annotated[Selection, Depends(get_selection)],
    cursor: str | None = None,
    limit: Limit = 50,
) -> PageOut:
    """Conversations, newest first, those without a time last."""
    found = reports.conversations(session, parts.settings.zone, selection, _place(cursor), limit + 1)
    page = found[:limit]
    following = None
    if len(found) > limit:
        last = page[-1].conversation
        following = paging.encode(last.started_at.isoformat() if last.started_at else None, last.id)
    return PageOut(items=[listed_out(item) for item in page], next_cursor=following)


def _place(cursor: str | None) -> tuple[datetime | None, str] | None:
    if cursor is None:
        return None
    started, identity = paging.decode(cursor, 2)
    try:
        moment = datetime.fromisoformat(started) if started else None
    except ValueError as error:
        raise paging.bad_cursor() from error
    if identity is None or (moment is not None and moment.tzinfo is None):
        raise paging.bad_cursor()
    return moment, identity


@router.get("/conversations/{conversation_id}")
def get_conversation(conversation_id: str, desk: ReadingDeskDep) -> ConversationOut:
    """One conversation as stored, redacted."""
    return conversation_out(desk.conversations.get(conversation_id))


@router.get("/conversations/{conversation_id}/analysis")
def get_analysis(conversation_id: str, session: ReaderDep) -> AnalysisOut:
    """Its analysis that counts."""
    return AnalysisOut.model_validate(analysis_to_json(AnalysisRepository(session).latest(conversation_id)))


@router.delete("/conversations/{conversation_id}", status_code=HTTPStatus.NO_CONTENT)
def delete_conversation(conversation_id: str, desk: DeskDep, write: WriteDep) -> None:
    """Erase one conversation with everything derived from it, for good."""
    service.erase_conversation(desk, conversation_id, write)


@router.post("/conversations/{conversation_id}/flip-speakers")
def flip_conversation(conversation_id: str, parts: PartsDep, desk: DeskDep, write: WriteDep) -> AnalysisOut:
    """Swap caller and agent and analyse again."""
    service.flip_conversation(desk, parts.analyzer, conversation_id, write)
    analysis = AnalysisRepository(desk.session).latest(conversation_id)
    return AnalysisOut.model_validate(analysis_to_json(analysis))


@router.post("/erasures")
def erase_customer(given: CustomerIn, parts: PartsDep, desk: DeskDep, write: WriteDep) -> CountOut:
    """Erase every conversation of one customer, for good."""
    key = parts.pseudonymiser.pseudonym("cust", given.customer_key)
    return CountOut(conversations=service.erase_customer(desk, key, write))


@router.post("/redactions")
def mask_miss(given: MissIn, desk: DeskDep, write: WriteDep) -> CountOut:
    """Mask personal data that was missed, everywhere it is stored."""
    return CountOut(conversations=service.mask_miss(desk, given.text, given.type, write))


@router.get("/imports")
def list_imports(session: ReaderDep) -> list[ImportOut]:
    """Runs of imports, newest first."""
    return [_import_out(item) for item in ImportRepository(session).all()]


@router.delete("/imports/{import_id}")
def undo_import(import_id: str, desk: DeskDep, write: WriteDep) -> CountOut:
    """Take back everything an import added."""
    return CountOut(conversations=service.undo_import(desk, import_id, write))


@router.post("/imports/{import_id}/flip-speakers")
def flip_import(import_id: str, parts: PartsDep, desk: DeskDep, write: WriteDep) -> CountOut:
    """Swap caller and agent in every conversation of an import and analyse again."""
    return CountOut(conversations=service.flip_import(desk, parts.analyzer, import_id, write))


def _import_out(item: Import) -> ImportOut:
    return ImportOut(id=item.id, actor=item.actor, at=item.at, state=item.state, files=list(item.files))
