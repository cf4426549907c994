"""What all commands share: messages on standard error, results on standard output, exit statuses."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TextIO

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from api.settings import Settings, read_settings
from data.domain.errors import InvalidInputError, UnavailableError, VocError
from data.store.audit import Write

DONE, FAILED, UNUSABLE = 0, 1, 2


def say(message: str) -> None:
    """A message to the person at the terminal."""
    print(message, file=sys.stderr)


def emit_json(value: Any) -> None:
    """One JSON document as the result of a command."""
    print(json.dumps(value, ensure_ascii=False, indent=1))


def write_of(settings: Settings) -> Write:
    """Actor and time of a command's writes."""
    return Write(settings.actor, datetime.now(UTC))


@contextmanager
def failing_clearly() -> Iterator[None]:
    """Expected errors become one line and an exit status: 2 for what was handed in, 1 for everything else."""
    try:
        yield
    except VocError as error:
        say(f"voc: {error}")
        raise typer.Exit(UNUSABLE if isinstance(error, InvalidInputError) else FAILED) from None
    except typer.Exit:
        raise
    except BrokenPipeError:
        # Whoever read the results has seen enough; the interpreter must not complain about it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(DONE) from None
    except Exception as error:
        # Not foreseen: its message may hold what a customer said, so only kind and place are told.
        place = traceback.extract_tb(error.__traceback__)[-1]
        say(f"voc: internal error, {type(error).__name__} at {Path(place.filename).name}:{place.lineno}")
        raise typer.Exit(FAILED) from None
    except KeyboardInterrupt:
        say("voc: stopped; what was stored stays, run the command again to go on")
        raise typer.Exit(130) from None


@contextmanager
def command() -> Iterator[Settings]:
    """Settings for a command, its errors told clearly."""
    with failing_clearly():
        yield read_settings()


@contextmanager
def output_file(path: Path) -> Iterator[TextIO]:
    """A text file that appears under its name only when complete. Raises UnavailableError, InvalidInputError."""
    pending = path.with_name(f".{path.name}.part")
    if path.is_dir():
        raise InvalidInputError(f"{path}: is a folder; name a file")
    try:
        with pending.open("w", encoding="utf-8") as stream:
            yield stream
        pending.replace(path)
    except OSError as error:
        raise UnavailableError(f"{path}: cannot be written ({error.strerror})") from error
    finally:
        pending.unlink(missing_ok=True)


@contextmanager
def progress(what: str) -> Iterator[Callable[[int], None]]:
    """A callback that moves a progress bar on a terminal and does nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda steps: bar.advance(task, steps)


def day(value: str | None, option: str) -> date | None:
    """A date given as 2026-03-01. Raises InvalidInputError naming the option."""
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise InvalidInputError(f"{option}: not a date such as 2026-03-01") from error
