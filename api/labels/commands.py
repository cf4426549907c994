"""`voc zeroshot`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from api.build import classifier_of, encoder_of, ensure_bundle, taxonomy_of
from api.console import UNUSABLE, command, output_file, say
from api.conversations.files import told
from data.readers import Rejected
from data.readers.texts import Text, read_texts
from nlp.bundle import load_bundle
from nlp.zeroshot import ZeroShot

_BATCH = 256


def zeroshot(
    path: Annotated[Path, typer.Argument(help='lines of {"id", "text", "labels"}', readable=False)],
    output: Annotated[Path, typer.Option("--output", help="file to write")],
) -> None:
    """Rank given label names for each text, without training."""
    with command() as settings:
        encoder, classifier = encoder_of(settings), classifier_of(settings)
        _, model = load_bundle(ensure_bundle(settings, encoder, classifier, say))
        ranker = ZeroShot(model, taxonomy_of(settings), encoder, classifier)
        written = 0
        with output_file(output) as stream:
            for batch in _batches(path):
                rankings = ranker.rank([item.text for item in batch], [item.labels for item in batch])
                for item, ranking in zip(batch, rankings, strict=True):
                    ranked = [{"label": r.label, "score": round(r.score, 4)} for r in ranking]
                    stream.write(json.dumps({"id": item.id, "ranking": ranked}, ensure_ascii=False) + "\n")
                    written += 1
        if written == 0:
            raise typer.Exit(UNUSABLE)


def _batches(path: Path) -> list[list[Text]]:
    items = []
    for item in read_texts(path, labelled=True):
        if isinstance(item, Rejected):
            say(told(item))
        else:
            items.append(item)
    return [items[i : i + _BATCH] for i in range(0, len(items), _BATCH)]


def register(app: typer.Typer) -> None:
    """Hang the command into the application."""
    app.command()(zeroshot)
