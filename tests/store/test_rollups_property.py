"""Whatever is done in whatever order, the roll-ups equal a recount of everything stored."""

from __future__ import annotations

import random

import pytest

from api.build import Database
from data.store import rollups
from data.store.analyses import AnalysisRepository
from data.store.conversations import ConversationRepository
from data.store.imports import ImportRepository
from tests.builders import SHANGHAI, WRITE, a_conversation, an_analysis, incoming

_PAINS = ("claim.slow", "claim.denied", "benefit.slow", "service.rude")


@pytest.mark.parametrize("seed", range(4))
def test_rollups_equal_a_recount_after_any_history(database: Database, seed: int) -> None:
    draw = random.Random(seed)
    print(f"seed {seed}")
    imports: list[str] = []
    for step in range(30):
        with database.sessions.begin() as session:
            repository = ConversationRepository(session, SHANGHAI, list)
            known = [item.conversation for item in repository.page("", 100)]
            action = draw.choice(("add", "add", "add", "replace", "reanalyse", "erase", "undo", "flip"))
            if action in ("add", "replace"):
                ids = (
                    [f"c-{step}-{i}" for i in range(draw.randint(1, 5))]
                    if action == "add"
                    else [c.id for c in known[:2]]
                )
                conversations = [
                    a_conversation(
                        f"第{step}步", identity=identity, customer_key=f"cust_{draw.randint(1, 3)}",
                        day=draw.choice((None, "2026-03-01", "2026-04-02")), org=draw.choice((None, "甲", "甲/乙")),
                    )
                    for identity in ids
                ]  # fmt: skip
                run = f"run-{step}"
                ImportRepository(session).begin(run, [], WRITE)
                imports.append(run)
                versions = repository.add([incoming(c, str(step)) for c in conversations], run, WRITE)
                add_analyses(session, draw, versions, conversations)
            elif action == "reanalyse":
                stored = repository.page("", 3)
                add_analyses(session, draw, [s.version_id for s in stored], [s.conversation for s in stored])
            elif action == "erase":
                ids = repository.of_customer(f"cust_{draw.randint(1, 3)}")
                repository.erase(ids[:2], WRITE, "erase_customer", "cust")
            elif action == "undo" and imports:
                repository.undo_import(imports.pop(draw.randrange(len(imports))), WRITE)
            elif action == "flip" and known:
                repository.flipped([repository.get(known[0].id)], WRITE)
        with database.readers() as session:
            assert rollups.stored(session) == +rollups.counted(session), f"after step {step}: {action}"


def add_analyses(session, draw, versions, conversations) -> None:  # type: ignore[no-untyped-def]
    analyses = [
        an_analysis(
            c, *draw.sample(_PAINS, draw.randint(0, 3)), severity=draw.randint(1, 3), intents=("claim.progress",),
            role=draw.choice(("customer", "family")), outcome=draw.choice((None, "resolved", "unresolved")),
        )
        for c in conversations
    ]  # fmt: skip
    AnalysisRepository(session).add(list(zip(versions, analyses, strict=True)), WRITE)
