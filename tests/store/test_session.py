from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from api.build import open_database
from api.settings import Settings
from data.domain.errors import InvalidInputError, UnavailableError
from data.store.session import (
    current_revision,
    head_revision,
    open_engine,
    require_current,
    translated,
    upgrade,
)
from data.store.tables import Base


def test_migrations_make_what_the_tables_say(database_url: str) -> None:
    engine = open_engine(database_url)
    upgrade(engine)
    assert upgrade(engine) == head_revision() == current_revision(engine)
    found = inspect(engine)
    for table in Base.metadata.sorted_tables:
        assert {c["name"] for c in found.get_columns(table.name)} == {c.name for c in table.columns}, (
            table.name
        )
        indexed = {i["name"] for i in found.get_indexes(table.name)}
        assert {i.name for i in table.indexes} <= indexed, table.name
    engine.dispose()


def test_an_older_schema_is_refused_with_the_remedy(database_url: str) -> None:
    with open_database(Settings(database_url=database_url)) as database:
        with database.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
        with pytest.raises(UnavailableError, match="voc db upgrade"):
            require_current(database.engine)


@pytest.mark.parametrize(
    ("url", "error", "says"),
    [
        ("nonsense", InvalidInputError, "not an address"),
        ("mysql://localhost/x", InvalidInputError, "driver"),
        ("postgresql://127.0.0.1:1/x", UnavailableError, "cannot be reached"),
    ],
    ids=["no-url", "no-driver", "no-server"],
)
def test_an_unusable_address_is_told_with_the_remedy(url: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says), open_database(Settings(database_url=url)):
        pass


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "voc.db"
    path.write_text("这不是数据库" * 200, encoding="utf-8")
    settings = Settings(database_url=f"sqlite:///{path}")
    with pytest.raises(UnavailableError, match="no database"), open_database(settings):
        pass


def test_a_locked_database_is_told_and_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.store.session._BUSY_MS", 50)
    path = tmp_path / "voc.db"
    with open_database(Settings(database_url=f"sqlite:///{path}")) as database:
        holder = sqlite3.connect(path)
        holder.execute("BEGIN IMMEDIATE")
        with (
            pytest.raises(UnavailableError, match="busy"),
            translated(),
            database.sessions.begin() as session,
        ):
            session.execute(text("DELETE FROM conversations"))
        with translated(), database.readers() as session:  # readers do not queue behind a writer
            assert session.scalar(text("SELECT count(*) FROM conversations")) == 0
        holder.close()


def test_errors_of_the_database_hold_no_parameters(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'voc.db'}")
    with (
        open_database(settings) as database,
        pytest.raises(UnavailableError) as caught,
        translated(),
        database.sessions.begin() as session,
    ):
        session.execute(text("SELECT * FROM nowhere WHERE a = :a"), {"a": "客户原话"})
    assert "客户原话" not in str(caught.value)
