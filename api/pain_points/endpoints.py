"""The ranking and the conversations behind its numbers."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from api import paging
from api.deps import PartsDep, ReaderDep
from api.pain_points.service import namer, ranking
from data.store import reports
from data.store.reports import Filters, Window

router = APIRouter(tags=["pain points"])


class By(StrEnum):
    """What is ranked."""

    PAIN_POINT = "pain_point"
    PROBLEM = "problem"
    STAGE = "stage"
    INTENT = "intent"
    DELIGHT = "delight"


class QuoteOut(BaseModel):
    """A quote that shows it; `turn` is 0-based."""

    conversation_id: str
    turn: int
    quote: str


class ItemOut(BaseModel):
    """One line of the ranking. `change` is relative to the previous window, `q_value` adjusts `p_value` for the
    number of lines tested (Benjamini–Hochberg)."""

    key: str
    name: str
    conversations: int
    previous_conversations: int | None
    share: float
    per_thousand: float
    severity: dict[str, int]
    unresolved_share: float
    change: float | None
    p_value: float | None
    q_value: float | None
    quotes: list[QuoteOut]


class RankingOut(BaseModel):
    """A ranking; `conversations` counts all contacts of the window."""

    by: By
    window: dict[str, date | None]
    previous: dict[str, date | None] | None
    filters: dict[str, str | None]
    conversations: int
    items: list[ItemOut]


def get_window(
    first: Annotated[date | None, Query(alias="from", description="first day")] = None,
    last: Annotated[date | None, Query(alias="to", description="last day, included")] = None,
) -> Window:
    """The window of a request."""
    return Window(first, last)


def get_filters(
    org: Annotated[str | None, Query(description="an organisation and all below it")] = None,
    channel: str | None = None,
    role: Annotated[str | None, Query(description="caller role")] = None,
    product: str | None = None,
) -> Filters:
    """The filters of a request."""
    return Filters(org=org, channel=channel, role=role, product=product)


WindowDep = Annotated[Window, Depends(get_window)]
FiltersDep = Annotated[Filters, Depends(get_filters)]
Limit = Annotated[int, Query(ge=1, le=200)]


@router.get("/pain-points/ranking")
def get_ranking(
    parts: PartsDep,
    session: ReaderDep,
    window: WindowDep,
    filters: FiltersDep,
    by: By = By.PAIN_POINT,
    limit: Limit = 50,
) -> RankingOut:
    """What callers say most. With `from` and `to`, the equal window before is the comparison."""
    found: dict[str, Any] = ranking(session, parts.taxonomy, by.value, window, filters, limit).to_json()
    return RankingOut.model_validate(found)


class BehindOut(BaseModel):
    """Ids of conversations."""

    key: str
    name: str
    conversation_ids: list[str]
    next_cursor: str | None


@router.get("/pain-points/{key}/conversations")
def get_conversations_behind(
    key: str,
    parts: PartsDep,
    session: ReaderDep,
    window: WindowDep,
    filters: FiltersDep,
    by: By = By.PAIN_POINT,
    cursor: str | None = None,
    limit: Limit = 100,
) -> BehindOut:
    """The conversations behind a number of the ranking, under the same window and filters."""
    after = paging.decode(cursor, 1)[0] or "" if cursor else ""
    ids = reports.conversation_ids(session, by.value, key, window, filters, after, limit + 1)
    page = ids[:limit]
    return BehindOut(
        key=key,
        name=namer(parts.taxonomy, by.value)(key),
        conversation_ids=page,
        next_cursor=paging.encode(page[-1]) if len(ids) > limit else None,
    )
