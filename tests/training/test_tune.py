"""Tuning, preparing and reading from end to end, on an encoder of eight tiny layers made here."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from api.build import taxonomy_of
from api.settings import Settings
from data.domain.conversation import Speaker
from data.domain.errors import InvalidInputError, UnavailableError
from nlp.reader import MAX_TOKENS, readings_of, tokens_of, transcript
from nlp.reader_folder import facts_of, open_reader, problems
from tests.builders import a_conversation
from training.dataset import Example, read_corpus
from training.noise import spoken
from training.tune import tune
from training.tuned import Recipe, folds_by_writer, held_out_readings, text_hash

_RECIPE = Recipe(folds=2, epochs=1, heard=1)


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    """Some of each writer, conversations first."""
    corpus = read_corpus()
    whole = [e for e in corpus if not e.single][::60]
    return [*whole, *[e for e in corpus if e.single][::400]]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder folder with random weights of a fixed seed."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("base")
    words = ["<unk>", "<pad>", "\n", *dict.fromkeys("坐客机：我要退保养老金什么时候到账您好请问可以的嗯")]
    tokenizer = Tokenizer(
        models.WordLevel({word: number for number, word in enumerate(words)}, unk_token="<unk>")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    BertModel(
        BertConfig(
            vocab_size=len(words), hidden_size=16, num_hidden_layers=8, num_attention_heads=2,
            intermediate_size=32, max_position_embeddings=MAX_TOKENS,
        ),
        add_pooling_layer=False,
    ).save_pretrained(folder)  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def tuned(base: Path, examples: list[Example], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tuned")
    conversations = [e.conversation for e in examples]
    tune(examples, conversations, taxonomy_of(Settings()), base, folder, "1", _RECIPE, lambda _: None)
    return folder


def test_a_run_leaves_adapter_heads_and_readings_and_says_what_it_was_made_of(
    tuned: Path, base: Path, examples: list[Example]
) -> None:
    facts = facts_of(tuned)
    assert set(facts["files"]) == {
        "adapter_config.json", "adapter_model.safetensors", "heads.safetensors",
        "held_out.json", "held_out.safetensors",
    }  # fmt: skip
    assert facts["recipe"]["epochs"] == 1
    assert str(base) not in (tuned / "adapter_config.json").read_text(encoding="utf-8")
    # The adapter touches the upper layers alone.
    targets = json.loads((tuned / "adapter_config.json").read_text(encoding="utf-8"))["layers_to_transform"]
    assert targets == [6, 7]


def test_the_prepared_graph_says_what_the_network_said(
    tuned: Path, base: Path, examples: list[Example], tmp_path: Path
) -> None:
    reader = open_reader(tmp_path, tuned, base, 1)
    calls = [e.conversation for e in examples[:9]]
    together, alone = reader.read(calls), np.vstack([reader.read([call]) for call in calls])
    assert together.shape == (9, len(facts_of(tuned)["columns"]))
    assert together == pytest.approx(alone, abs=0.05)
    assert np.ptp(together, axis=0).max() > 0.001
    assert problems(tmp_path, tuned) == []
    again = open_reader(tmp_path, tuned, base, 1)
    assert again.fingerprint == reader.fingerprint


def test_an_adapter_is_not_put_on_other_weights(tuned: Path, base: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for path in base.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    (other / "model.safetensors").write_bytes(b"other")
    with pytest.raises(UnavailableError, match="tuned on other weights"):
        open_reader(tmp_path / "models", tuned, other, 1)


def test_a_damaged_run_and_a_damaged_graph_are_told(tuned: Path, base: Path, tmp_path: Path) -> None:
    copy = tmp_path / "tuned"
    copy.mkdir()
    for path in tuned.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    open_reader(tmp_path / "models", copy, base, 1)
    graph = tmp_path / "models" / "reader" / "reader_int8.onnx"
    graph.write_bytes(b"damaged")
    assert problems(tmp_path / "models", copy) == [f"{graph}: damaged or missing"]
    open_reader(tmp_path / "models", copy, base, 1)
    assert problems(tmp_path / "models", copy) == []
    (copy / "heads.safetensors").write_bytes(b"damaged")
    with pytest.raises(UnavailableError, match="does not match its manifest"):
        facts_of(copy)
    with pytest.raises(UnavailableError, match="voc tune"):
        facts_of(tmp_path / "nowhere")


def test_a_run_takes_up_what_an_interrupted_one_finished(
    base: Path, examples: list[Example], tmp_path: Path
) -> None:
    conversations = [e.conversation for e in examples]
    told: list[str] = []

    def stop_at_the_end(message: str) -> None:
        if message.startswith("all:"):
            raise KeyboardInterrupt
        told.append(message)

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            tune(
                examples, conversations, taxonomy_of(Settings()), base, tmp_path, "1", _RECIPE, stop_at_the_end
            )  # fmt: skip
    assert sum(line.startswith("fold 1") for line in told) == 1
    assert sum(line.startswith("fold 2") for line in told) == 1


def test_readings_belong_to_the_text_that_was_read(tuned: Path, examples: list[Example]) -> None:
    columns = tuple(facts_of(tuned)["columns"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.tuned._ENOUGH", 3)
        readings = held_out_readings(tuned, columns, examples)
        assert readings.known().all()
        changed = [replace(examples[0], conversation=a_conversation("别的话")), *examples[1:]]
        assert held_out_readings(tuned, columns, changed).known().tolist() == [False] + [True] * (
            len(examples) - 1
        )
        turned = held_out_readings(tuned, columns, examples[::-1])
        assert turned.logits[::-1] == pytest.approx(readings.logits)
    assert held_out_readings(tuned, columns, examples).columns == ()
    (empty := tuned / "empty").mkdir()
    with pytest.raises(InvalidInputError, match="voc tune"):
        held_out_readings(empty, columns, examples)
    empty.rmdir()


def test_readings_of_a_label_that_was_not_tuned_say_nothing(
    tuned: Path, base: Path, examples: list[Example], tmp_path: Path
) -> None:
    reader = open_reader(tmp_path, tuned, base, 1)
    calls = [e.conversation for e in examples[:4]]
    readings = readings_of(reader, calls)
    tags = readings.tags("intents", ("pet.insurance", "policy.loan"))
    assert tags is not None
    assert np.ptp(tags[:, 0]) == 0.0
    assert tags[:, 1] == pytest.approx(reader.read(calls)[:, reader.columns.index("intents:policy.loan")])
    choice = readings.choice("emotion", ("calm", "angry", "satisfied", "anxious", "dissatisfied"))
    assert choice is not None
    assert np.exp(choice).sum(axis=1) == pytest.approx(1.0)
    assert readings_of(None, calls).tags("intents", ("policy.loan",)) is None


def test_writers_stay_together_in_folds(examples: list[Example]) -> None:
    folds = folds_by_writer(read_corpus(), 3)
    by_writer: dict[str, set[int]] = {}
    sizes = [0, 0, 0]
    for example, fold in zip(read_corpus(), folds, strict=True):
        if not example.single:
            by_writer.setdefault(example.writer, set()).add(int(fold))
            sizes[fold] += 1
    assert all(len(own) == 1 for own in by_writer.values())
    assert max(sizes) - min(sizes) < 120


def test_a_long_conversation_loses_its_middle(base: Path) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    call = a_conversation("坐：您好", "客：" + "要" * 1000 + "退", "坐：可以的")
    (ids,) = tokens_of(tokenizer, [transcript(call)])
    assert len(ids) == MAX_TOKENS
    assert tokenizer.decode(ids[-5:]).replace(" ", "") == "坐：可以的"
    assert transcript(call).splitlines()[0] == "坐：您好"


def test_noise_for_training_changes_the_words_and_keeps_the_call() -> None:
    call = a_conversation(*["坐：您好，请问有什么可以帮您的吗？", "客：我的保单要起领，多久能到账？"] * 20)
    sounds = {"单": ["丹"], "账": ["帐"], "您": ["宁"]}
    heard = spoken(call, sounds, random.Random(1))
    assert spoken(call, sounds, random.Random(1)) == heard
    said, was = "".join(t.text for t in heard.turns), "".join(t.text for t in call.turns)
    assert said != was
    assert abs(len(said) - len(was)) < 0.25 * len(was)
    assert {turn.speaker for turn in heard.turns} == {Speaker.AGENT, Speaker.CUSTOMER}
    assert all(turn.text for turn in heard.turns)
    # Over many draws: terms are misheard as recognisers do, and some turns run together.
    drawn = [spoken(call, sounds, random.Random(seed)) for seed in range(30)]
    assert any("起步" in turn.text for copy in drawn for turn in copy.turns)
    assert any(len(copy.turns) < len(call.turns) for copy in drawn)
    assert any("，" not in "".join(t.text for t in copy.turns) for copy in drawn)


def test_the_hash_of_a_text_is_of_its_words_and_speakers() -> None:
    def example(*said: str) -> str:
        gold = read_corpus()[0].gold
        return text_hash(Example(a_conversation(*said), gold, "t"))

    assert example("客：我要退保") == example("客：我要退保")
    assert example("客：我要退保") != example("坐：我要退保")
