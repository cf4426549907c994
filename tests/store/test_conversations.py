from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.build import Database
from data.domain.errors import NotFoundError
from data.domain.ranking import Count
from data.store import audit, reports, rollups
from data.store.analyses import AnalysisRepository
from data.store.conversations import ConversationRepository, Outcome
from data.store.imports import ImportRepository
from data.store.reports import Filters, Selection, Window
from data.store.tables import AnalysisRow, ConversationRow, LabelRow, VersionRow
from tests.builders import SHANGHAI, WRITE, a_conversation, an_analysis, incoming

EVER = Window()


def characters(text: str) -> list[str]:
    return list(dict.fromkeys(text))


def repository(session: Session) -> ConversationRepository:
    return ConversationRepository(session, SHANGHAI, characters)


def store(database: Database, *analysed: tuple, import_id: str | None = None, content: str = "1") -> None:  # type: ignore[type-arg]
    """Store (conversation, analysis) pairs in one transaction."""
    with database.sessions.begin() as session:
        if import_id:
            ImportRepository(session).begin(import_id, ["a.jsonl"], WRITE)
        versions = repository(session).add([incoming(c, content) for c, _ in analysed], import_id, WRITE)
        AnalysisRepository(session).add(
            [(version, analysis) for version, (_, analysis) in zip(versions, analysed, strict=True)], WRITE
        )


def counted(
    database: Database, kind: str = "pain_point", window: Window = EVER, **filters: str
) -> dict[str, int]:
    with database.readers() as session:
        found = reports.counts(session, kind, window, Filters(**filters))
    return {key: count.conversations for key, count in found.keys.items()} | {"": found.contacts}


def test_a_stored_conversation_comes_back_as_it_was(database: Database) -> None:
    conversation = a_conversation(
        "客：理赔怎么这么慢", "坐：我帮您查一下", org="江苏分公司/苏州中心支公司", customer_key="cust_abc",
        metadata={"product": "康宁", "policy_year": 3},
    )  # fmt: skip
    store(database, (conversation, an_analysis(conversation, "claim.slow")))
    with database.readers() as session:
        assert repository(session).get("c-1").conversation == conversation
        assert AnalysisRepository(session).latest("c-1") == an_analysis(conversation, "claim.slow")


def test_outcomes_tell_new_known_and_conflicting_apart_also_within_one_batch(database: Database) -> None:
    conversation = a_conversation()
    store(database, (conversation, an_analysis(conversation)))
    other = replace(conversation, id="c-2")
    batch = [
        incoming(conversation),
        incoming(conversation, "2"),
        incoming(other),
        incoming(other),
        incoming(other, "3"),
    ]
    with database.readers() as session:
        assert repository(session).outcomes(batch, replace_known=False) == [
            Outcome.KNOWN, Outcome.CONFLICT, Outcome.ADDED, Outcome.KNOWN, Outcome.CONFLICT,
        ]  # fmt: skip
        assert repository(session).outcomes(batch[:2], replace_known=True) == [
            Outcome.KNOWN,
            Outcome.REPLACED,
        ]


def test_a_replaced_conversation_counts_once_and_keeps_both_versions(database: Database) -> None:
    before = a_conversation("理赔太慢了")
    after = a_conversation("保费太贵了")
    store(database, (before, an_analysis(before, "claim.slow")))
    store(database, (after, an_analysis(after, "renewal.price")), content="2")
    assert counted(database) == {"renewal.price": 1, "": 1}
    with database.readers() as session:
        assert repository(session).get("c-1").number == 2
        assert session.scalar(select(func.count()).select_from(VersionRow)) == 2


def test_a_second_analysis_is_added_and_is_the_one_that_counts(database: Database) -> None:
    conversation = a_conversation()
    store(database, (conversation, an_analysis(conversation, "claim.slow")))
    with database.sessions.begin() as session:
        version = repository(session).get("c-1").version_id
        AnalysisRepository(session).add([(version, an_analysis(conversation, "claim.denied"))], WRITE)
    assert counted(database) == {"claim.denied": 1, "": 1}
    with database.readers() as session:
        assert AnalysisRepository(session).count("c-1") == 2


