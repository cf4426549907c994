"""Masking a reported miss everywhere it is stored: turns, metadata, quotes with their offsets, the search index."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, or_, select, type_coerce
from sqlalchemy.orm import Session

from data.domain.errors import InvalidInputError
from data.store import audit, search
from data.store.audit import Write
from data.store.conversations import TermsOf
from data.store.tables import AnalysisRow, VersionRow

_SHORTEST = 2
Piece = tuple[int, int]


def mask_everywhere(session: Session, missed: str, mark: str, terms_of: TermsOf, write: Write) -> int:
    """Replace `missed` by `mark` in everything stored; the number of conversations touched.

    Evidence spans move with the text, so that each still equals its quote; one that overlaps the miss grows
    to the whole mark. Safe to run twice. The audit holds the count, never the string.
    """
    if len(missed) < _SHORTEST:
        raise InvalidInputError(f"a miss to mask needs at least {_SHORTEST} characters")
    inside_json = json.dumps(missed, ensure_ascii=False)[1:-1]
    like = inside_json.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    versions = list(session.scalars(select(VersionRow).where(_contains(like))))
    touched = set()
    for version in versions:
        cuts = [_find(turn["text"], missed) for turn in version.turns]
        version.turns = [_masked_turn(turn, own, mark) for turn, own in zip(version.turns, cuts, strict=True)]
        version.details = _masked_value(version.details, missed, mark)
        touched.add(version.conversation_id)
        for row in session.scalars(select(AnalysisRow).where(AnalysisRow.version_id == version.id)):
            row.body = _masked_body(row.body, cuts, mark)
    session.flush()
    search.index(session, [(v.id, terms_of("\n".join(turn["text"] for turn in v.turns))) for v in versions])
    if versions:
        search.compact(session)
    audit.record(session, write, "mask_miss", mark, {"conversations": len(touched)})
    return len(touched)


def _contains(like: str) -> ColumnElement[bool]:
    return or_(
        type_coerce(VersionRow.turns, Text).like(f"%{like}%", escape="\\"),
        type_coerce(VersionRow.details, Text).like(f"%{like}%", escape="\\"),
    )


def _find(text: str, missed: str) -> list[Piece]:
    found, start = [], text.find(missed)
    while start >= 0:
        found.append((start, start + len(missed)))
        start = text.find(missed, start + len(missed))
    return found


def _replaced(text: str, cuts: Sequence[Piece], mark: str) -> str:
    pieces, position = [], 0
    for begin, end in cuts:
        pieces += [text[position:begin], mark]
        position = end
    return "".join([*pieces, text[position:]])


def _masked_turn(turn: dict[str, Any], cuts: Sequence[Piece], mark: str) -> dict[str, Any]:
    return {**turn, "text": _replaced(turn["text"], cuts, mark)} if cuts else turn


def _masked_value(value: Any, missed: str, mark: str) -> Any:
    if isinstance(value, str):
        return value.replace(missed, mark)
    if isinstance(value, dict):
        return {key.replace(missed, mark): _masked_value(item, missed, mark) for key, item in value.items()}
    return value


def moved(offset: int, cuts: Sequence[Piece], mark: int, *, is_end: bool) -> int:
    """Where an offset lies after the cuts became marks of `mark` characters; inside a cut it goes to its edge."""
    shift = 0
    for begin, end in cuts:
        if offset <= begin:
            break
        if offset < end:
            return begin + shift + (mark if is_end else 0)
        shift += mark - (end - begin)
    return offset + shift


def _masked_body(body: dict[str, Any], cuts: Sequence[Sequence[Piece]], mark: str) -> dict[str, Any]:
    turns = [_masked_turn(turn, own, mark) for turn, own in zip(body["turns"], cuts, strict=True)]

    def span(value: dict[str, Any]) -> dict[str, Any]:
        own = cuts[value["turn"]]
        begin = moved(value["begin"], own, len(mark), is_end=False)
        end = moved(value["end"], own, len(mark), is_end=True)
        return {**value, "begin": begin, "end": end, "quote": turns[value["turn"]]["text"][begin:end]}

    def tags(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**tag, "evidence": [span(s) for s in tag["evidence"]]} for tag in values]

    masked = {**body, "turns": turns} | {
        part: tags(body[part]) for part in ("intents", "pain_points", "delights")
    }
    if "heard" in body:
        masked["heard"] = [span(value) for value in body["heard"]]
    return masked
