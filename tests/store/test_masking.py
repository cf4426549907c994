from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from api.build import Database
from data.domain.errors import InvalidInputError
from data.store.analyses import AnalysisRepository
from data.store.conversations import ConversationRepository
from data.store.masking import mask_everywhere, moved
from tests.builders import SHANGHAI, WRITE, a_conversation, an_analysis, incoming


def terms(said: str) -> list[str]:
    return [said[i : i + 2] for i in range(len(said) - 1)]


def stored(database: Database, *said: str, **more: Any) -> None:
    conversation = a_conversation(*said, **more)
    with database.sessions.begin() as session:
        (version,) = ConversationRepository(session, SHANGHAI, terms).add(
            [incoming(conversation)], None, WRITE
        )
        AnalysisRepository(session).add([(version, an_analysis(conversation, "claim.slow"))], WRITE)


def mask(database: Database, missed: str) -> int:
    with database.sessions.begin() as session:
        return mask_everywhere(session, missed, "[姓名]", terms, WRITE)


def test_a_missed_name_goes_from_turns_quotes_metadata_and_search(database: Database) -> None:
    stored(database, "我是欧阳百川啊，欧阳百川", "坐：您好", metadata={"note": "欧阳百川来电", "欧阳百川": 1})
    assert mask(database, "欧阳百川") == 1
    assert mask(database, "欧阳百川") == 0
    with database.readers() as session:
        conversation = ConversationRepository(session, SHANGHAI, terms).get("c-1").conversation
        assert conversation.turns[0].text == "我是[姓名]啊，[姓名]"
        assert conversation.metadata == {"note": "[姓名]来电", "[姓名]": 1}
        (span,) = AnalysisRepository(session).latest("c-1").pain_points[0].evidence
        assert span.quote == conversation.turns[0].text[span.begin : span.end] == "我是[姓名]啊，[姓名]"
        for table in ("conversation_versions", "analyses", "search_terms", "audit_events"):
            rows = session.execute(text(f"SELECT * FROM {table}")).all()
            assert "百川" not in str(rows)


def test_characters_that_mean_something_to_like_are_taken_as_they_are(database: Database) -> None:
    stored(database, '账号是a%b_c\\d"e', identity="c-1")
    stored(database, "账号是aXbYcZd", identity="c-2")
    assert mask(database, 'a%b_c\\d"e') == 1


def test_a_single_character_is_too_little_to_mask(database: Database) -> None:
    with pytest.raises(InvalidInputError):
        mask(database, "王")


@pytest.mark.parametrize(
    ("offset", "is_end", "expected"),
    [(0, False, 0), (2, False, 2), (3, False, 2), (3, True, 6), (6, True, 6), (8, False, 8), (12, True, 12)],
    ids=["before", "at-begin", "begin-inside", "end-inside", "at-end", "behind", "behind-both"],
)
def test_offsets_move_with_the_text(offset: int, is_end: bool, expected: int) -> None:
    assert moved(offset, [(2, 6)], 4, is_end=is_end) == expected
