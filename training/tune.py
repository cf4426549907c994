"""Tuning the classifier: a low-rank adapter (Hu et al. 2021) on the upper half of the encoder, and a head for every label.

The lower half stays as it is, so what it makes of a text is computed once and kept: on two cores that halves
the time. Every text is seen in turn as it was written and as a recogniser might have heard it.
"""

from __future__ import annotations

import math
import platform
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from safetensors.torch import save_file as save_tensors
from tokenizers import Tokenizer
from torch import Tensor, nn

from data.domain.conversation import Conversation
from data.domain.errors import InvalidInputError
from data.domain.taxonomy import Taxonomy
from eval.noise import homophones
from nlp.classifier import tokens_of, transcript
from nlp.classifier_folder import HEADS, base_hash, facts_of
from nlp.classifier_network import LabelHeads, open_bert, with_new_adapter
from nlp.heads import Scores
from nlp.model import CHOICE_PARTS
from nlp.onnx_graph import batches, padded
from nlp.text import readable
from training import targets
from training.dataset import CORPUS, Example, corpus_hash
from training.noise import spoken
from training.tuned import Recipe, folds_by_writer, write_held_out, write_manifest

FROZEN = 6
RANK = 16
_RATES = (1e-3, 3e-3, 1e-3)  # adapter, label vectors, shared layers of the heads
_DECAYS = (0.01, 0.02, 0.0)
_WARM_UP = 0.06
_BATCH_TOKENS = 3000
_BATCH_ROWS = 24
_SHUFFLED_TOGETHER = 256
_CHOICE_WEIGHT = 0.7
_SMOOTHING = 0.05
_BASE_NAME = "intfloat/multilingual-e5-small"
_LIBRARIES = ("torch", "transformers", "peft", "numpy")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Lesson:
    """Everything a run learns from; rows are examples."""

    states: list[list[Tensor]]  # versions of each text, (tokens, size) half precision; the first is clean
    tags: Tensor  # (examples, tag and pain columns)
    choices: Tensor  # (examples, choice parts): index of the label, or -1
    columns: tuple[str, ...]
    slices: list[slice]  # columns of each choice part
    names: Tensor


def tune(
    examples: Sequence[Example],
    redacted: Sequence[Conversation],
    taxonomy: Taxonomy,
    base: Path,
    folder: Path,
    code: str,
    recipe: Recipe,
    say: Say,
    corpus: Path = CORPUS,
    *,
    only_final: bool = False,
) -> None:
    """Tune on the examples and write the result into `folder`: adapter, heads, held-out logits, manifest.

    `base` is a prepared encoder folder. Folds that were finished before an interruption are taken up again.
    An hour and a half on two cores. With `only_final` the folds of the run in `folder` stand: a third of the
    time, for a corpus that grew or was labelled again in part; texts they do not know then teach the heads alone.

    Raises InvalidInputError when the label set changed since the folds that are to stand.
    """
    folder.mkdir(parents=True, exist_ok=True)
    labels = corpus_hash(corpus)
    held_out = {"labels_sha256": labels, "folds": recipe.folds, "epochs": recipe.epochs}
    lesson = _prepare(examples, redacted, taxonomy, base, recipe, say)
    if only_final:
        before = facts_of(folder)
        held_out = before["held_out"]
        if tuple(before["columns"]) != lesson.columns:
            raise InvalidInputError(f"{folder}: its folds know other labels; tune as a whole")
    else:
        write_held_out(folder, examples, _held_out(lesson, examples, base, folder, recipe, say))
    bert, heads = _run(lesson, np.arange(len(examples)), base, recipe, _about("all", say))
    _save(bert, heads, folder)
    for kept in folder.glob(".fold-*.safetensors"):
        kept.unlink()
    write_manifest(folder, {
        "columns": list(lesson.columns),
        "base": _BASE_NAME,
        "base_sha256": base_hash(base),
        "labels_sha256": labels,
        "held_out": held_out,
        "taxonomy": taxonomy.version,
        "code": code,
        "recipe": {"epochs": recipe.epochs, "heard": recipe.heard, "seed": recipe.seed,
                   "rank": RANK, "frozen_layers": FROZEN},
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
    })  # fmt: skip


def _held_out(
    lesson: _Lesson, examples: Sequence[Example], base: Path, folder: Path, recipe: Recipe, say: Say
) -> Scores:
    """Logits of every example by a run without its fold; (examples, columns)."""
    folds = folds_by_writer(examples, recipe.folds)
    result = np.zeros((len(examples), len(lesson.columns)))
    for fold in range(recipe.folds):
        kept = folder / f".fold-{fold}.safetensors"
        held = np.flatnonzero(folds == fold)
        if kept.is_file():
            result[held] = load_file(kept)["logits"]
            continue
        model = _run(lesson, np.flatnonzero(folds != fold), base, recipe, _about(f"fold {fold + 1}", say))
        result[held] = _logits(model, lesson, held)
        save_file({"logits": result[held]}, kept)
    return result


