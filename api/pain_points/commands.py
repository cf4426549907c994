"""`voc rank`, and `voc demo`, which ends with a ranking."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from api.build import open_database, taxonomy_of
from api.console import command, day, emit_json, say
from api.conversations.commands import ingest_paths
from api.conversations.files import iter_told
from api.pain_points.service import ranking
from api.pain_points.text import lines
from api.settings import ROOT, Settings
from data.domain.errors import UnavailableError
from data.store.reports import Filters, Window
from data.store.session import translated

SAMPLES = ROOT / "data" / "samples" / "conversations.jsonl"
# The last three months of the samples, so that the three before them are the comparison.
_DEMO_WINDOW = Window(date(2026, 8, 1), date(2026, 10, 31))


def rank(
    first: Annotated[str | None, typer.Option("--from", help="first day, 2026-03-01")] = None,
    last: Annotated[str | None, typer.Option("--to", help="last day, included")] = None,
    by: Annotated[str, typer.Option(help="pain_point, problem, stage, intent or delight")] = "pain_point",
    org: Annotated[str | None, typer.Option(help="an organisation and all below it")] = None,
    channel: Annotated[str | None, typer.Option(help="for example hotline")] = None,
    role: Annotated[str | None, typer.Option(help="caller role, for example customer")] = None,
    product: Annotated[str | None, typer.Option(help="product as in the metadata")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="items at most")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document on standard output")] = False,
) -> None:
    """Rank what callers say. With both dates given, the equal window before is compared."""
    with command() as settings:
        window = Window(day(first, "--from"), day(last, "--to"))
        filters = Filters(org=org, channel=channel, role=role, product=product)
        with open_database(settings) as database, translated(), database.readers() as session:
            found = ranking(session, taxonomy_of(settings), by, window, filters, limit)
        if as_json:
            emit_json(found.to_json())
        else:
            for line in lines(found):
                print(line)


def demo() -> None:
    """Load the shipped sample conversations into a database of their own and show what hurts."""
    with command() as given:
        settings = _demo_settings(given)
        if not SAMPLES.is_file():
            raise UnavailableError(f"{SAMPLES}: the samples are missing; run the demo from a checkout")
        report = ingest_paths(settings, [SAMPLES], replace=False)
        for line in iter_told(report):
            say(line)
        print(f"样例会话（虚构）：{report.accepted} 个，来自 {SAMPLES.relative_to(ROOT)}\n")
        with open_database(settings) as database, translated(), database.readers() as session:
            found = ranking(session, taxonomy_of(settings), "pain_point", _DEMO_WINDOW, Filters(), 10)
        print("痛点排行（* 表示变化显著）")
        for line in lines(found):
            print(line)
        print(_next_steps(settings))


def _demo_settings(settings: Settings) -> Settings:
    """The same installation with the demo's own database, which is made anew each time."""
    path = (settings.var_dir / "demo.db").absolute()
    try:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
    except OSError as error:
        raise UnavailableError(
            f"{path}: the demo's old database cannot be removed ({error.strerror})"
        ) from error
    return settings.model_copy(update={"database_url": f"sqlite:///{path}"})


def _next_steps(settings: Settings) -> str:
    bin_dir = Path(".venv/bin") if Path(".venv/bin/voc").exists() else Path()
    voc = bin_dir / "voc"
    return f"""
接下来 / where to look next
  按问题、意图、爽点看    export VOC_DATABASE_URL={settings.database_url}
                          {voc} rank --by intent --from 2026-08-01 --to 2026-10-31
  浏览会话与下钻（接口）  {voc} serve          → http://127.0.0.1:8000/docs
  换成自己的数据          unset VOC_DATABASE_URL; {voc} ingest 你的文件.jsonl; {voc} rank
  说明                    README.md · docs/"""


def register(app: typer.Typer) -> None:
    """Hang the commands into the application."""
    app.command()(rank)
    app.command()(demo)