def test_erasing_a_customer_leaves_nothing_of_theirs(database: Database) -> None:
    mine = [a_conversation("我的钱呢", identity=f"m-{i}", customer_key="cust_me") for i in range(3)]
    other = a_conversation("我的钱呢", identity="o-1", customer_key="cust_other")
    store(database, *((c, an_analysis(c, "benefit.slow")) for c in [*mine, other]))
    with database.sessions.begin() as session:
        ids = repository(session).of_customer("cust_me")
        assert repository(session).erase(ids, WRITE, "erase_customer", "cust_me") == 3
    assert counted(database) == {"benefit.slow": 1, "": 1}
    with database.readers() as session:
        for table in (ConversationRow, VersionRow, AnalysisRow):
            assert session.scalar(select(func.count()).select_from(table)) == 1
        assert {row.kind for row in session.scalars(select(LabelRow))} == {"pain_point", "problem", "stage"}
        found = reports.conversations(session, SHANGHAI, Selection(terms=["钱"]), None, 10)
        assert [item.conversation.id for item in found] == ["o-1"]
        assert audit.events(session, "erase_customer")[0].counts == {"conversations": 3}


def test_undoing_an_import_brings_back_what_was_there_before(database: Database) -> None:
    before = a_conversation("理赔太慢了")
    store(database, (before, an_analysis(before, "claim.slow")))
    replaced, fresh = a_conversation("太贵"), a_conversation("没人管", identity="c-2")
    store(
        database,
        (replaced, an_analysis(replaced, "renewal.price")),
        (fresh, an_analysis(fresh, "service.no_reply")),
        import_id="run-1", content="2",
    )  # fmt: skip
    with database.sessions.begin() as session:
        assert repository(session).undo_import("run-1", WRITE) == 2
    assert counted(database) == {"claim.slow": 1, "": 1}
    with database.readers() as session:
        assert repository(session).get("c-1").conversation == before
        with pytest.raises(NotFoundError):
            repository(session).get("c-2")
        found = reports.conversations(session, SHANGHAI, Selection(terms=["慢"]), None, 10)
        assert [item.conversation.id for item in found] == ["c-1"]


def test_late_data_counts_on_its_own_day(database: Database) -> None:
    now = a_conversation(identity="c-1", day="2026-03-31")
    late = a_conversation(identity="c-2", day="2026-01-05")
    store(database, (now, an_analysis(now, "claim.slow")))
    store(database, (late, an_analysis(late, "claim.slow")))
    march = Window(date(2026, 3, 1), date(2026, 3, 31))
    january = Window(date(2026, 1, 1), date(2026, 1, 31))
    assert counted(database, window=march) == {"claim.slow": 1, "": 1}
    assert counted(database, window=january) == {"claim.slow": 1, "": 1}


def test_a_conversation_without_a_time_counts_in_totals_never_in_a_window(database: Database) -> None:
    conversation = a_conversation(day=None)
    store(database, (conversation, an_analysis(conversation, "claim.slow")))
    assert counted(database) == {"claim.slow": 1, "": 1}
    assert counted(database, window=Window(date(2026, 1, 1), None)) == {"": 0}
    assert counted(database, window=Window(None, date(2026, 12, 31))) == {"": 0}


def test_a_day_is_cut_in_the_configured_zone(database: Database) -> None:
    late_evening_utc = replace(a_conversation(), started_at=datetime(2026, 3, 1, 17, tzinfo=UTC))
    store(database, (late_evening_utc, an_analysis(late_evening_utc, "claim.slow")))
    assert counted(database, window=Window(date(2026, 3, 2), date(2026, 3, 2))) == {"claim.slow": 1, "": 1}


def test_an_organisation_means_all_below_it(database: Database) -> None:
    places = ["江苏分公司", "江苏分公司/苏州中心支公司", "四川分公司/成都中心支公司"]
    calls = [a_conversation(identity=f"c-{i}", org=org) for i, org in enumerate(places)]
    store(database, *((c, an_analysis(c, "claim.slow")) for c in calls))
    assert counted(database, org="江苏分公司")[""] == 2
    assert counted(database, org="江苏分公司/苏州中心支公司")[""] == 1
    assert counted(database, org="苏州中心支公司")[""] == 1
    assert counted(database, org="没有的分公司")[""] == 0