def _about(what: str, say: Say) -> Say:
    return lambda message: say(f"{what}: {message}")


def _prepare(
    examples: Sequence[Example],
    redacted: Sequence[Conversation],
    taxonomy: Taxonomy,
    base: Path,
    recipe: Recipe,
    say: Say,
) -> _Lesson:
    labels = targets.part_labels(taxonomy)
    tag_columns = targets.tag_columns(labels) + targets.pain_columns(labels)
    columns, slices = list(tag_columns), []
    for part in CHOICE_PARTS:
        slices.append(slice(len(columns), len(columns) + len(labels[part])))
        columns.extend(targets.choice_columns(labels, part))
    tags = np.hstack([
        targets.tag_targets(examples, targets.tag_columns(labels)),
        targets.pain_targets(examples, targets.pain_columns(labels)),
    ])  # fmt: skip
    choices = [
        [labels[part].index(next(iter(e.gold.labels(part)))) if e.gold.labels(part) else -1 for part in CHOICE_PARTS]
        for e in examples
    ]  # fmt: skip
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    bert = open_bert(base, "eager").eval()
    names = _name_vectors(bert, tokenizer, [_name(taxonomy, column) for column in columns])
    bert.encoder.layer = bert.encoder.layer[:FROZEN]
    versions = [tokens_of(tokenizer, [transcript(c) for c in redacted])]
    sounds = homophones(redacted)
    for number in range(recipe.heard):
        draw = random.Random(recipe.seed + number)
        versions.append(tokens_of(tokenizer, [transcript(spoken(c, sounds, draw)) for c in redacted]))
    say(f"{len(examples)} texts, {sum(map(len, versions[0]))} tokens: reading them with the lower half")
    padding: Any = tokenizer.token_to_id("<pad>")
    pad = int(padding)
    by_version = [_lower_states(bert, tokens, pad) for tokens in versions]
    states = [list(own) for own in zip(*by_version, strict=True)]
    return _Lesson(states, torch.from_numpy(tags), torch.tensor(choices), tuple(columns), slices, names)


def _lower_states(bert: Any, tokens: Sequence[Sequence[int]], pad: int) -> list[Tensor]:
    """Token states of each text after the frozen layers, in half precision."""
    result: list[Tensor] = [torch.empty(0)] * len(tokens)
    with torch.no_grad():
        for rows in batches([len(ids) for ids in tokens]):
            ids, mask = (torch.from_numpy(a) for a in padded([tokens[row] for row in rows], pad))
            states = bert(input_ids=ids, attention_mask=mask).last_hidden_state.half()
            for at, row in enumerate(rows):
                result[row] = states[at, : len(tokens[row])].clone()
    return result


def _name(taxonomy: Taxonomy, column: str) -> str:
    """The Chinese name behind a column."""
    part, _, code = column.partition(":")
    named = {
        "intents": taxonomy.intents, "problems": taxonomy.problems, "delights": taxonomy.delights,
        "caller_role": taxonomy.caller_roles, "journey_stage": taxonomy.journey_stages,
        "pain_stage": taxonomy.journey_stages, "outcome": taxonomy.outcomes, "emotion": taxonomy.emotions,
    }.get(part)  # fmt: skip
    return taxonomy.severities[int(code)] if named is None else named[code].name


def _name_vectors(bert: Any, tokenizer: Any, names: Sequence[str]) -> Tensor:
    """Centred unit vectors of the names, (names, size)."""
    with torch.no_grad():
        vectors = torch.stack([
            bert(input_ids=torch.tensor([tokenizer.encode(f"query: {readable(name)}").ids])).last_hidden_state[0].mean(0)
            for name in names
        ])  # fmt: skip
    return nn.functional.normalize(vectors - vectors.mean(0), dim=1)


def _run(
    lesson: _Lesson, rows: NDArray[np.int64], base: Path, recipe: Recipe, say: Say
) -> tuple[Any, LabelHeads]:
    """Train on the rows; the adapted encoder and its heads."""
    from peft import LoraConfig

    torch.manual_seed(recipe.seed)
    draw = random.Random(recipe.seed)
    plain = open_bert(base, "eager")
    upper = list(range(FROZEN, plain.config.num_hidden_layers))
    config = LoraConfig(
        r=RANK, lora_alpha=2 * RANK, lora_dropout=0.0, layers_to_transform=upper,
        target_modules=["query", "key", "value", "dense"],
    )  # fmt: skip
    bert = with_new_adapter(plain, config)
    heads = LabelHeads(lesson.names)
    adapter = [p for p in bert.parameters() if p.requires_grad]
    shared = [*heads.key.parameters(), *heads.value.parameters()]
    own = [heads.query, heads.found, heads.mean, heads.top, heads.bias]
    optimizer = torch.optim.AdamW([
        {"params": params, "weight_decay": decay}
        for params, decay in zip((adapter, own, shared), _DECAYS, strict=True)
    ])  # fmt: skip
    every = [*adapter, *own, *shared]
    steps = recipe.epochs * sum(1 for _ in _batches(lesson, rows, 0, random.Random(0)))
    step = 0
    for epoch in range(recipe.epochs):
        total = 0.0
        for batch in _batches(lesson, rows, epoch, draw):
            for group, rate in zip(optimizer.param_groups, _RATES, strict=True):
                group["lr"] = rate * _schedule(step / steps)
            loss = _loss(_forward(bert, heads, [lesson.states[i][version] for i, version in batch]), lesson, [i for i, _ in batch])  # fmt: skip
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(every, 1.0)
            optimizer.step()
            total += float(loss.detach()) * len(batch)
            step += 1
        say(f"epoch {epoch + 1} of {recipe.epochs}, loss {total / len(rows):.3f}")
    return bert, heads


