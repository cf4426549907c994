from __future__ import annotations

from data.domain.analysis import Heard
from data.domain.wire import analysis_from_json, analysis_to_json
from nlp.heard import misheard
from nlp.pipeline import Analyzer
from tests.builders import a_conversation


def _pairs(*texts: str) -> list[tuple[str, str]]:
    return [(h.span.quote, h.meant) for h in misheard(texts)]


def test_a_confusion_counts_in_its_context_alone() -> None:
    assert _pairs("我那个生存金到起步了没有") == [("起步", "起领")]
    assert _pairs("车刚起步就被追尾了") == []
    assert _pairs("是年金吗", "嗯，哪天起步") == [("起步", "起领")]


def test_terms_are_found_by_their_sound() -> None:
    assert _pairs("我要改收益人") == [("收益人", "受益人")]
    assert _pairs("那个百万意疗还在吗") == [("百万意疗", "百万医疗")]
    # n and l, front and back nasal, flat and curled tongue sound alike.
    assert _pairs("我的保丹贷款几时还") == [("保丹贷款", "保单贷款")]
    assert _pairs("他说要过等待七") == [("等待七", "等待期")]
    assert _pairs("核保要人工河保") == [("人工河保", "人工核保")]


def test_what_is_written_right_or_shares_no_character_is_left_alone() -> None:
    assert _pairs("保单贷款和受益人，还有等待期") == []
    assert _pairs("今天天气不错", "好的谢谢") == []


def test_spans_point_into_the_turn() -> None:
    texts = ["您好", "帮我查下，由于期几天，副校怎么办"]
    for found in misheard(texts):
        span = found.span
        assert texts[span.turn][span.begin : span.end] == span.quote
    assert [h.meant for h in misheard(texts)] == ["犹豫期", "复效"]


def test_an_analysis_shows_heard_and_meant_and_keeps_its_text(analyzer: Analyzer) -> None:
    prepared = analyzer.prepare(a_conversation("客：我的养老金到了起步的日子，怎么领"), "x")
    (analysis,) = analyzer.analyze([(prepared.conversation, {})])
    (found,) = analysis.heard
    assert isinstance(found, Heard)
    assert (found.span.quote, found.meant) == ("起步", "起领")
    assert "起步" in analysis.turns[0].text
    body = analysis_to_json(analysis)
    assert body["heard"] == [{"turn": 0, "begin": 7, "end": 9, "quote": "起步", "meant": "起领"}]
    assert analysis_from_json(body).heard == analysis.heard


def test_confidence_is_a_share_and_falls_where_nothing_can_be_known(analyzer: Analyzer) -> None:
    said = (
        a_conversation("坐：您好", "客：我住院的理赔材料交了一个月了还没到账，太慢了", "坐：给您加急", identity="a"),
        a_conversation("客：啊", identity="b"),
    )  # fmt: skip
    prepared = [analyzer.prepare(call, call.id) for call in said]
    clear, vague = analyzer.analyze([(p.conversation, {}) for p in prepared])
    assert clear.confidence is not None
    assert vague.confidence is not None
    assert 0 < vague.confidence < clear.confidence <= 1
