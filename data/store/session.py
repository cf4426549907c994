"""Engine, sessions, migrations; and every database error as one the business knows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from data.domain.errors import ConflictError, InvalidInputError, UnavailableError

_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_MS = 10_000
_REMEDIES = (
    ("locked", "the database is busy with another writer; try again when it has finished"),
    ("full", "the disk is full; free space and run the command again, nothing is lost or doubled"),
    ("readonly", "the database cannot be written; check the permissions of its file and folder"),
    ("unable to open", "the database file cannot be opened; check VOC_DATABASE_URL and the folder's permissions"),
    ("not a database", "the file is no database; check VOC_DATABASE_URL"),
    ("malformed", "the database file is damaged; restore it from a backup"),
    ("connection", "the database server cannot be reached; check that it runs and VOC_DATABASE_URL"),
    ("no such table", "the database has no tables yet; run `voc db upgrade`"),
    ("does not exist", "the database or a table is missing; run `voc db upgrade`"),
)  # fmt: skip


def open_engine(url: str) -> Engine:
    """An engine for SQLite (WAL) or PostgreSQL. Raises InvalidInputError for an unusable address."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise InvalidInputError("VOC_DATABASE_URL: not an address such as sqlite:///var/voc.db") from error
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    options: dict[str, Any] = {"hide_parameters": True}
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            try:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise UnavailableError(
                    f"the folder of the database cannot be made ({error.strerror})"
                ) from error
    else:
        options["pool_pre_ping"] = True
    try:
        engine = create_engine(parsed, **options)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise InvalidInputError(
            f"VOC_DATABASE_URL: {parsed.get_backend_name()} needs a driver; pip install 'tingdong[postgresql]'"
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transaction handling is switched off: it begins too late and commits around DDL.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A reader that turns writer later may fail at once whatever the timeout; writers say so at the start.
    immediate = connection.get_execution_options().get("writes", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def session_factory(engine: Engine, *, writes: bool = True) -> sessionmaker[Session]:
    """Sessions on the engine; with `writes=False` on SQLite they do not queue behind a writer."""
    return sessionmaker(engine.execution_options(writes=writes), expire_on_commit=False)


@contextmanager
def translated() -> Iterator[None]:
    """Database errors inside become UnavailableError or ConflictError with a remedy and without any parameters."""
    try:
        yield
    except IntegrityError as error:
        raise ConflictError("another writer stored the same thing at the same time; try again") from error
    except (DBAPIError, SQLAlchemyError) as error:
        said = str(error.orig if isinstance(error, DBAPIError) else error).lower()
        remedy = next(
            (remedy for word, remedy in _REMEDIES if word in said), "the database failed; see its own log"
        )
        raise UnavailableError(remedy) from None


def upgrade(engine: Engine) -> str:
    """Bring the schema to the newest revision and return it. Safe to run twice."""
    with translated(), engine.begin() as connection:
        command.upgrade(_config(connection), "head")
    return head_revision()


def head_revision() -> str:
    """The revision this code expects."""
    head = ScriptDirectory(str(_MIGRATIONS)).get_current_head()
    return head or ""


def current_revision(engine: Engine) -> str | None:
    """The revision the database is at; None if it has none."""
    with translated(), engine.execution_options(writes=False).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def require_current(engine: Engine) -> None:
    """Raises UnavailableError unless the schema is the one this code expects."""
    found = current_revision(engine)
    if found != head_revision():
        state = "has no tables yet" if found is None else f"is at revision {found}, not {head_revision()}"
        raise UnavailableError(f"the database {state}; run `voc db upgrade`")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config
