"""Batch inputs of the commands: lines of `{"id", "text"}` (or another field of text)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data.domain.errors import InvalidInputError
from data.readers.encoding import PROBLEMS, text_lines
from data.readers.records import Rejected


@dataclass(frozen=True, slots=True)
class Text:
    """One line: its id and its text, exactly as given."""

    id: str
    text: str
    line: int
    labels: tuple[str, ...] = ()


def read_texts(path: Path, field: str = "text", *, labelled: bool = False) -> Iterator[Text | Rejected]:
    """Lines of a file, one by one; a broken line is rejected and the rest goes on.

    With `labelled` every line must also have `labels`, a list of at least one name.

    Raises InvalidInputError when the file cannot be opened.
    """
    try:
        for line, raw, problem in text_lines(path):
            if problem:
                yield Rejected(path.name, line, problem, PROBLEMS[problem])
            elif raw is not None and raw.strip():
                yield _text(path.name, line, raw, field, labelled)
    except OSError as error:
        raise InvalidInputError(f"{path.name}: cannot be read ({error.strerror})") from error


def _text(name: str, line: int, raw: str, field: str, labelled: bool) -> Text | Rejected:
    try:
        value = json.loads(raw)
    except (json.JSONDecodeError, RecursionError):
        return Rejected(name, line, "bad_json", "not valid JSON; every line must be one JSON object")
    if not isinstance(value, dict) or not isinstance(value.get(field), str):
        return Rejected(name, line, "missing_text", f"no string `{field}`; give lines of id and {field}")
    labels = value.get("labels", [])
    if labelled and not (isinstance(labels, list) and labels and all(isinstance(x, str) for x in labels)):
        return Rejected(name, line, "missing_labels", "no `labels`; give a list of at least one label name")
    return Text(str(value.get("id", line)), value[field], line, tuple(labels) if labelled else ())
