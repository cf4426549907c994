from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from eval.inputs import Judged
from tests.api.cli import voc
from tests.builders import a_conversation, an_analysis, write_lines


def test_conversations_are_measured_part_by_part_with_baselines(var: Path, tmp_path: Path) -> None:
    calls = [
        a_conversation("坐：您好", "客：养老金申请快两个月了一直没到账，怎么这么慢", identity="a"),
        a_conversation("坐：您好", "客：我问下柜面几点下班", identity="b"),
    ]
    source = write_lines(tmp_path / "in.jsonl", calls)
    common = {"caller_role": "customer", "delights": [], "outcome": "resolved", "emotion": "calm"}
    gold = write_lines(
        tmp_path / "gold.jsonl",
        [
            {"id": "a", "journey_stage": "benefit", "intents": ["benefit.progress"], **common,
             "pain_points": [{"stage": "benefit", "problem": "slow", "severity": 2, "evidence": [1]}]},
            {"id": "b", "journey_stage": "service", "intents": ["service.contact"], "pain_points": [], **common},
        ],
    )  # fmt: skip
    figures = voc("eval", "conversations", "--input", source, "--gold", gold, "--json").json
    problems = figures["parts"]["problems"]
    assert problems["right"] == 1
    assert problems["f1"] == pytest.approx(2 / (2 + problems["extra"] + problems["missed"]), abs=1e-5)
    assert figures["evidence"] == {"recall": 1.0, "precision": 1.0, "hit": 1.0, "n": 1}
    assert figures["false_alarm"] == 0.0
    assert set(figures["parts"]["caller_role"]) >= {"accuracy", "low", "high"}
    assert {"severity", "ece", "noise_loss"} <= set(figures)
    assert set(figures["baselines"]) == {"majority", "tfidf_logistic_regression"}


def test_figures_are_of_the_emitted_labels_alone() -> None:
    from eval.conversations import measure
    from eval.labels import Gold, GoldPainPoint

    call = a_conversation("理赔一个月了", identity="a")
    gold = Gold(
        "a",
        ("claim.progress",),
        (GoldPainPoint("claim", "slow", 3, (0,)),),
        (),
        "customer",
        "claim",
        "resolved",
        "angry",
    )
    judged = [Judged(call, gold)] * 2
    teach = [Judged(a_conversation("甲乙丙", identity=str(i)), gold) for i in range(3)]
    teach += [
        Judged(
            a_conversation("丁戊己", identity=str(i)),
            Gold(str(i), ("other",), (), (), "family", "service", "unclear", "calm"),
        )
        for i in range(3, 6)
    ]
    figures = measure(
        judged, teach, lambda asked: [an_analysis(c, "claim.slow", "service.rude", severity=2) for c in asked]
    )
    assert figures["parts"]["pain_points"]["f1"] == pytest.approx(2 * 2 / (4 + 2))
    assert figures["parts"]["intents"]["f1"] == 0.0
    assert figures["severity"] == 0.0
    assert figures["severity_detail"]["mean_error"] == 1.0
    assert figures["parts"]["emotion"]["accuracy"] == 0.0
    assert math.isnan(figures["false_alarm"])


@pytest.mark.parametrize("name", ["redaction", "speakers", "emotion"])
def test_what_the_project_has_gold_for_is_measured_without_any_file(name: str, var: Path) -> None:
    ran = voc("eval", name, "--json")
    assert ran.status == 0
    assert voc("eval", name).status == 0
    figures = ran.json
    if name == "redaction":
        assert {"recall", "by_type", "clean_texts_changed", "masked_beyond_gold"} <= set(figures)
    if name == "speakers":
        assert figures["accuracy"] > 0.9


def test_speakers_of_numbered_recordings_are_judged_by_their_source(var: Path, tmp_path: Path) -> None:
    turns = [
        {"speaker": "unknown", "text": text}
        for text in ("您好很高兴为您服务", "我要查一下保单", "请报身份证号", "好")
    ]
    line = {"id": "x", "turns": turns, "source_speakers": ["[SPEAKER 1]", "[SPEAKER 2]"] * 2}
    source = write_lines(tmp_path / "in.jsonl", [line])
    assert voc("eval", "speakers", "--input", source, "--json").json["accuracy"] == 1.0
    nobody = write_lines(tmp_path / "nobody.jsonl", [{"id": "x", "turns": turns}])
    assert voc("eval", "speakers", "--input", nobody).status == 2


def test_gold_without_its_conversation_and_broken_gold_are_told(var: Path, tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", [a_conversation(identity="a")])
    other = {"id": "z", "intents": [], "pain_points": [], "delights": []}
    missing = voc(
        "eval", "conversations", "--input", source, "--gold", write_lines(tmp_path / "g.jsonl", [other])
    )
    assert (missing.status, "not in in.jsonl" in missing.err) == (2, True)
    broken = tmp_path / "broken.jsonl"
    broken.write_text(json.dumps(other) + "\n{", encoding="utf-8")
    ran = voc("eval", "conversations", "--input", source, "--gold", broken)
    assert (ran.status, "broken.jsonl:2" in ran.err) == (2, True)


def test_the_shared_development_set_is_understood_better_than_by_the_baselines(
    var: Path, shared: Path
) -> None:
    folder = shared / "data" / "conversations"
    figures = voc(
        "eval",
        "conversations",
        "--input",
        folder / "dev.jsonl",
        "--gold",
        folder / "dev.gold.jsonl",
        "--json",
    ).json
    for part in ("intents", "pain_points", "problems", "delights"):
        for baseline in figures["baselines"].values():
            assert figures["parts"][part]["f1"] > baseline[part]["f1"], part
