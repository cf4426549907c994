from __future__ import annotations

from pathlib import Path

from data.readers.records import Rejected
from data.readers.texts import Text, read_texts


def test_lines_of_id_and_text_are_read_exactly_and_bad_ones_rejected(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text(
        '{"id": 7, "text": " 你好\\n "}\nnot json\n{"id": "b"}\n\n{"text": "x"}\n', encoding="utf-8"
    )
    found = list(read_texts(path))
    assert found[0] == Text("7", " 你好\n ", 1)
    assert [(r.line, r.code) for r in found if isinstance(r, Rejected)] == [
        (2, "bad_json"),
        (3, "missing_text"),
    ]
    assert found[-1] == Text("5", "x", 5)
