"""A label that is only named works at once; examples sharpen it; the head takes over as they become many."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from api.build import open_analyzer, taxonomy_of
from api.settings import Settings
from data.domain.analysis import Analysis
from data.domain.conversation import Conversation
from data.domain.errors import InvalidInputError
from data.domain.taxonomy import Label
from data.readers.taxonomy import read_taxonomy
from nlp.bundle import current, load_bundle
from nlp.encoder import HashingEncoder
from nlp.newcomers import YOUNG, newcomers_of, prototype, trust_in
from nlp.pipeline import Analyzer
from tests.builders import a_conversation
from training.run import TrainingResult


def _with_label(folder: Path, section: str, code: str, value: dict[str, object]) -> Path:
    """The shipped label set with one more label, as a user edits it."""
    configs = folder / "configs"
    configs.mkdir()
    content = yaml.safe_load(Path("configs/taxonomy.yaml").read_text(encoding="utf-8"))
    content[section][code] = value
    (configs / "taxonomy.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return configs


def _analyzer(configs: Path, trained: tuple[Path, TrainingResult], folder: Path) -> Analyzer:
    shutil.copytree(trained[0], folder / "var" / "bundles")
    return open_analyzer(
        Settings(var_dir=folder / "var", config_dir=configs, encoder="hashing"), lambda _: None
    )


def _analyze(analyzer: Analyzer, *calls: Conversation) -> list[Analysis]:
    prepared = [analyzer.prepare(call, call.id) for call in calls]
    return analyzer.analyze([(p.conversation, {}) for p in prepared])


def test_a_new_intent_works_without_training(trained: tuple[Path, TrainingResult], tmp_path: Path) -> None:
    configs = _with_label(
        tmp_path, "intents", "pet.insurance", {"name": "宠物保险", "is": "猫狗宠物看病能不能保、怎么买"}
    )
    analyzer = _analyzer(configs, trained, tmp_path)
    asked, other = _analyze(
        analyzer,
        a_conversation("客：你们有没有宠物保险，猫狗看病能保的", identity="a"),
        a_conversation("客：我的保单丢了怎么补一本", identity="b"),
    )
    (tag,) = [tag for tag in asked.intents if tag.label == "pet.insurance"]
    assert 0.1 < tag.score <= 1
    assert tag.evidence[0].quote == "你们有没有宠物保险，猫狗看病能保的"
    assert "pet.insurance" not in {tag.label for tag in other.intents}


def test_a_new_problem_hurts_at_the_stage_of_the_conversation(
    trained: tuple[Path, TrainingResult], tmp_path: Path
) -> None:
    configs = _with_label(
        tmp_path, "problems", "no_parking",
        {"name": "没地方停车", "is": "网点门口没有停车位", "examples": ["网点门口连个停车位都没有", "没地方停车，绕了三圈"]},
    )  # fmt: skip
    analyzer = _analyzer(configs, trained, tmp_path)
    (analysis,) = _analyze(analyzer, a_conversation("客：你们网点门口没有停车位，没地方停车"))
    (point,) = [point for point in analysis.pain_points if point.problem == "no_parking"]
    assert point.severity == 2
    assert point.stage == (analysis.journey_stage and analysis.journey_stage.label)
    assert "停车" in point.evidence[0].quote


def test_known_labels_are_no_newcomers_and_young_ones_share_with_their_head(
    trained: tuple[Path, TrainingResult],
) -> None:
    _, model = load_bundle(current(trained[0]))
    encoder, taxonomy = HashingEncoder(), taxonomy_of(Settings())
    support = dict(zip(model.tags["intents"].labels, model.tags["intents"].support.tolist(), strict=True))
    assert min(support.values()) >= YOUNG
    known = list(taxonomy.intents.values())
    scale, center = model.newcomers, model.features.center
    assert newcomers_of(known, support, scale, center, encoder).labels == ()
    young = newcomers_of(known, {**support, "policy.loan": 10}, scale, center, encoder)
    assert young.labels == ("policy.loan",)
    assert young.head_weight.tolist() == [0.5]
    new = newcomers_of([Label("pet", "宠物保险", examples=("猫",) * 5)], support, scale, center, encoder)
    assert (new.head_weight.tolist(), new.trust.tolist()) == ([0.0], [0.5])


def test_examples_pull_the_prototype_towards_them() -> None:
    name = np.array([[1.0, 0.0]], dtype=np.float32)
    example = np.array([[0.0, 1.0]], dtype=np.float32)
    shares = [prototype(name, np.repeat(example, n, axis=0))[1] for n in (0, 1, 5, 50)]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[2] == pytest.approx(0.5**0.5)
    assert [trust_in(n) for n in (0, 5)] == [0.0, 0.5]


def test_the_scale_tells_known_labels_by_their_names_alone(trained: tuple[Path, TrainingResult]) -> None:
    """The encoder without weights sees characters only; even so a name is worth something."""
    _, model = load_bundle(current(trained[0]))
    scale = model.newcomers
    assert scale.slopes[0] > 0
    assert 0.05 < scale.threshold < 0.7
    close, far = scale.probabilities(np.array([[[6.0, 0.0, 1.0]], [[0.0, 0.0, 1.0]]]))[:, 0]
    assert close > 5 * far


def test_a_label_taken_for_young_is_blended_not_doubled(
    trained: tuple[Path, TrainingResult], tmp_path: Path
) -> None:
    _, model = load_bundle(current(trained[0]))
    few = replace(model.tags["intents"], support=np.full(len(model.tags["intents"].labels), 10.0))
    from api.build import open_pseudonymiser
    from data.domain.analysis import Versions
    from nlp.newcomer_tags import newcomers_by_part

    changed = replace(model, tags={**model.tags, "intents": few})
    encoder = HashingEncoder()
    newcomers = newcomers_by_part(changed, taxonomy_of(Settings()), encoder)
    assert set(newcomers) == {"intents"}
    pseudonymiser = open_pseudonymiser(Settings(var_dir=tmp_path), lambda _: None)
    analyzer = Analyzer(changed, encoder, None, pseudonymiser, Versions("b", 1, "-"), newcomers)
    (analysis,) = _analyze(analyzer, a_conversation("客：我要办保单贷款，利息多少，还款怎么还"))
    labels = [tag.label for tag in analysis.intents]
    assert "policy.loan" in labels
    assert len(labels) == len(set(labels))
    assert [tag.score for tag in analysis.intents] == sorted(
        (t.score for t in analysis.intents), reverse=True
    )


def test_examples_that_are_no_texts_are_told_with_file_and_label(tmp_path: Path) -> None:
    configs = _with_label(tmp_path, "intents", "pet.insurance", {"name": "宠物保险", "examples": "猫"})
    with pytest.raises(InvalidInputError, match=r"taxonomy\.yaml.*pet\.insurance.*list of texts"):
        read_taxonomy(configs / "taxonomy.yaml")
