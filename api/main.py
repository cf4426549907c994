"""The service: parts built once at start, features hung in, documentation that needs no internet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, Depends, FastAPI
from fastapi_offline import FastAPIOffline

from api import errors
from api.build import (
    Database,
    Say,
    code_version,
    open_analyzer,
    open_database,
    open_pseudonymiser,
    open_tokenizer,
    taxonomy_of,
)
from api.conversations.endpoints import router as conversations
from api.deps import Parts, authorised
from api.operations.endpoints import health, taxonomy
from api.pain_points.endpoints import router as pain_points
from api.settings import Settings

_DESCRIPTION = """听懂：会话进，痛点排行出。Conversations in, ranked pain points out.

Personal data is masked before anything is stored, logged or returned. Failures are problem details (RFC 9457)
with a stable `code`; every answer carries `X-Request-Id`."""


def create_app(settings: Settings, say: Say) -> FastAPI:
    """The application. Parts are built when it starts and released when it stops."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Parts]]:
        with open_database(settings) as database:
            yield {"parts": build(settings, database, say)}

    app: FastAPI = FastAPIOffline(
        redoc_url=None,
        title="听懂 Tingdong",
        version=code_version(),
        description=_DESCRIPTION,
        lifespan=lifespan,
        openapi_url="/openapi.json",
    )
    errors.install(app)
    secured = APIRouter(
        prefix="/v1",
        dependencies=[Depends(authorised)],
        responses={code: {"model": errors.Problem} for code in (401, 422, 503)},
    )
    for router in (conversations, pain_points, taxonomy):
        secured.include_router(router)
    app.include_router(secured)
    app.include_router(health)
    return app


def build(settings: Settings, database: Database, say: Say) -> Parts:
    """Everything the endpoints need."""
    return Parts(
        settings=settings,
        database=database,
        analyzer=open_analyzer(settings, say),
        tokenizer=open_tokenizer(),
        taxonomy=taxonomy_of(settings),
        pseudonymiser=open_pseudonymiser(settings, say),
    )
