from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nlp.encoder import HashingEncoder
from nlp.zeroshot import ZeroShot
from tests.api.cli import voc
from tests.builders import write_lines


@pytest.fixture
def ranker() -> ZeroShot:
    return ZeroShot(HashingEncoder(), np.zeros(256, dtype=np.float32), ["退保减保", "理赔进度", "能否投保"])


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
