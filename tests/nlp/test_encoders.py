from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from data.domain.errors import UnavailableError
from nlp.encoder import Encoder, HashingEncoder, TextKind
from nlp.encoder_folder import folder_of, open_encoder, prepare, problems
from nlp.encoder_onnx import FP32_GRAPH, OnnxEncoder
from nlp.encoder_sentence_transformers import SentenceTransformerEncoder
from tests.contracts.encoder import EncoderContract


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default encoder, prepared from the installed package."""
    folder = tmp_path_factory.mktemp("models")
    prepare(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny BERT with random weights of a fixed seed, saved as a sentence-transformers folder."""
    import torch
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *dict.fromkeys("我要退保养老金什么时候到账：查询文段")]
    vocabulary = {word: number for number, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        "[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=64,
    )  # fmt: skip
    bert = folder / "bert"
    BertModel(config).save_pretrained(bert)
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        model_max_length=64,
    ).save_pretrained(bert)  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's own deprecations
        model = SentenceTransformer(str(bert), prompts={"query": "查询：", "passage": "文段："}, device="cpu")
        model.save(str(folder / "model"))
    return folder / "model"


@pytest.fixture(scope="session")
def default_encoder(models: Path) -> Encoder:
    return open_encoder("default", models, 2)


@pytest.fixture(scope="session")
def tiny_encoder(tiny_model: Path) -> Encoder:
    return open_encoder(str(tiny_model), Path("unused"), 2)


class TestHashingEncoder(EncoderContract):
    @pytest.fixture
    def encoder(self) -> Encoder:
        return HashingEncoder()


class TestOnnxEncoder(EncoderContract):
    @pytest.fixture
    def encoder(self, default_encoder: Encoder) -> Encoder:
        return default_encoder


class TestSentenceTransformerEncoder(EncoderContract):
    @pytest.fixture
    def encoder(self, tiny_encoder: Encoder) -> Encoder:
        return tiny_encoder


def test_a_model_with_prompts_gets_them(tiny_model: Path) -> None:
    encoder = SentenceTransformerEncoder(str(tiny_model))
    query, passage = encoder.encode(["退保"], TextKind.QUERY), encoder.encode(["退保"], TextKind.PASSAGE)
    assert not np.allclose(query, passage)


def test_a_model_that_is_not_there_is_told_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(UnavailableError, match="VOC_ENCODER"):
        SentenceTransformerEncoder(str(tmp_path / "nothing"))


def test_the_default_encoder_knows_what_is_close(default_encoder: Encoder) -> None:
    encoder = default_encoder
    asked = encoder.encode(["养老金怎么还没打给我"])
    near, far = encoder.encode(["年金领取后迟迟没有到账", "车险续保报价多少钱"])
    assert asked[0] @ near > asked[0] @ far


def test_int8_stays_close_to_fp32(models: Path, default_encoder: Encoder) -> None:
    texts = ["我要退保", "养老金什么时候到账", "理赔材料交了一个月没消息", "車險續保", "APP登不上去"]
    quantised = default_encoder.encode(texts)
    full = OnnxEncoder(folder_of(models), FP32_GRAPH, "fp32", 2).encode(texts)
    assert (quantised * full).sum(axis=1).min() > 0.98


def test_preparing_again_changes_nothing_and_damage_is_mended(models: Path) -> None:
    folder = folder_of(models)
    graph = next(folder.glob("*.onnx"))
    before = graph.stat().st_mtime_ns
    assert prepare(models) == folder
    assert graph.stat().st_mtime_ns == before
    graph.write_bytes(b"damaged")
    assert problems(folder) == [f"{graph}: damaged or missing"]
    assert problems(prepare(models)) == []
    assert not [p for p in models.iterdir() if p.name.startswith(".")]
