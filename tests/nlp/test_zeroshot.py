from __future__ import annotations

import json
from pathlib import Path

import pytest

from api.build import taxonomy_of
from api.settings import Settings
from nlp.bundle import current, load_bundle
from nlp.encoder import HashingEncoder
from nlp.zeroshot import ZeroShot
from tests.api.cli import voc
from tests.builders import write_lines
from training.run import TrainingResult


@pytest.fixture(scope="session")
def ranker(trained: tuple[Path, TrainingResult]) -> ZeroShot:
    _, model = load_bundle(current(trained[0]))
    return ZeroShot(model, taxonomy_of(Settings()), HashingEncoder(), None)


def test_the_name_that_fits_comes_first(ranker: ZeroShot) -> None:
    ranked = ranker.rank(
        ["我要把这份退保", "理赔到哪一步了"], [["理赔进度", "办理退保"], ["续期缴费", "理赔进度"]]
    )
    assert [ranking[0].label for ranking in ranked] == ["办理退保", "理赔进度"]
    assert all(a.score >= b.score for a, b in ranked)


def test_every_name_is_ranked_once_and_no_text_gives_nothing(ranker: ZeroShot) -> None:
    (ranking,) = ranker.rank(["？"], [["甲", "乙", "丙"]])
    assert {item.label for item in ranking} == {"甲", "乙", "丙"}
    assert ranker.rank([], []) == []


def test_a_name_that_means_a_known_label_is_helped_by_what_the_model_knows(ranker: ZeroShot) -> None:
    """No character in common with the right name: only the model knows that this is about a loan."""
    (ranking,) = ranker.rank(
        ["手头紧，想从你们那份借点钱出来周转，年底就还上"], [["网点地址", "保单贷款", "理赔材料", "发票凭证"]]
    )
    assert ranking[0].label == "保单贷款"


def test_the_command_ranks_line_by_line_and_tells_what_is_wrong(var: Path, tmp_path: Path) -> None:
    source = write_lines(
        tmp_path / "in.jsonl",
        [{"id": "a", "text": "我要退保", "labels": ["退保", "投保"]}, {"id": "b", "text": "没有名字"}],
    )
    out = tmp_path / "out.jsonl"
    ran = voc("zeroshot", source, "--output", out)
    assert ran.status == 0
    assert "in.jsonl:2:" in ran.err
    (line,) = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert line["id"] == "a"
    assert [item["label"] for item in line["ranking"]] == ["退保", "投保"]
