"""What the structure promises, beyond the import contracts."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("api", "data", "eval", "nlp", "training")
SOURCES = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]


def test_every_folder_of_code_is_a_package() -> None:
    for path in SOURCES:
        if "migrations" not in path.parts:
            assert (path.parent / "__init__.py").exists(), path


def test_modules_stay_readable() -> None:
    long = {
        str(p.relative_to(ROOT)): n for p in SOURCES if (n := len(p.read_text("utf-8").splitlines())) > 400
    }
    assert not long


@pytest.mark.parametrize(
    ("vendor", "homes"),
    [
        ("jieba", {"nlp/tokenizer.py"}),
        ("onnxruntime", {"nlp/onnx_graph.py"}),
        ("sentence_transformers", {"nlp/encoder_sentence_transformers.py"}),
        ("opencc", {"nlp/text.py"}),
        ("openpyxl", {"data/readers/tables.py"}),
        ("uvicorn", {"api/operations/commands.py"}),
    ],
    ids=["jieba", "onnxruntime", "sentence-transformers", "opencc", "openpyxl", "uvicorn"],
)
def test_a_vendor_has_one_home(vendor: str, homes: set[str]) -> None:
    assert {str(p.relative_to(ROOT)) for p in SOURCES if vendor in imported(p)} == homes


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def test_only_the_api_reads_the_environment_and_the_clock() -> None:
    for path in SOURCES:
        if path.relative_to(ROOT).parts[0] == "api" or "bench" in path.parts:
            continue
        source = path.read_text(encoding="utf-8")
        for word in ("os.environ", "os.getenv", "datetime.now", "date.today", "time.time"):
            assert word not in source, f"{path}: {word}"


def test_importing_any_module_does_nothing() -> None:
    """No model is loaded and no file written by an import."""
    modules = ["api.cli", "api.main", "nlp.pipeline", "training.run", "eval.run"]
    script = (
        f"import sys; [__import__(m) for m in {modules!r}]; "
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'jieba', 'onnxruntime', 'opencc'} & set(sys.modules); "
        "sys.exit(', '.join(heavy) or 0)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert ran.returncode == 0, ran.stderr
