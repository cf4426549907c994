"""Commands on conversations: ingest, analyze, redact, and what is done to them afterwards."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from api.build import open_analyzer, open_database, open_pseudonymiser, open_tokenizer
from api.console import UNUSABLE, command, emit_json, output_file, progress, say, write_of
from api.conversations import service
from api.conversations.files import analyze_file, ingest_files, iter_told, told
from api.conversations.ingest import Ingest, IngestReport, key_changed
from api.conversations.service import Desk
from api.settings import Settings
from data.domain.errors import InvalidInputError
from data.readers import Rejected
from data.readers.texts import Text, read_texts
from data.store.imports import ImportRepository
from data.store.session import translated
from nlp.redaction import PiiType, find_spans, mask
from nlp.redaction.conversation import redact_id

_KEY_CHANGED = (
    "voc: the pseudonym key is not the one used before with this database: repeat contacts no longer join with "
    "earlier ones, and known conversations will look changed; restore the key if you can"
)
Paths = Annotated[list[Path], typer.Argument(help="files of conversations", readable=False)]
Replace = Annotated[
    bool, typer.Option("--replace", help="store a known id with other content as a new version")
]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON document on standard output")]
Output = Annotated[Path, typer.Option("--output", help="file to write; - is standard output")]


def ingest(paths: Paths, replace: Replace = False, as_json: AsJson = False) -> None:
    """Read, redact, store and analyse conversations. Safe to run again after any interruption."""
    with command() as settings:
        report = ingest_paths(settings, paths, replace=replace)
        for line in iter_told(report):
            say(line)
        if as_json:
            emit_json(report.to_json())
        else:
            _print_report(report)
        if report.accepted == 0:
            raise typer.Exit(UNUSABLE)


def ingest_paths(settings: Settings, paths: list[Path], *, replace: bool) -> IngestReport:
    """The import itself, with a progress bar on a terminal."""
    analyzer, pseudonymiser = open_analyzer(settings, say), open_pseudonymiser(settings, say)
    write = write_of(settings)
    with open_database(settings) as database, progress("conversations") as advance:
        if key_changed(database.sessions, pseudonymiser.fingerprint("key"), write):
            say(_KEY_CHANGED)
        run = Ingest(
            database, analyzer, settings.zone, open_tokenizer().search_terms, write,
            batch=settings.batch, replace_known=replace, advance=advance,
        )  # fmt: skip
        return ingest_files(run, paths, settings.zone, pseudonymiser)


def _print_report(report: IngestReport) -> None:
    for file in report.files:
        again = f" ({file.replaced} as new versions)" if file.replaced else ""
        print(
            f"{file.path} [{file.reader or '-'}]: {file.added} added{again}, {file.known} known, {file.rejected} rejected"
        )
    print(f"import {report.import_id}: {report.added} added, {report.known} known")


def analyze(
    path: Annotated[Path, typer.Argument(help="a file of conversations", readable=False)], output: Output
) -> None:
    """Analyse a file without a database; one JSON line per accepted conversation, in order."""
    with command() as settings, progress("conversations") as advance:
        analyzer = open_analyzer(settings, say)
        target = nullcontext(sys.stdout) if str(output) == "-" else output_file(output)
        with target as stream:
            done = analyze_file(
                analyzer, path, settings.zone, settings.batch, stream, lambda t: say(told(t)), advance
            )
        say(f"{path.name} [{done.reader}]: {done.written} analysed, {done.rejected} rejected")
        if done.written == 0:
            raise typer.Exit(UNUSABLE)


def redact(
    path: Annotated[Path, typer.Argument(help='lines of {"id", "text"}', readable=False)], output: Output
) -> None:
    """Mask personal data in lines of id and text; spans are offsets into the original text."""
    with command() as settings:
        pseudonymiser = open_pseudonymiser(settings, say)
        written = 0
        target = nullcontext(sys.stdout) if str(output) == "-" else output_file(output)
        with target as stream:
            for item in read_texts(path):
                if isinstance(item, Rejected):
                    say(told(item))
                    continue
                stream.write(
                    json.dumps(_redacted(item, redact_id(item.id, pseudonymiser)), ensure_ascii=False)
                )
                stream.write("\n")
                written += 1
        if written == 0:
            raise typer.Exit(UNUSABLE)


def _redacted(item: Text, identity: str) -> dict[str, object]:
    spans = find_spans(item.text)
    return {
        "id": identity,
        "text": mask(item.text, spans),
        "spans": [{"begin": s.begin, "end": s.end, "type": s.type.value} for s in spans],
    }


imports = typer.Typer(help="Runs of imports.", no_args_is_help=True)
speakers = typer.Typer(help="Who spoke.", no_args_is_help=True)
Id = Annotated[str, typer.Argument(help="id as listed")]


@imports.command("list")
def list_imports(as_json: AsJson = False) -> None:
    """Imports, newest first."""
    with (
        command() as settings,
        open_database(settings) as database,
        translated(),
        database.readers() as session,
    ):
        found = ImportRepository(session).all()
        if as_json:
            emit_json([{"id": i.id, "at": i.at.isoformat(), "actor": i.actor, "state": i.state, "files": i.files} for i in found])  # fmt: skip
            return
        for item in found:
            print(
                f"{item.id}  {item.at.astimezone(settings.zone):%Y-%m-%d %H:%M}  {item.actor}  {item.state}"
            )


@imports.command("undo")
def undo(import_id: Id) -> None:
    """Take back everything an import added."""
    with (
        command() as settings,
        open_database(settings) as database,
        translated(),
        database.sessions.begin() as session,
    ):
        touched = service.undo_import(_desk(settings, session), import_id, write_of(settings))
        print(f"{touched} conversations taken back")


@speakers.command("flip")
def flip(
    conversation: Annotated[str | None, typer.Option(help="id of one conversation")] = None,
    import_id: Annotated[str | None, typer.Option("--import", help="id of an import")] = None,
) -> None:
    """Swap caller and agent in one conversation or in a whole import, and analyse again."""
    with command() as settings:
        if (conversation is None) == (import_id is None):
            raise InvalidInputError("give either --conversation or --import")
        analyzer = open_analyzer(settings, say)
        with open_database(settings) as database, translated(), database.sessions.begin() as session:
            desk, write = _desk(settings, session), write_of(settings)
            if conversation is not None:
                flipped = service.flip_conversation(desk, analyzer, conversation, write)
            else:
                flipped = service.flip_import(desk, analyzer, import_id or "", write)
            print(f"{flipped} conversations flipped and analysed again")


def reanalyse() -> None:
    """Analyse everything stored again with the model in use; older analyses are kept."""
    with command() as settings, open_database(settings) as database, progress("conversations") as advance:
        analyzer = open_analyzer(settings, say)
        terms, write = open_tokenizer().search_terms, write_of(settings)
        after: str | None = ""
        total = 0
        while after is not None:
            with translated(), database.sessions.begin() as session:
                after, number = service.reanalyse_page(
                    Desk(session, settings.zone, terms), analyzer, after, write
                )
            total += number
            advance(number)
        print(f"{total} conversations analysed again")


def erase(
    conversation: Annotated[str | None, typer.Option(help="id of one conversation")] = None,
    customer: Annotated[
        str | None, typer.Option(help="a customer's pseudonym, or the customer id itself")
    ] = None,
) -> None:
    """Erase one conversation, or all conversations of one customer, for good."""
    with command() as settings:
        if (conversation is None) == (customer is None):
            raise InvalidInputError("give either --conversation or --customer")
        key = open_pseudonymiser(settings, say).pseudonym("cust", customer) if customer else None
        with open_database(settings) as database, translated(), database.sessions.begin() as session:
            desk, write = _desk(settings, session), write_of(settings)
            if conversation is not None:
                service.erase_conversation(desk, conversation, write)
                erased = 1
            else:
                erased = service.erase_customer(desk, key or "", write)
            print(f"{erased} conversations erased")


def mask_miss(
    kind: Annotated[PiiType, typer.Option("--type", help="what kind of personal data it is")],
    text: Annotated[
        str | None, typer.Option(help="the missed string; asked for (and not shown) when left out")
    ] = None,
) -> None:
    """Mask a string that redaction missed, everywhere it is stored."""
    with command() as settings:
        missed = text if text is not None else typer.prompt("text to mask", hide_input=True, err=True)
        with open_database(settings) as database, translated(), database.sessions.begin() as session:
            touched = service.mask_miss(_desk(settings, session), missed, kind, write_of(settings))
            print(f"masked in {touched} conversations")


def _desk(settings: Settings, session: Session) -> Desk:
    return Desk(session, settings.zone, open_tokenizer().search_terms)


def register(app: typer.Typer) -> None:
    """Hang the commands into the application."""
    app.command()(ingest)
    app.command()(analyze)
    app.command()(redact)
    app.command()(reanalyse)
    app.command()(erase)
    app.command("mask")(mask_miss)
    app.add_typer(imports, name="imports")
    app.add_typer(speakers, name="speakers")
