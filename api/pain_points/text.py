"""A ranking as lines for the terminal, in Chinese."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from api.pain_points.service import Ranking
from data.domain.ranking import SIGNIFICANT, RankedItem
from data.store.reports import Quote, Window

_NAME_WIDTH = 34
_QUOTE_WIDTH = 64


def lines(ranking: Ranking) -> Iterator[str]:
    """The window, then every item with its numbers and one quote."""
    yield f"{_days(ranking.window)}：{ranking.current.contacts} 个会话" + (
        f"，对比 {_days(ranking.previous)}" if ranking.previous else ""
    )
    if not ranking.items:
        yield "没有可排行的内容。"
    for place, (item, quotes) in enumerate(zip(ranking.items, ranking.quotes, strict=True), 1):
        yield f"{place:>3}. {_padded(item.name, _NAME_WIDTH)}{_numbers(item)}"
        yield from _quote(quotes)


def _numbers(item: RankedItem) -> str:
    parts = [f"{item.count.conversations:>4} 个会话", f"每千 {item.per_thousand:6.1f}"]
    if item.previous is not None:
        parts.append(f"前期 {item.previous:>3}")
    if item.change is not None:
        mark = "*" if item.q_value is not None and item.q_value < SIGNIFICANT else " "
        parts.append(f"变化 {item.change:+5.0%}{mark}")
    elif item.previous == 0:
        parts.append("新出现    ")
    if any(item.count.severities):
        parts.append("轻/中/重 " + "/".join(str(number) for number in item.count.severities))
    parts.append(f"未解决 {item.unresolved_share:.0%}")
    return "  ".join(parts)


def _quote(quotes: tuple[Quote, ...]) -> Iterator[str]:
    if quotes:
        said = quotes[0].quote
        shown = said if len(said) <= _QUOTE_WIDTH else said[: _QUOTE_WIDTH - 1] + "…"
        yield f"     “{shown}”（{quotes[0].conversation_id}，第 {quotes[0].turn + 1} 句）"


def _days(window: Window) -> str:
    if window.first is None and window.last is None:
        return "全部时间"
    return f"{window.first or '…'} 至 {window.last or '…'}"


def _padded(text: str, width: int) -> str:
    taken = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
    return text + " " * max(1, width - taken)
