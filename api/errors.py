"""Every failure as RFC 9457 problem details with a stable code; no answer or log line repeats what was sent."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import uuid4

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data.domain.errors import ConflictError, NotFoundError, UnavailableError, VocError

_LOG = logging.getLogger("tingdong.api")
_STATUS: dict[type[VocError], HTTPStatus] = {
    NotFoundError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
}
_HEADER = "x-request-id"


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str = Field(description="path of the field, parts joined by dots")
    code: str
    message: str


class Problem(BaseModel):
    """Problem details (RFC 9457) with a stable `code`."""

    type: str = Field(description="urn:tingdong:problem:<code>")
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[FieldError] = []


class ApiError(VocError):
    """A refusal that only exists at the edge; `code` and status are given."""

    def __init__(self, status: HTTPStatus, code: str, detail: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.status, self.code, self.errors = status, code, list(errors)


def problem(
    request: Request, status: int, code: str, detail: str, errors: Sequence[FieldError] = ()
) -> JSONResponse:
    """A problem as a response."""
    content = Problem(
        type=f"urn:tingdong:problem:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        request_id=request.scope["request_id"],
        errors=list(errors),
    )
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else None
    return JSONResponse(content.model_dump(), status, headers=headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Hang the handlers and the request ids into an application."""
    app.add_exception_handler(VocError, _domain)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_middleware(RequestIds)


async def _domain(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, VocError)
    if isinstance(error, ApiError):
        return problem(request, error.status, error.code, str(error), error.errors)
    return problem(request, _STATUS.get(type(error), HTTPStatus.UNPROCESSABLE_ENTITY), error.code, str(error))


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = [
        FieldError(field=_path(item["loc"]), code=item["type"], message=item["msg"])
        for item in error.errors()
    ]
    return problem(
        request, HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_input", f"{len(errors)} fields are wrong", errors
    )


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    codes = {HTTPStatus.NOT_FOUND: "no_such_route", HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed"}
    code = codes.get(HTTPStatus(error.status_code), "http_error")
    return problem(request, error.status_code, code, HTTPStatus(error.status_code).description or "refused")


def _path(location: Sequence[Any]) -> str:
    parts = [str(part) for part in location]
    return ".".join(parts[1:] if parts[:1] in (["body"], ["query"], ["path"], ["header"]) else parts)


class RequestIds:
    """Gives every request an id (the caller's, if it is a plain one) and turns what nobody expected into a 500."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(_HEADER.encode(), b"").decode("ascii", "replace")
        request_id = given if given.replace("-", "").isalnum() and len(given) <= 64 else uuid4().hex
        scope["request_id"] = request_id
        started = False

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message["headers"], (_HEADER.encode(), request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception as error:
            # Its message may hold what a customer said: kind and place only.
            place = traceback.extract_tb(error.__traceback__)[-1]
            _LOG.error(
                "request %s failed: %s at %s:%s",
                request_id, type(error).__name__, Path(place.filename).name, place.lineno,
            )  # fmt: skip
            if started:
                raise ConnectionError("response broken off") from None
            response = problem(
                Request(scope), HTTPStatus.INTERNAL_SERVER_ERROR, "internal",
                "the service failed; the log has the request id",
            )  # fmt: skip
            await response(scope, receive, send_with_id)
