"""Files of conversations through the analysis: into the database, or into a file of analyses."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import TextIO

from api.conversations.ingest import Ingest, IngestReport, batches
from data.domain.conversation import canonical_json
from data.domain.errors import InvalidInputError
from data.domain.wire import analysis_to_json
from data.readers import Located, Noted, Rejected, open_conversations
from nlp.pipeline import Analyzer
from nlp.redaction.conversation import redact_id
from nlp.redaction.pseudonym import Pseudonymiser

Told = Rejected | Noted


def ingest_files(
    run: Ingest, paths: Sequence[Path], zone: tzinfo, pseudonymiser: Pseudonymiser
) -> IngestReport:
    """Every file into the database; one that cannot be opened is rejected and the others go on."""
    for path in paths:
        name = redact_id(path.name, pseudonymiser)
        try:
            file = open_conversations(path, zone)
        except InvalidInputError as error:
            run.begin_file(name, None)
            run.reject(Rejected(name, None, error.code, _without_name(str(error), path.name)))
            continue
        run.begin_file(name, file.reader)
        run.take(_renamed(record, name) for record in file.records)
    return run.finish()


@dataclass(frozen=True, slots=True)
class Analysed:
    """What became of one file that was analysed without a database."""

    reader: str
    written: int
    rejected: int


def analyze_file(
    analyzer: Analyzer,
    path: Path,
    zone: tzinfo,
    batch: int,
    output: TextIO,
    tell: Callable[[Told], None],
    advance: Callable[[int], None] = lambda _: None,
) -> Analysed:
    """Analyses of a file's conversations, one line each, in order. Raises InvalidInputError if it cannot be opened."""
    file = open_conversations(path, zone)
    written = rejected = 0
    for records in batches(file.records, batch):
        for record in records:
            if not isinstance(record, Located):
                tell(record)
                rejected += isinstance(record, Rejected)
        conversations = [record.conversation for record in records if isinstance(record, Located)]
        prepared = [analyzer.prepare(c, canonical_json(c)) for c in conversations]
        for analysis in analyzer.analyze([(p.conversation, p.redactions) for p in prepared]):
            output.write(json.dumps(analysis_to_json(analysis), ensure_ascii=False) + "\n")
            written += 1
        advance(len(conversations))
    return Analysed(file.reader, written, rejected)


def _renamed(record: Located | Told, name: str) -> Located | Told:
    if record.path == name:
        return record
    if isinstance(record, Located):
        return Located(record.conversation, name, record.line)
    return type(record)(name, record.line, record.code, record.message)


def _without_name(message: str, name: str) -> str:
    return message.removeprefix(f"{name}: ")


def told(record: Told) -> str:
    """A rejection or note as one line: file, line, what and remedy."""
    place = record.path if record.line is None else f"{record.path}:{record.line}"
    return f"{place}: {record.message} [{record.code}]"


def iter_told(report: IngestReport) -> Iterator[str]:
    """All notes and rejections of an import as lines."""
    yield from (told(note) for note in report.notes)
    yield from (told(rejected) for rejected in report.rejected)