def _schedule(progress: float) -> float:
    """Warm up, then fall along a cosine."""
    return min(1.0, progress / _WARM_UP) * max(0.02, 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


def _batches(
    lesson: _Lesson, rows: NDArray[np.int64], epoch: int, draw: random.Random
) -> Iterator[list[tuple[int, int]]]:
    """Batches of (example, version) in random order, of similar lengths within a batch."""
    order = [int(i) for i in rows]
    draw.shuffle(order)
    result = []
    for begin in range(0, len(order), _SHUFFLED_TOGETHER):
        chosen = [(i, _version(lesson, epoch, draw)) for i in order[begin : begin + _SHUFFLED_TOGETHER]]
        batch: list[tuple[int, int]] = []
        for i, heard in sorted(chosen, key=lambda item: len(lesson.states[item[0]][item[1]])):
            length = len(lesson.states[i][heard])
            if batch and (length * (len(batch) + 1) > _BATCH_TOKENS or len(batch) == _BATCH_ROWS):
                result.append(batch)
                batch = []
            batch.append((i, heard))
        result.append(batch)
    draw.shuffle(result)
    yield from result


def _version(lesson: _Lesson, epoch: int, draw: random.Random) -> int:
    """Clean as often as not."""
    noisy = len(lesson.states[0]) - 1
    return 0 if not noisy or draw.random() < 0.5 else 1 + (epoch + draw.randrange(noisy)) % noisy


def _forward(bert: Any, heads: LabelHeads, states: Sequence[Tensor]) -> Tensor:
    """Logits of texts given by their states after the frozen layers."""
    longest = max(map(len, states))
    hidden = torch.stack([nn.functional.pad(s.float(), (0, 0, 0, longest - len(s))) for s in states])
    mask = torch.tensor([[1] * len(s) + [0] * (longest - len(s)) for s in states])
    attention = (1 - mask[:, None, None, :].float()) * torch.finfo(torch.float32).min
    for layer in bert.base_model.model.encoder.layer[FROZEN:]:
        output = layer(hidden, attention)
        hidden = output[0] if isinstance(output, tuple) else output
    logits: Tensor = heads(hidden, mask)
    return logits


def _loss(logits: Tensor, lesson: _Lesson, rows: list[int]) -> Tensor:
    tags = lesson.tags[rows]
    loss = (
        nn.functional.binary_cross_entropy_with_logits(logits[:, : tags.shape[1]], tags, reduction="none")
        .sum(1)
        .mean()
    )
    choices = lesson.choices[rows]
    known = choices[:, 0] >= 0
    if known.any():
        for part, columns in enumerate(lesson.slices):
            entropy = nn.functional.cross_entropy(
                logits[known][:, columns], choices[known][:, part], label_smoothing=_SMOOTHING
            )
            loss = loss + _CHOICE_WEIGHT * known.float().mean() * entropy
    return loss


def _logits(model: tuple[Any, LabelHeads], lesson: _Lesson, rows: NDArray[np.int64]) -> Scores:
    """Logits of clean texts, (rows, columns)."""
    result = np.zeros((len(rows), len(lesson.columns)))
    order = sorted(range(len(rows)), key=lambda at: len(lesson.states[int(rows[at])][0]))
    with torch.no_grad():
        for begin in range(0, len(order), 8):
            own = order[begin : begin + 8]
            states = [lesson.states[int(rows[at])][0] for at in own]
            result[own] = _forward(*model, states).numpy()
    return result


def _save(bert: Any, heads: LabelHeads, folder: Path) -> None:
    """Adapter as peft keeps it and heads, both in half precision."""
    bert.half().save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    config = folder / "adapter_config.json"
    config.write_text(config.read_text("utf-8").replace(str(bert.peft_config["default"].base_model_name_or_path), _BASE_NAME), "utf-8")  # fmt: skip
    save_tensors(
        {name: tensor.half().contiguous() for name, tensor in heads.state_dict().items()}, folder / HEADS
    )
