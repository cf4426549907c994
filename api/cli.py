"""The console script `voc`."""

from __future__ import annotations

import typer

from api.conversations import commands as conversations
from api.labels import commands as labels
from api.operations import commands as operations
from api.pain_points import commands as pain_points

app = typer.Typer(
    help="听懂 Tingdong: voice of customer for insurance contact centres.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its tracebacks would show local variables, and so what customers said
)
for feature in (conversations, pain_points, labels, operations):
    feature.register(app)


def main() -> None:
    """Entry point."""
    app()
