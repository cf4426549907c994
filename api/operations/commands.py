"""Commands that run the product."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from api.build import classifier_of, code_version, encoder_of, open_analyzer, taxonomy_of
from api.console import FAILED, command, emit_json, output_file, say
from api.main import create_app
from api.operations import doctor as checks
from api.settings import Settings
from data.domain.errors import InvalidInputError
from data.store.session import open_engine, upgrade
from eval.inputs import Inputs, Judged
from eval.markdown import model_card, placed
from eval.report import lines as report_lines
from eval.report import plain
from eval.run import EVALUATIONS, Bench, evaluate
from nlp.encoder_folder import prepare as prepare_encoder
from training.dataset import read_corpus
from training.run import read_masked
from training.run import train as run_training
from training.tuned import TUNED, Recipe

AsJson = Annotated[bool, typer.Option("--json", help="one JSON document on standard output")]
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
database = typer.Typer(help="The database.", no_args_is_help=True)


def doctor(
    prepare: Annotated[
        bool, typer.Option("--prepare", help="make what can be made: encoder, model, database")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say what is missing and how to get it. Status 1 if something is."""
    with command() as settings:
        if prepare:
            checks.prepare(settings, say)
        findings = checks.examine(settings)
        if as_json:
            emit_json([{"name": f.name, "ok": f.ok, "detail": f.detail, "remedy": "" if f.ok else f.remedy} for f in findings])  # fmt: skip
        else:
            for line in checks.lines(findings):
                print(line)
        if not all(finding.ok for finding in findings):
            raise typer.Exit(FAILED)


@database.command("upgrade")
def upgrade_database() -> None:
    """Bring the database to the newest schema. Safe to run twice."""
    with command() as settings:
        engine = open_engine(settings.database)
        try:
            print(f"database at revision {upgrade(engine)}")
        finally:
            engine.dispose()


def serve(
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
) -> None:
    """Serve the API. A token (VOC_API_TOKEN) is required unless it listens on loopback only."""
    with command() as settings:
        uvicorn.run(create_app(guarded(settings, host), say), host=host, port=port, log_level="warning")


def guarded(settings: Settings, host: str) -> Settings:
    """The settings, if they suffice to listen on `host`. Raises InvalidInputError."""
    if host not in _LOOPBACK and settings.api_token is None:
        raise InvalidInputError(
            f"{host} is not loopback: set VOC_API_TOKEN (16 characters or more), or listen on 127.0.0.1"
        )
    return settings


def train() -> None:
    """Train the models on the labelled corpus and put the result in use."""
    with command() as settings:
        result = run_training(
            taxonomy_of(settings),
            encoder_of(settings),
            classifier_of(settings),
            settings.bundles,
            code_version(),
            say,
        )
        emit_json({"bundle": result.bundle, "held_out_writers": result.scores, "voices": result.voices})


def tune(
    folder: Annotated[Path, typer.Option(help="where the result goes")] = TUNED,
    epochs: Annotated[int, typer.Option(min=1, help="times every text is seen")] = 6,
    only_final: Annotated[
        bool, typer.Option("--only-final", help="keep the folds of the run before; a third of the time")
    ] = False,
) -> None:
    """Tune the classifier on the labelled corpus, an hour or more; then run `voc train`. Takes up an interrupted run."""
    from training.tune import tune as run_tuning  # torch: only for those who tune

    with command() as settings:
        examples, redacted = read_masked(taxonomy_of(settings), say)
        base = prepare_encoder(settings.models)
        run_tuning(
            examples,
            redacted,
            taxonomy_of(settings),
            base,
            folder,
            code_version(),
            Recipe(epochs=epochs),
            say,
            only_final=only_final,
        )


def evaluate_one(
    name: Annotated[str, typer.Argument(help=", ".join(EVALUATIONS))],
    input_path: Annotated[Path | None, typer.Option("--input", help="file to be judged")] = None,
    gold: Annotated[Path | None, typer.Option("--gold", help="its gold labels")] = None,
    second: Annotated[
        Path | None,
        typer.Option("--second", help="labels of another reader (conversations), to compare with"),
    ] = None,
    markdown: Annotated[
        Path | None,
        typer.Option("--markdown", help="also write a model card, into its place where the file has one"),
    ] = None,
    quotes: Annotated[bool, typer.Option(help="show quotes of errors in the model card")] = True,
    as_json: AsJson = False,
) -> None:
    """Measure one thing."""
    with command() as settings:
        bench = Bench(
            Inputs(input_path, gold, second),
            settings.zone,
            lambda: open_analyzer(settings, say),
            _labelled_conversations,
        )
        measured = evaluate(name, bench)
        if markdown is not None:
            if name != "conversations":
                raise InvalidInputError("--markdown: only `voc eval conversations` has a model card")
            before = markdown.read_text(encoding="utf-8") if markdown.is_file() else ""
            with output_file(markdown) as stream:
                stream.write(placed(before, model_card(measured, quotes=quotes)))
        figures = plain(measured)
        if as_json:
            emit_json(figures)
        else:
            for line in report_lines(figures):
                print(line)


def _labelled_conversations() -> list[Judged]:
    """What the baselines of an evaluation learn from: the corpus the models were trained on."""
    return [Judged(e.conversation, e.gold) for e in read_corpus() if not e.single]


def register(app: typer.Typer) -> None:
    """Hang the commands into the application."""
    app.command()(doctor)
    app.command()(serve)
    app.command()(train)
    app.command()(tune)
    app.command("eval")(evaluate_one)
    app.add_typer(database, name="db")
