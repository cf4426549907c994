"""An ingest killed at any moment and run again loses nothing and doubles nothing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import func, select

from api.build import open_database
from api.settings import Settings
from data.store import reports, rollups
from data.store.tables import AnalysisRow, ConversationRow, VersionRow
from tests.api.cli import voc
from tests.builders import a_conversation, write_lines

POINTS = 50
_CONVERSATIONS = 60
# A child that imports once and is forked for every point: what is killed is the ingest, not Python's start.
_SERVER = """
import os, sys
from api.cli import app
import api.conversations.commands, nlp.tokenizer
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        sys.stdout = sys.stderr = open(os.devnull, "w")
        try:
            app(["ingest", line.strip()], standalone_mode=False)
        finally:
            os._exit(0)
    print(child, flush=True)
    os.waitpid(child, 0)
    print("done", flush=True)
"""


def test_an_ingest_killed_at_random_points_ends_complete(var: Path, tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "calls.jsonl",
        [
            a_conversation(
                f"养老金申请了{i}天，钱没到账", "坐：您好", identity=f"c-{i}", org=f"分公司{i % 3}"
            )
            for i in range(_CONVERSATIONS)
        ],
    )
    seed = int.from_bytes(os.urandom(4), "big")
    print(f"seed {seed}")
    draw = random.Random(seed)
    voc("doctor", "--prepare")
    environment = {**os.environ, "VOC_BATCH": "3", "VOC_VAR_DIR": str(var)}
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert server.stdin
    assert server.stdout
    killed, longest, seen = 0, 3.0, set()
    for point in range(POINTS):
        server.stdin.write(f"{path}\n")
        server.stdin.flush()
        child, started = int(server.stdout.readline()), time.monotonic()
        time.sleep(draw.uniform(0, longest))
        try:
            os.kill(child, signal.SIGKILL)
        except ProcessLookupError:
            longest = time.monotonic() - started
        assert server.stdout.readline() == "done\n"
        stored = _check(var)
        seen.add(stored)
        killed += stored < _CONVERSATIONS
        if stored == _CONVERSATIONS and point < POINTS - 1:
            _start_over(var)
    server.stdin.close()
    server.wait()
    server.stdout.close()
    assert killed >= POINTS // 5, f"{killed} of {POINTS} kills hit a running ingest"
    assert len(seen) > 5, f"only these numbers of conversations were stored at a kill: {sorted(seen)}"
    final = voc("ingest", path, "--json").json
    assert final["added"] + final["known"] == _CONVERSATIONS
    assert _check(var) == _CONVERSATIONS


def _check(var: Path) -> int:
    """Whole conversations only, and roll-ups that equal a recount; the number stored."""
    with open_database(Settings(var_dir=var)) as database, database.readers() as session:
        stored = reports.total(session)
        for table in (VersionRow, AnalysisRow):
            assert session.scalar(select(func.count()).select_from(table)) == stored
        assert session.scalar(select(func.count(ConversationRow.analysis_id))) == stored
        assert rollups.stored(session) == rollups.counted(session)
        return stored


def _start_over(var: Path) -> None:
    for path in var.glob("voc.db*"):
        path.unlink()
    voc("db", "upgrade")
