"""The training job, really run on the shipped corpus with the encoder that needs no weights."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from api.build import code_version, taxonomy_of
from api.settings import Settings
from data.domain.errors import InvalidInputError, UnavailableError
from data.domain.taxonomy import Label
from eval.labels import Gold, GoldDelight, GoldPainPoint
from nlp.bundle import current, load_bundle
from nlp.encoder import HashingEncoder
from training.dataset import CORPUS, corpus_hash, read_corpus, writers
from training.majority import agreement_between, majority, readings_of
from training.run import TrainingResult, train
from training.solve import dual, gram, out_of_fold, primal


def test_the_corpus_is_labelled_by_the_taxonomy_alone() -> None:
    taxonomy = taxonomy_of(Settings())
    examples = read_corpus()
    assert len(examples) > 4000
    for example in examples:
        gold = example.gold
        turns = len(example.conversation.turns)
        assert set(gold.intents) <= set(taxonomy.intents), gold.id
        assert {d.delight for d in gold.delights} <= set(taxonomy.delights), gold.id
        for point in gold.pain_points:
            assert point.stage in taxonomy.journey_stages, gold.id
            assert point.problem in taxonomy.problems, gold.id
            assert point.severity in taxonomy.severities, gold.id
            assert point.evidence, gold.id
            assert all(0 <= turn < turns for turn in point.evidence), gold.id
        if not example.single:
            assert gold.caller_role in taxonomy.caller_roles, gold.id
            assert gold.journey_stage in taxonomy.journey_stages, gold.id
            assert gold.outcome in taxonomy.outcomes, gold.id
            assert gold.emotion in taxonomy.emotions, gold.id
    assert len({example.conversation.id for example in examples}) == len(examples)
    assert len(writers(examples)) >= 8


def test_the_samples_never_enter_training() -> None:
    samples = {
        turn["text"]
        for line in Path("data/samples/conversations.jsonl").read_text(encoding="utf-8").splitlines()
        for turn in json.loads(line)["turns"]
        if turn["speaker"] == "customer" and len(turn["text"]) > 8
    }
    taught = {turn.text for example in read_corpus() for turn in example.conversation.turns}
    assert not samples & taught


def test_training_learns_what_a_guess_does_not_know(trained: tuple[Path, TrainingResult]) -> None:
    scores = trained[1].scores
    # Held-out writers, encoder without weights. Majority: intents .07, problems .07, role .53, stage .2.
    assert scores["intents"] > 0.5
    assert scores["problems"] > 0.6
    assert scores["caller_role"] > 0.6
    assert scores["journey_stage"] > 0.55


def test_training_again_gives_the_same_bundle(trained: tuple[Path, TrainingResult], tmp_path: Path) -> None:
    again = train(taxonomy_of(Settings()), HashingEncoder(), None, tmp_path, code_version(), lambda _: None)
    assert again.bundle == trained[1].bundle


def test_the_manifest_says_what_the_bundle_was_made_of(trained: tuple[Path, TrainingResult]) -> None:
    folder = current(trained[0])
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["id"] == folder.name == trained[1].bundle
    assert manifest["labels_sha256"] == corpus_hash()
    assert manifest["encoder"] == "hashing-256"
    assert manifest["held_out_writers"] == trained[1].scores


def test_a_bundle_comes_back_as_it_was_saved(trained: tuple[Path, TrainingResult]) -> None:
    identity, model = load_bundle(current(trained[0]))
    assert identity == trained[1].bundle
    assert model.encoder == "hashing-256"
    assert set(model.tags) == {"intents", "problems", "delights"}


@pytest.mark.parametrize("damage", ["arrays", "names", "manifest", "format", "gone"])
def test_a_damaged_bundle_is_refused_with_the_remedy(
    damage: str, trained: tuple[Path, TrainingResult], tmp_path: Path
) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(current(trained[0]), folder)
    manifest = folder / "manifest.json"
    match damage:
        case "arrays":
            (folder / "model.safetensors").write_bytes(b"\0" * 100)
        case "names":
            (folder / "names.json").write_text("{}", encoding="utf-8")
        case "manifest":
            manifest.write_text("not json", encoding="utf-8")
        case "format":
            changed = json.loads(manifest.read_text(encoding="utf-8")) | {"format": 99}
            manifest.write_text(json.dumps(changed), encoding="utf-8")
        case "gone":
            shutil.rmtree(folder)
    with pytest.raises(UnavailableError):
        load_bundle(folder)


def test_the_corpus_of_an_installation_is_read_and_its_mistakes_are_placed(tmp_path: Path) -> None:
    for name in ("conversations.jsonl", "gold.jsonl", "utterances.jsonl"):
        shutil.copy(CORPUS / name, tmp_path / name)
    (tmp_path / "gold.jsonl").write_text('{"id": "t1-001"}\n', encoding="utf-8")
    with pytest.raises(InvalidInputError, match=r"gold\.jsonl:1"):
        read_corpus(tmp_path)


def test_the_majority_of_three_readings_decides_and_ties_go_to_the_writer() -> None:
    slow = GoldPainPoint("claim", "slow", 2, (1,))
    first = Gold(
        "a", ("policy.loan",), (slow,), (GoldDelight("fast", (3,)),), "customer", "claim", "pending", "calm"
    )
    second = replace(first, intents=("policy.loan", "policy.query"), outcome="resolved", emotion="angry",
                     pain_points=(replace(slow, severity=3, evidence=(1, 5)), GoldPainPoint("claim", "attitude", 1, (5,))))  # fmt: skip
    third = replace(second, delights=(), emotion="anxious", outcome="resolved",
                    pain_points=(GoldPainPoint("service", "slow", 3, (5,)), GoldPainPoint("service", "attitude", 2, (7,))))  # fmt: skip
    found = majority((first, second, third))
    assert found.intents == ("policy.loan", "policy.query")
    assert found.delights == (GoldDelight("fast", (3,)),)
    assert (found.outcome, found.emotion) == ("resolved", "calm")
    # Two see slowness at claim; attitude is seen by two, at different stages: the first named.
    assert found.pain_points == (
        GoldPainPoint("claim", "slow", 2, (1,)), GoldPainPoint("claim", "attitude", 1, (5,)),
    )  # fmt: skip
    assert majority((first, second)) == first
    same = replace(first, id="b")
    assert agreement_between([(first, second), (same, same)], 0, 1)["outcome"] == 0.5


def test_the_gold_labels_of_the_corpus_are_those_of_its_readings() -> None:
    gold = {example.gold.id: example.gold for example in read_corpus() if not example.single}
    readings = readings_of()
    assert {own[0].id: majority(own) for own in readings} == gold
    assert sum(len(own) == 3 for own in readings) > 0.9 * len(gold)


def test_the_dual_solution_is_that_of_ridge_regression() -> None:
    import scipy.sparse as sp
    from sklearn.linear_model import Ridge

    from nlp.features import Rows, Widths

    random = np.random.default_rng(0)
    sparse, dense = random.normal(size=(40, 7)), random.normal(size=(40, 3)).astype(np.float32)
    rows = Rows(sp.csr_array(sparse.astype(np.float32)), dense)
    targets = random.normal(size=(40, 2)).astype(np.float32)
    head = primal(rows, Widths(7, 3), *dual(gram(rows, Widths(7, 3)), targets, 2.0), ("a:x", "a:y"))
    # The constant column of the similarity is regularised like any other.
    design = np.hstack([sparse, dense, np.ones((40, 1))])
    ridge = Ridge(alpha=2.0, fit_intercept=False).fit(design, targets - targets.mean(axis=0))
    assert head.scores(rows) == pytest.approx(ridge.predict(design) + targets.mean(axis=0), abs=1e-4)


def test_scores_out_of_fold_equal_those_of_models_trained_without_the_fold() -> None:
    import scipy.sparse as sp

    from nlp.features import Rows, Widths

    random = np.random.default_rng(1)
    rows = Rows(
        sp.csr_array(random.normal(size=(60, 9)).astype(np.float32)), np.zeros((60, 0), dtype=np.float32)
    )
    targets = (random.random((60, 3)) < 0.3).astype(np.float32)
    folds = random.integers(0, 5, 60)
    similarity = gram(rows, Widths(9, 0))
    scores = out_of_fold(similarity, targets, folds, 0.7)
    for fold in range(5):
        known, held = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        coefficients, mean = dual(similarity[np.ix_(known, known)], targets[known], 0.7)
        assert scores[held] == pytest.approx(similarity[np.ix_(held, known)] @ coefficients + mean, abs=1e-3)


def test_no_score_out_of_fold_comes_from_a_model_that_saw_the_row() -> None:
    import scipy.sparse as sp

    from nlp.features import Rows, Widths

    # Every row is its own feature: only a model that saw a row could tell its target from the mean.
    rows = Rows(sp.csr_array(np.eye(12, dtype=np.float32)), np.zeros((12, 0), dtype=np.float32))
    targets = np.array([[1.0], [0.0]] * 6, dtype=np.float32)
    scores = out_of_fold(gram(rows, Widths(12, 0)), targets, np.arange(12) % 3, 0.01)
    assert np.ptp(scores) < 0.2


def test_a_label_can_be_added_and_taken_out_without_code(tmp_path: Path) -> None:
    shipped = taxonomy_of(Settings())
    problems = {code: label for code, label in shipped.problems.items() if code != "bot_failure"}
    intents = {**shipped.intents, "pet.insurance": Label("pet.insurance", "宠物保险")}
    corpus = tmp_path / "corpus"
    shutil.copytree(CORPUS, corpus)
    with (corpus / "utterances.jsonl").open("a", encoding="utf-8") as stream:
        for i, said in enumerate(
            ("我家猫能上保险吗", "狗狗看病有没有保险能报", "给宠物买保险多少钱", "猫咪绝育保险管吗")
        ):
            value = {
                "id": f"pet-{i}",
                "text": said,
                "intents": ["pet.insurance"],
                "problems": [],
                "delights": [],
            }
            stream.write(json.dumps(value, ensure_ascii=False) + "\n")
    told: list[str] = []
    changed = replace(shipped, version=2, problems=problems, intents=intents)
    result = train(changed, HashingEncoder(), None, tmp_path / "bundles", "-", told.append, corpus)
    _, model = load_bundle(tmp_path / "bundles" / result.bundle)
    assert model.taxonomy == 2
    assert "pet.insurance" in model.tags["intents"].labels
    assert "bot_failure" not in model.tags["problems"].labels
    assert any("bot_failure" in line and "left out" in line for line in told)


def test_a_caller_role_taken_out_asks_for_labelling_again(tmp_path: Path) -> None:
    shipped = taxonomy_of(Settings())
    roles = {code: label for code, label in shipped.caller_roles.items() if code != "family"}
    with pytest.raises(InvalidInputError, match="label it again"):
        train(replace(shipped, caller_roles=roles), HashingEncoder(), None, tmp_path, "-", lambda _: None)
