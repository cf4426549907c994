"""Tuning, preparing and reading from end to end, on an encoder of eight tiny layers made here."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from api.build import taxonomy_of
from api.settings import Settings
from data.domain.analysis import Versions
from data.domain.conversation import Speaker
from data.domain.errors import InvalidInputError, UnavailableError
from nlp.bundle import load_bundle
from nlp.classifier import MAX_TOKENS, logits_of, tokens_of, transcript
from nlp.classifier_folder import facts_of, open_classifier, problems
from nlp.encoder import HashingEncoder
from nlp.pipeline import Analyzer
from nlp.redaction.pseudonym import Pseudonymiser
from tests.builders import a_conversation
from training.dataset import CORPUS, Example, read_corpus
from training.noise import spoken
from training.run import read_masked, train
from training.tune import tune
from training.tuned import Recipe, folds_by_writer, held_out_logits, text_hash

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


def test_a_run_leaves_adapter_heads_and_logits_and_says_what_it_was_made_of(
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
    classifier = open_classifier(tmp_path, tuned, base, 1)
    calls = [e.conversation for e in examples[:9]]
    together, alone = classifier.read(calls), np.vstack([classifier.read([call]) for call in calls])
    assert together.shape == (9, len(facts_of(tuned)["columns"]))
    assert together == pytest.approx(alone, abs=0.05)
    assert np.ptp(together, axis=0).max() > 0.001
    assert problems(tmp_path, tuned) == []
    again = open_classifier(tmp_path, tuned, base, 1)
    assert again.fingerprint == classifier.fingerprint


def test_an_adapter_is_not_put_on_other_weights(tuned: Path, base: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for path in base.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    (other / "model.safetensors").write_bytes(b"other")
    with pytest.raises(UnavailableError, match="tuned on other weights"):
        open_classifier(tmp_path / "models", tuned, other, 1)


def test_a_damaged_run_and_a_damaged_graph_are_told(tuned: Path, base: Path, tmp_path: Path) -> None:
    copy = tmp_path / "tuned"
    copy.mkdir()
    for path in tuned.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    open_classifier(tmp_path / "models", copy, base, 1)
    graph = tmp_path / "models" / "classifier" / "classifier_int8.onnx"
    graph.write_bytes(b"damaged")
    assert problems(tmp_path / "models", copy) == [f"{graph}: damaged or missing"]
    open_classifier(tmp_path / "models", copy, base, 1)
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


def test_the_final_run_alone_keeps_the_folds(
    tuned: Path, base: Path, examples: list[Example], tmp_path: Path
) -> None:
    folder = tmp_path / "tuned"
    shutil.copytree(tuned, folder)
    taxonomy, some = taxonomy_of(Settings()), examples[:20]
    calls = [e.conversation for e in some]
    told: list[str] = []
    tune(some, calls, taxonomy, base, folder, "2", _RECIPE, told.append, only_final=True)
    assert not any(line.startswith("fold") for line in told)
    before, after = facts_of(tuned), facts_of(folder)
    assert before["files"]["held_out.safetensors"] == after["files"]["held_out.safetensors"]
    assert before["files"]["heads.safetensors"] != after["files"]["heads.safetensors"]
    assert after["held_out"] == before["held_out"]
    problems = {code: label for code, label in taxonomy.problems.items() if code != "slow"}
    with pytest.raises(InvalidInputError, match="other labels"):
        tune(
            some, calls, replace(taxonomy, problems=problems), base, folder, "2", _RECIPE, told.append,
            only_final=True,
        )  # fmt: skip


def test_logits_belong_to_the_text_that_was_read(tuned: Path, examples: list[Example]) -> None:
    columns = tuple(facts_of(tuned)["columns"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.tuned._ENOUGH", 3)
        logits = held_out_logits(tuned, columns, examples)
        assert logits.known().all()
        changed = [replace(examples[0], conversation=a_conversation("别的话")), *examples[1:]]
        assert held_out_logits(tuned, columns, changed).known().tolist() == [False] + [True] * (
            len(examples) - 1
        )
        turned = held_out_logits(tuned, columns, examples[::-1])
        assert turned.values[::-1] == pytest.approx(logits.values)
    assert held_out_logits(tuned, columns, examples).columns == ()
    (empty := tuned / "empty").mkdir()
    with pytest.raises(InvalidInputError, match="voc tune"):
        held_out_logits(empty, columns, examples)
    empty.rmdir()


def test_logits_of_a_label_that_was_not_tuned_say_nothing(
    tuned: Path, base: Path, examples: list[Example], tmp_path: Path
) -> None:
    classifier = open_classifier(tmp_path, tuned, base, 1)
    calls = [e.conversation for e in examples[:4]]
    logits = logits_of(classifier, calls)
    tags = logits.tags("intents", ("pet.insurance", "policy.loan"))
    assert tags is not None
    assert np.ptp(tags[:, 0]) == 0.0
    assert tags[:, 1] == pytest.approx(
        classifier.read(calls)[:, classifier.columns.index("intents:policy.loan")]
    )
    choice = logits.choice("emotion", ("calm", "angry", "satisfied", "anxious", "dissatisfied"))
    assert choice is not None
    assert np.exp(choice).sum(axis=1) == pytest.approx(1.0)
    assert logits_of(None, calls).tags("intents", ("policy.loan",)) is None


def test_a_model_trained_with_a_classifier_weighs_it_and_needs_it(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole path on a twelfth of the corpus: tune, prepare, train, analyse."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for name in ("conversations.jsonl", "gold.jsonl", "utterances.jsonl"):
        lines = (CORPUS / name).read_text(encoding="utf-8").splitlines(keepends=True)
        (corpus / name).write_text("".join(lines[::12]), encoding="utf-8")
    monkeypatch.setattr("training.tuned._ENOUGH", 50)
    taxonomy, tuned = taxonomy_of(Settings()), tmp_path / "tuned"
    some, redacted = read_masked(taxonomy, lambda _: None, corpus)
    tune(some, redacted, taxonomy, base, tuned, "1", _RECIPE, lambda _: None, corpus)
    classifier = open_classifier(tmp_path / "models", tuned, base, 1)
    encoder, told = HashingEncoder(), list[str]()
    with (corpus / "utterances.jsonl").open("a", encoding="utf-8") as stream:
        late = {
            "id": "late",
            "text": "我要退保",
            "intents": ["policy.surrender"],
            "problems": [],
            "delights": [],
        }
        stream.write(json.dumps(late, ensure_ascii=False) + "\n")
    result = train(taxonomy, encoder, classifier, tmp_path / "b", "1", told.append, corpus, tuned)
    assert "1 texts are new to the classifier: they teach the heads only; `voc tune` takes them in" in told
    folder = tmp_path / "b" / result.bundle
    identity, model = load_bundle(folder)
    assert model.classifier == classifier.fingerprint
    assert len(model.tags["intents"].slopes) == 4
    voices = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["voices"]
    assert set(voices) == {"heads", "classifier", "both"}
    assert all(0 <= value <= 1 for parts in voices.values() for value in parts.values())

    pseudonymiser, versions = Pseudonymiser(b"test"), Versions(identity, 1, "1")
    analyzer = Analyzer(model, encoder, classifier, pseudonymiser, versions)
    (analysis,) = analyzer.analyze([(some[0].conversation, {})])
    assert analysis.caller_role is not None
    with pytest.raises(UnavailableError, match="VOC_CLASSIFIER"):
        Analyzer(model, encoder, None, pseudonymiser, versions)
    monkeypatch.setattr("training.tuned._ENOUGH", 10**6)
    with pytest.raises(InvalidInputError, match="unknown to the classifier"):
        train(taxonomy, encoder, classifier, tmp_path / "b", "1", told.append, corpus, tuned)


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
