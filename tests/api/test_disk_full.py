from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from data.store import session as store_session
from tests.api.cli import voc
from tests.builders import a_conversation, write_lines


def test_a_full_disk_is_told_and_the_run_can_be_repeated(
    var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_lines(
        tmp_path / "calls.jsonl", [a_conversation("养老金没到账" * 200, identity=f"c-{i}") for i in range(40)]
    )
    monkeypatch.setenv("VOC_BATCH", "5")
    voc("db", "upgrade")
    prepare = store_session._prepare_sqlite

    def small_disk(connection: sqlite3.Connection, record: object) -> None:
        prepare(connection, record)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages + 20}")

    with monkeypatch.context() as patched:
        patched.setattr(store_session, "_prepare_sqlite", small_disk)
        ran = voc("ingest", path)
    assert ran.status == 1
    assert "disk is full" in ran.err
    again = voc("ingest", path, "--json")
    assert again.status == 0
    assert again.json["added"] + again.json["known"] == 40
    assert voc("rank", "--json").json["conversations"] == 40
