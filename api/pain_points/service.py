"""The ranking: counts from the roll-ups, judged by the domain, shown with quotes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from data.domain.errors import InvalidInputError
from data.domain.ranking import Counts, RankedItem, previous_window, rank
from data.domain.taxonomy import Taxonomy
from data.domain.wire import Json
from data.store import organisations, reports
from data.store.reports import Filters, Quote, Window


@dataclass(frozen=True, slots=True)
class Ranking:
    """A ranking with everything it was made from."""

    by: str
    window: Window
    previous: Window | None
    filters: Filters
    current: Counts
    items: tuple[RankedItem, ...]
    quotes: tuple[tuple[Quote, ...], ...]

    def to_json(self) -> Json:
        """The shape of the contract."""
        return {
            "by": self.by,
            "window": _window(self.window),
            "previous": _window(self.previous) if self.previous else None,
            "filters": {
                "org": self.filters.org,
                "channel": self.filters.channel,
                "role": self.filters.role,
                "product": self.filters.product,
            },
            "conversations": self.current.contacts,
            "items": [_item(item, quotes) for item, quotes in zip(self.items, self.quotes, strict=True)],
        }


def _window(window: Window) -> Json:
    return {
        "from": window.first.isoformat() if window.first else None,
        "to": window.last.isoformat() if window.last else None,
    }


def _item(item: RankedItem, quotes: tuple[Quote, ...]) -> Json:
    return {
        "key": item.key,
        "name": item.name,
        "conversations": item.count.conversations,
        "previous_conversations": item.previous,
        "share": round(item.share, 6),
        "per_thousand": round(item.per_thousand, 3),
        "severity": {str(degree): number for degree, number in enumerate(item.count.severities, 1)},
        "unresolved_share": round(item.unresolved_share, 6),
        "change": None if item.change is None else round(item.change, 6),
        "p_value": item.p_value,
        "q_value": item.q_value,
        "quotes": [{"conversation_id": q.conversation_id, "turn": q.turn, "quote": q.quote} for q in quotes],
    }


def ranking(
    session: Session, taxonomy: Taxonomy, by: str, window: Window, filters: Filters, limit: int | None
) -> Ranking:
    """Rank by pain point, problem, stage, intent or delight. Raises InvalidInputError for anything else.

    With both ends given, the window of equal length before is the comparison; with less, there is none.
    """
    name = namer(taxonomy, by)
    if window.first and window.last and window.first > window.last:
        raise InvalidInputError("the window ends before it begins; swap --from and --to")
    if filters.role is not None and filters.role not in taxonomy.caller_roles:
        raise InvalidInputError(
            f"no caller role {filters.role!r}; expected one of {', '.join(taxonomy.caller_roles)}"
        )
    if filters.org is not None and not organisations.subtree(session, filters.org):
        raise InvalidInputError(
            "no organisation of this name has conversations; names are as in the files' `org`"
        )
    before = _before(window.first, window.last)
    current = reports.counts(session, by, window, filters)
    previous = reports.counts(session, by, before, filters) if before else None
    items = rank(current, previous, name, limit)
    quotes = tuple(tuple(reports.quotes(session, by, item.key, window, filters)) for item in items)
    return Ranking(by, window, before, filters, current, items, quotes)


def _before(first: date | None, last: date | None) -> Window | None:
    return Window(*previous_window(first, last)) if first and last else None


def namer(taxonomy: Taxonomy, by: str) -> Callable[[str], str]:
    """Key → Chinese name; a code that the taxonomy no longer has names itself."""
    labels = {
        "problem": taxonomy.problems,
        "stage": taxonomy.journey_stages,
        "intent": taxonomy.intents,
        "delight": taxonomy.delights,
    }
    if by == "pain_point":
        return lambda key: _pain_point(taxonomy, key)
    if by not in labels:
        raise InvalidInputError(f"cannot rank by {by!r}; expected one of {', '.join(reports.KINDS)}")
    return lambda key: labels[by][key].name if key in labels[by] else key


def _pain_point(taxonomy: Taxonomy, key: str) -> str:
    try:
        return taxonomy.pain_point_name(key)
    except InvalidInputError:
        return key
