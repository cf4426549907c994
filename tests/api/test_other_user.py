"""What a user without permission is told. The tests run as root in containers, so a child gives its rights up."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.cli import voc
from tests.builders import a_conversation, write_lines

_NOBODY = 65534
# A first run as before loads every module: the interpreter's own folders may be closed to the other user.
_SCRIPT = """
import os, sys
from api.cli import app
real = os.environ["VOC_VAR_DIR"]
os.environ["VOC_VAR_DIR"] = sys.argv[1]
app(["ingest", sys.argv[2]], standalone_mode=False)
os.environ["VOC_VAR_DIR"] = real
if os.geteuid() == 0:
    os.setgid({nobody})
    os.setuid({nobody})
app(sys.argv[3:])
"""
pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs users as on Unix")


def voc_as_nobody(var: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    warm = var.parent / "warm"
    shutil.copytree(var, warm)
    first = write_lines(var.parent / "warm.jsonl", [a_conversation(identity="warm")])
    return subprocess.run(
        [sys.executable, "-c", _SCRIPT.format(nobody=_NOBODY), str(warm), str(first), *map(str, arguments)],
        capture_output=True, text=True, env={**os.environ, "VOC_VAR_DIR": str(var)}, check=False, timeout=120,
    )  # fmt: skip


def open_all(var: Path, folders: int, files: int) -> None:
    for path in (var, *var.rglob("*")):
        path.chmod(folders if path.is_dir() else files)


@pytest.fixture
def open_folder(tmp_path: Path) -> Path:
    """A folder that another user may enter."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder == Path("/tmp"):
            break
        folder.chmod(folder.stat().st_mode | 0o755)
    return tmp_path


def test_a_file_that_may_not_be_read_is_told_and_the_others_go_in(var: Path, open_folder: Path) -> None:
    voc("db", "upgrade")
    open_all(var, 0o777, 0o666)
    secret = write_lines(open_folder / "secret.jsonl", [a_conversation(identity="s")])
    secret.chmod(0)
    good = write_lines(open_folder / "good.jsonl", [a_conversation(identity="g")])
    good.chmod(0o644)
    ran = voc_as_nobody(var, "ingest", secret, good)
    assert ran.returncode == 0, ran.stderr
    assert "secret.jsonl: no permission to read it" in ran.stderr
    assert "1 added" in ran.stdout


def test_a_folder_that_may_not_be_written_is_told_with_the_remedy(var: Path, open_folder: Path) -> None:
    open_all(var, 0o555, 0o444)
    good = write_lines(open_folder / "good.jsonl", [a_conversation(identity="g")])
    good.chmod(0o644)
    ran = voc_as_nobody(var, "ingest", good)
    var.chmod(0o755)
    assert ran.returncode == 1
    assert "permissions" in ran.stderr or "cannot be" in ran.stderr
    assert "Traceback" not in ran.stderr
