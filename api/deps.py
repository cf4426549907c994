"""What endpoints are handed: the parts built at start, a session, the caller."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.orm import Session

from api.build import Database
from api.conversations.service import Desk
from api.errors import ApiError
from api.settings import Settings
from data.domain.taxonomy import Taxonomy
from data.store.audit import Write
from data.store.session import translated
from nlp.pipeline import Analyzer
from nlp.redaction.pseudonym import Pseudonymiser
from nlp.tokenizer import Tokenizer

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_BEARER = HTTPBearer(auto_error=False, description="VOC_API_TOKEN; not needed where none is set")


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything built once at start."""

    settings: Settings
    database: Database
    analyzer: Analyzer
    tokenizer: Tokenizer
    taxonomy: Taxonomy
    pseudonymiser: Pseudonymiser


def get_parts(request: Request) -> Parts:
    """The parts of the running application."""
    parts: Parts = request.state.parts
    return parts


PartsDep = Annotated[Parts, Depends(get_parts)]


def get_session(parts: PartsDep) -> Iterator[Session]:
    """A session whose work is committed when the endpoint returns, before the answer is sent."""
    with translated(), parts.database.sessions.begin() as session:
        yield session


def get_reader(parts: PartsDep) -> Iterator[Session]:
    """A session that only reads."""
    with translated(), parts.database.readers() as session:
        yield session


# scope="function": a failed commit must not be answered 200.
SessionDep = Annotated[Session, Depends(get_session, scope="function")]
ReaderDep = Annotated[Session, Depends(get_reader, scope="function")]


def authorised(
    request: Request,
    parts: PartsDep,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
) -> None:
    """Raises ApiError 401 without the right token; without a token set, only loopback names are served."""
    token = parts.settings.api_token
    if token is None:
        # A page in a browser on this machine could otherwise reach the service under a name of its own.
        if request.url.hostname not in _LOOPBACK:
            raise ApiError(
                HTTPStatus.UNAUTHORIZED, "token_required", "set VOC_API_TOKEN to serve other hosts"
            )
        return
    given = credentials.credentials if credentials else ""
    if not hmac.compare_digest(given.encode(), token.encode()):
        raise ApiError(HTTPStatus.UNAUTHORIZED, "bad_token", "give the token as `Authorization: Bearer …`")


def get_write(
    x_actor: Annotated[
        str, Header(pattern=r"^[\w.@-]{1,100}$", description="who acts, for the audit log")
    ] = "api",
) -> Write:
    """Actor and time of a request's writes."""
    return Write(x_actor, datetime.now(UTC))


WriteDep = Annotated[Write, Depends(get_write)]


def get_desk(session: SessionDep, parts: PartsDep) -> Desk:
    """The use cases' desk on a writing session."""
    return Desk(session, parts.settings.zone, parts.tokenizer.search_terms)


def get_reading_desk(session: ReaderDep, parts: PartsDep) -> Desk:
    """The same on a session that only reads."""
    return Desk(session, parts.settings.zone, parts.tokenizer.search_terms)


DeskDep = Annotated[Desk, Depends(get_desk, scope="function")]
ReadingDeskDep = Annotated[Desk, Depends(get_reading_desk, scope="function")]
