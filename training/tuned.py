"""What tuning leaves behind, in small: an adapter, heads, and what models that had not seen a text said of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from data.domain.errors import InvalidInputError
from nlp.classifier import Logits, no_logits
from nlp.heads import Scores
from training.dataset import Example

TUNED = Path(__file__).parent / "tuned"
HELD_OUT = "held_out.safetensors"
HELD_OUT_IDS = "held_out.json"
MANIFEST = "manifest.json"
_LOGITS = "logits"
# With fewer texts left to calibrate on, the classifier is left out.
_ENOUGH = 300


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a tuning run may vary."""

    folds: int = 3
    epochs: int = 6
    heard: int = 2  # noisy versions kept of every text
    seed: int = 0


def write_held_out(folder: Path, examples: Sequence[Example], logits: Scores) -> None:
    """Keep the logits (examples, columns) with the identity and a hash of each text."""
    save_file({_LOGITS: logits.astype(np.float16)}, folder / HELD_OUT)
    known = {example.conversation.id: text_hash(example) for example in examples}
    (folder / HELD_OUT_IDS).write_text(json.dumps(known, indent=0), encoding="utf-8")


def held_out_logits(folder: Path, columns: tuple[str, ...], examples: Sequence[Example]) -> Logits:
    """Logits of the examples by models that had not seen them; nan where a text is new or was changed.

    No logits at all when most of the corpus is new: then the classifier should be tuned again (`voc tune`).
    """
    try:
        logits = load_file(folder / HELD_OUT)[_LOGITS].astype(np.float64)
        known: dict[str, str] = json.loads((folder / HELD_OUT_IDS).read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError) as error:
        raise InvalidInputError(f"{folder}: not readable; tune again with `voc tune`") from error
    place = {identity: row for row, identity in enumerate(known)}
    result = np.full((len(examples), len(columns)), np.nan)
    for row, example in enumerate(examples):
        identity = example.conversation.id
        if known.get(identity) == text_hash(example):
            result[row] = logits[place[identity]]
    whole = np.array([not example.single for example in examples])
    if (~np.isnan(result[whole, :1])).sum() < _ENOUGH:
        return no_logits(len(examples))
    return Logits(columns, result)


def text_hash(example: Example) -> str:
    """Identity of what was said, by whom."""
    said: list[tuple[str, str]] = [(turn.speaker.value, turn.text) for turn in example.conversation.turns]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:12]


def write_manifest(folder: Path, facts: dict[str, Any]) -> None:
    """The facts and a hash of every other file of the folder."""
    files = {p.name: _sha256(p) for p in sorted(folder.iterdir()) if p.is_file() and p.name != MANIFEST}
    (folder / MANIFEST).write_text(
        json.dumps({**facts, "files": files}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )


def folds_by_writer(examples: Sequence[Example], folds: int) -> NDArray[np.int64]:
    """A fold for every example: writers of conversations stay together, the largest placed first; utterances take turns."""
    sizes: dict[str, int] = {}
    for example in examples:
        if not example.single:
            sizes[example.writer] = sizes.get(example.writer, 0) + 1
    filled = [0] * folds
    place = {}
    for writer in sorted(sizes, key=lambda writer: (-sizes[writer], writer)):
        place[writer] = int(np.argmin(filled))
        filled[place[writer]] += sizes[writer]
    return np.array([
        i % folds if example.single else place[example.writer] for i, example in enumerate(examples)
    ])  # fmt: skip


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
