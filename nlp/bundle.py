"""A trained model on disk: a folder with a manifest, arrays as safetensors, names as JSON; never pickle."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from data.domain.errors import UnavailableError
from nlp.features import Features
from nlp.heads import LinearHead, Softmax, TagCalibration
from nlp.model import Model
from nlp.newcomers import NewcomerScale
from nlp.speakers import SpeakerHead

FORMAT = 4
_MANIFEST = "manifest.json"
_ARRAYS = "model.safetensors"
_NAMES = "names.json"
_POINTER = "current"

Arrays = dict[str, NDArray[Any]]


def save_bundle(model: Model, facts: Mapping[str, Any], bundles: Path) -> str:
    """Write a bundle under `bundles` and return its id, which is a hash of its content.

    `facts` (label hash, seeds, library versions, scores) go into the manifest as they are.
    """
    bundles.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".bundle-", dir=bundles))
    try:
        arrays, names = _flatten(model)
        save_file(arrays, work / _ARRAYS)
        (work / _NAMES).write_text(json.dumps(names, ensure_ascii=False, sort_keys=True), encoding="utf-8")
        files = {name: _sha256(work / name) for name in (_ARRAYS, _NAMES)}
        identity = hashlib.sha256("".join(files.values()).encode()).hexdigest()[:12]
        manifest = {"format": FORMAT, "id": identity, "files": files, **facts}
        (work / _MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
        work.chmod(0o755)  # temporary folders are their maker's alone; a service may run as another user
        (work / _ARRAYS).chmod(0o644)
        target = bundles / identity
        if target.exists():
            shutil.rmtree(target)
        os.replace(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return identity


def load_bundle(folder: Path) -> tuple[str, Model]:
    """Id and model of a bundle. Raises UnavailableError when it is missing, damaged, foreign or of another format."""
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        if manifest["format"] != FORMAT:
            raise UnavailableError(
                f"{folder}: bundle of format {manifest['format']}, this version reads {FORMAT}; run `voc train`"
            )
        for name, digest in manifest["files"].items():
            if _sha256(folder / name) != digest:
                raise UnavailableError(
                    f"{folder / name}: does not match its manifest; train again with `voc train`"
                )
        names = json.loads((folder / _NAMES).read_text(encoding="utf-8"))
        return str(manifest["id"]), _assemble(load_file(folder / _ARRAYS), names)
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise UnavailableError(f"{folder}: not a readable bundle; train one with `voc train`") from error


def current(bundles: Path) -> Path:
    """Folder of the bundle in use. Raises UnavailableError when none was trained yet."""
    try:
        return bundles / (bundles / _POINTER).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise UnavailableError(f"{bundles}: no trained model yet; run `voc train`") from error


def point_to(bundles: Path, identity: str) -> None:
    """Make a bundle the one in use; atomic."""
    pending = bundles / f".{_POINTER}-{os.getpid()}"
    pending.write_text(identity, encoding="utf-8")
    os.replace(pending, bundles / _POINTER)


def _flatten(model: Model) -> tuple[Arrays, dict[str, Any]]:
    arrays: Arrays = {}
    names: dict[str, Any] = {
        "encoder": model.encoder,
        "classifier": model.classifier,
        "taxonomy": model.taxonomy,
        "valence_scale": model.valence_scale,
        "parts": {"tags": list(model.tags), "choices": list(model.choices)},
    }
    arrays["stage_prior"] = np.ascontiguousarray(model.stage_prior)
    for prefix, value in _values(model):
        for field in fields(value):
            content = getattr(value, field.name)
            if isinstance(content, np.ndarray):
                arrays[f"{prefix}.{field.name}"] = np.ascontiguousarray(content)
            else:
                names[f"{prefix}.{field.name}"] = content
    return arrays, names


def _values(model: Model) -> list[tuple[str, Any]]:
    return [
        ("features", model.features),
        ("conversation_head", model.conversation_head),
        ("unit_head", model.unit_head),
        ("pain_gate", model.pain_gate),
        ("pain_stage", model.pain_stage),
        ("severity", model.severity),
        ("newcomers", model.newcomers),
        ("speakers", model.speakers),
        *((f"tags.{part}", value) for part, value in model.tags.items()),
        *((f"choices.{part}", value) for part, value in model.choices.items()),
    ]


def _assemble(arrays: Arrays, names: Mapping[str, Any]) -> Model:
    def value(kind: type[Any], prefix: str) -> Any:
        content = {}
        for field in fields(kind):
            key = f"{prefix}.{field.name}"
            found = arrays[key] if key in arrays else names[key]
            content[field.name] = tuple(found) if isinstance(found, list) else found
        return kind(**content)

    return Model(
        features=value(Features, "features"),
        conversation_head=value(LinearHead, "conversation_head"),
        unit_head=value(LinearHead, "unit_head"),
        tags={part: value(TagCalibration, f"tags.{part}") for part in names["parts"]["tags"]},
        choices={part: value(Softmax, f"choices.{part}") for part in names["parts"]["choices"]},
        pain_gate=value(Softmax, "pain_gate"),
        pain_stage=value(Softmax, "pain_stage"),
        severity=value(Softmax, "severity"),
        newcomers=value(NewcomerScale, "newcomers"),
        speakers=value(SpeakerHead, "speakers"),
        stage_prior=arrays["stage_prior"],
        valence_scale=names["valence_scale"],
        encoder=names["encoder"],
        classifier=names["classifier"],
        taxonomy=names["taxonomy"],
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
