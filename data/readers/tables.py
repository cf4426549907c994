"""CSV and Excel files."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from data.readers.build import Reading
from data.readers.encoding import PROBLEMS, text_lines
from data.readers.records import Record
from data.readers.rows import is_table, read_rows

_DELIMITERS = ",\t;|，"
_FIELD_LIMIT = 10 * 1024 * 1024


def csv_delimiter(first_line: str) -> str | None:
    """The delimiter that makes a header of the first line, or None."""
    for delimiter in _DELIMITERS:
        header = next(csv.reader([first_line.lstrip("\ufeff")], delimiter=delimiter), [])
        if is_table(header) and (len(header) > 1 or delimiter == ","):
            return delimiter
    return None


def read_csv(reading: Reading, path: Path) -> Iterator[Record]:
    """One row a turn. Broken lines are rejected, the others go on."""
    csv.field_size_limit(_FIELD_LIMIT)
    problems: list[Record] = []
    delimiter = ","

    def good_lines() -> Iterator[str]:
        for line, text, problem in text_lines(path):
            if problem:
                problems.append(reading.rejected(line, problem, PROBLEMS[problem]))
            elif text is not None:
                yield text.replace("\x00", "") + "\n"

    lines = good_lines()
    first = next(lines, "")
    delimiter = csv_delimiter(first) or ","
    header = next(csv.reader([first.lstrip("\ufeff")], delimiter=delimiter), [])
    table = csv.reader(lines, delimiter=delimiter)

    def rows() -> Iterator[tuple[int, Sequence[Any]]]:
        while True:
            try:
                cells = next(table)
            except StopIteration:
                return
            except csv.Error as error:
                problems.append(reading.rejected(table.line_num + 1, "bad_row", f"not a CSV row ({error})"))
                continue
            yield table.line_num + 1, cells

    for record in read_rows(reading, header, rows()):
        yield from _drained(problems)
        yield record
    yield from _drained(problems)


def _drained(problems: list[Record]) -> list[Record]:
    found = problems.copy()
    problems.clear()
    return found


def is_workbook(head: bytes, path: Path) -> bool:
    """A zip archive with a workbook in it."""
    if not head.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return False


def read_workbook(reading: Reading, path: Path) -> Iterator[Record]:
    """The first sheet that has a column of text; one row a turn."""
    from openpyxl import load_workbook

    with path.open("rb") as stream:
        book = load_workbook(io.BufferedReader(stream), read_only=True, data_only=True)
        try:
            for sheet in book.worksheets:
                rows = sheet.iter_rows(values_only=True)
                header = next(rows, ())
                if is_table(header):
                    numbered = ((number, tuple(row)) for number, row in enumerate(rows, 2))
                    yield from read_rows(reading, header, numbered)
                    return
        finally:
            book.close()
    yield reading.rejected(
        1, "missing_turns", "no sheet has a column of text in its first row; name one 内容 or text"
    )