def test_severity_and_unresolved_are_counted_with_each_key(database: Database) -> None:
    first, second = a_conversation(identity="c-1"), a_conversation(identity="c-2")
    store(
        database,
        (first, an_analysis(first, "claim.slow", severity=3, outcome="unresolved")),
        (second, an_analysis(second, "claim.slow", severity=1)),
    )
    with database.readers() as session:
        found = reports.counts(session, "pain_point", Window(), Filters())
    assert found.keys["claim.slow"] == Count(2, (1, 0, 1), 1)


def test_quotes_come_from_different_conversations_surest_first(database: Database) -> None:
    calls = [a_conversation(f"第{i}次打来了", identity=f"c-{i}") for i in range(5)]
    store(database, *((c, an_analysis(c, "claim.slow", score=0.5 + i / 10)) for i, c in enumerate(calls)))
    with database.readers() as session:
        found = reports.quotes(session, "pain_point", "claim.slow", Window(), Filters())
        behind = reports.conversation_ids(session, "pain_point", "claim.slow", Window(), Filters())
    assert [quote.conversation_id for quote in found] == ["c-4", "c-3", "c-2"]
    assert [quote.quote for quote in found] == ["第4次打来了", "第3次打来了", "第2次打来了"]
    assert behind == [f"c-{i}" for i in range(5)]


@pytest.mark.parametrize(
    ("terms", "ids"),
    [(["退"], ["c-1", "c-2"]), (["退", "保"], ["c-1"]), (["没"], [])],
    ids=["one", "all-must-occur", "none"],
)
def test_search_finds_conversations_by_all_words(
    database: Database, terms: list[str], ids: list[str]
) -> None:
    calls = [a_conversation("退保", identity="c-1"), a_conversation("退钱", identity="c-2")]
    store(database, *((c, an_analysis(c)) for c in calls))
    assert found_ids(database, terms) == ids


@pytest.mark.parametrize("term", ["'", '"', "\\", "&", "OR", "*", "(", ":"], ids=range(8))
def test_what_means_something_to_the_search_engine_is_taken_as_a_word(database: Database, term: str) -> None:
    conversation = a_conversation("退保")
    store(database, (conversation, an_analysis(conversation)))
    assert found_ids(database, [term]) == []


def found_ids(database: Database, terms: list[str]) -> list[str]:
    with database.readers() as session:
        found = reports.conversations(session, SHANGHAI, Selection(terms=terms), None, 10)
    return sorted(item.conversation.id for item in found)


def test_a_list_pages_through_everything_once_newest_first(database: Database) -> None:
    days = ["2026-03-01", "2026-03-03", "2026-03-03", None, "2026-03-02", None]
    calls = [a_conversation(identity=f"c-{i}", day=day) for i, day in enumerate(days)]
    store(database, *((c, an_analysis(c)) for c in calls))
    seen, after = [], None
    with database.readers() as session:
        while page := reports.conversations(session, SHANGHAI, Selection(), after, 2):
            seen += [item.conversation.id for item in page]
            after = (page[-1].conversation.started_at, page[-1].conversation.id)
    assert seen == ["c-1", "c-2", "c-4", "c-0", "c-3", "c-5"]


def test_flipping_swaps_the_sides_and_the_same_file_is_still_known(database: Database) -> None:
    conversation = a_conversation("客：您好，请讲", "坐：我要退保")
    store(database, (conversation, an_analysis(conversation)))
    with database.sessions.begin() as session:
        ((_, flipped),) = repository(session).flipped([repository(session).get("c-1")], WRITE)
    assert [turn.speaker.value for turn in flipped.turns] == ["agent", "customer"]
    with database.readers() as session:
        assert repository(session).outcomes([incoming(conversation)], replace_known=False) == [Outcome.KNOWN]


def test_rollups_equal_a_recount(database: Database) -> None:
    calls = [a_conversation(identity=f"c-{i}", day=f"2026-03-0{i + 1}") for i in range(4)]
    store(database, *((c, an_analysis(c, "claim.slow", intents=["claim.progress"])) for c in calls))
    with database.readers() as session:
        assert rollups.stored(session) == rollups.counted(session)
        assert sum(rollups.stored(session).values()) > 0
