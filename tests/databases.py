"""Every test that asks for `database` runs on SQLite and on a real PostgreSQL, migrations included."""

from __future__ import annotations

import itertools
import os
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from api.build import Database, open_database
from api.settings import Settings
from data.store.session import open_engine, upgrade

_NUMBERS = itertools.count(1)
_TEMPLATE = "voc_template"


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Address of a running server: VOC_TEST_POSTGRESQL_URL, or one started here.

    Where none can be started its tests skip; VOC_REQUIRE_POSTGRESQL=1 turns the skip into a failure.
    """
    if url := os.environ.get("VOC_TEST_POSTGRESQL_URL"):
        yield url
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns where there is no runtime folder of the user
            from pgserver import get_server  # type: ignore[attr-defined]

            # Not in the runner's own temporary folder, which other runs of it clear away.
            server = get_server(tempfile.mkdtemp(prefix="voc-postgresql-"), cleanup_mode="delete")
    except (ImportError, OSError, RuntimeError) as error:
        if os.environ.get("VOC_REQUIRE_POSTGRESQL") == "1":
            pytest.fail(
                f"no PostgreSQL could be started although it is required here ({type(error).__name__})"
            )
        pytest.skip(f"no PostgreSQL could be started ({type(error).__name__})")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> str:
    """The server, holding a migrated database that new ones are copied from."""
    _execute(postgresql_server, f"CREATE DATABASE {_TEMPLATE}")
    engine = open_engine(_with_database(postgresql_server, _TEMPLATE))
    upgrade(engine)
    engine.dispose()
    return postgresql_server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of an empty, migrated database, on both systems in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'voc.db'}"
        return
    server: str = request.getfixturevalue("postgresql_template")
    name = f"voc_{os.getpid()}_{next(_NUMBERS)}"
    _execute(server, f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    yield _with_database(server, name)
    _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open database on both systems in turn."""
    with open_database(Settings(database_url=database_url)) as opened:
        yield opened


def _with_database(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _execute(url: str, statement: str) -> None:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
