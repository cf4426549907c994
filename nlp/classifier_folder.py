"""Preparing the classifier once: adapter merged into the base weights, heads on top, one int8 graph."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data.domain.errors import UnavailableError
from nlp.classifier import GRAPH, OnnxClassifier
from nlp.onnx_graph import TOKENIZER, export

HEADS = "heads.safetensors"
_MANIFEST = "manifest.json"
_FP32 = "classifier.onnx"
_FOLDER = "classifier"
# Raised whenever what is written changes.
_RECIPE = 1


def base_hash(base: Path) -> str:
    """Identity of the weights that an adapter belongs to."""
    return _sha256(base / "model.safetensors")


def facts_of(tuned: Path) -> Mapping[str, Any]:
    """The manifest of a tuning run. Raises UnavailableError when a file of it is missing or damaged."""
    try:
        facts: Mapping[str, Any] = json.loads((tuned / _MANIFEST).read_text(encoding="utf-8"))
        damaged = [name for name, digest in facts["files"].items() if _sha256(tuned / name) != digest]
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise UnavailableError(f"{tuned}: no readable tuning run; make one with `voc tune`") from error
    if damaged:
        raise UnavailableError(f"{tuned / damaged[0]}: does not match its manifest; restore it or `voc tune`")
    return facts


def problems(models: Path, tuned: Path) -> list[str]:
    """What is wrong with the prepared classifier; empty if it is whole and belongs to the tuning run."""
    folder = models / _FOLDER
    try:
        written = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        if (written["recipe"], written["tuned"]) != (_RECIPE, _sha256(tuned / _MANIFEST)):
            return [f"{folder}: made of another tuning run"]
        return [
            f"{folder / n}: damaged or missing"
            for n, d in written["files"].items()
            if _sha256(folder / n) != d
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return [f"{folder}: not prepared yet"]


def open_classifier(models: Path, tuned: Path, base: Path, threads: int) -> OnnxClassifier:
    """The classifier of a tuning run, prepared on first use from the prepared encoder `base`.

    Raises UnavailableError when the run is damaged or was made on other weights.
    """
    facts = facts_of(tuned)
    folder = models / _FOLDER
    if problems(models, tuned):
        _prepare(folder, tuned, facts, base)
    identity = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))["files"][GRAPH][:12]
    return OnnxClassifier(folder, tuple(facts["columns"]), f"classifier-{identity}", threads)


def _prepare(target: Path, tuned: Path, facts: Mapping[str, Any], base: Path) -> None:
    if facts["base_sha256"] != base_hash(base):
        raise UnavailableError(f"{tuned}: tuned on other weights than {base}; make it anew with `voc tune`")
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{_FOLDER}-", dir=target.parent))
    try:
        _export(tuned, base, work)
        shutil.copyfile(base / TOKENIZER, work / TOKENIZER)
        names = (GRAPH, TOKENIZER)
        content = {
            "recipe": _RECIPE,
            "tuned": _sha256(tuned / _MANIFEST),
            "files": {name: _sha256(work / name) for name in names},
        }
        (work / _MANIFEST).write_text(json.dumps(content, indent=1), encoding="utf-8")
        work.chmod(0o755)
        for path in work.iterdir():
            path.chmod(0o644)
        if target.exists():
            shutil.rmtree(target)
        try:
            os.replace(work, target)
        except OSError:
            if problems(target.parent, tuned):  # another process may have been faster
                raise
    except OSError as error:
        raise UnavailableError(f"{target}: the classifier cannot be prepared ({error.strerror})") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _export(tuned: Path, base: Path, work: Path) -> None:
    from safetensors.torch import load_file

    from nlp.classifier_network import ClassifierNetwork, LabelHeads, open_bert, with_adapter

    weights = {name: tensor.float() for name, tensor in load_file(tuned / HEADS).items()}
    heads = LabelHeads(weights["query"])
    heads.load_state_dict(weights)
    network = ClassifierNetwork(with_adapter(open_bert(base, "eager"), tuned), heads)
    export(network, work / _FP32, work / GRAPH)
    (work / _FP32).unlink()


def _sha256(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
