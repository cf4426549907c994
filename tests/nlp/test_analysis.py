from __future__ import annotations

import pytest

from data.domain.analysis import Analysis
from data.domain.conversation import Conversation, Speaker, canonical_json
from nlp.pipeline import Analyzer
from nlp.speakers import SpeakerHead, agent_probabilities
from nlp.tagging import quarters
from nlp.tokenizer import Tokenizer
from nlp.units import Unit, caller_units
from tests.builders import a_conversation


def analysed(analyzer: Analyzer, *conversations: Conversation) -> list[Analysis]:
    prepared = [analyzer.prepare(c, canonical_json(c)) for c in conversations]
    return analyzer.analyze([(p.conversation, p.redactions) for p in prepared])


@pytest.mark.parametrize(
    ("said", "pain"),
    [
        ("养老金申请快两个月了一直没到账，怎么这么慢", "benefit.slow"),
        ("理赔材料交上去一个月了，到现在还没有结果，太慢了", "claim.slow"),
        ("你们业务员骗我说是存款，其实是保险，这是误导", "sales.mis_sold"),
        ("天天给我打推销电话，骚扰个没完", "service.privacy"),
    ],
    ids=["benefit-slow", "claim-slow", "mis-sold", "privacy"],
)
def test_plain_complaints_are_understood_with_evidence(said: str, pain: str, analyzer: Analyzer) -> None:
    (analysis,) = analysed(analyzer, a_conversation("坐：您好，请讲", f"客：{said}", "坐：我帮您登记一下"))
    points = {point.key: point for point in analysis.pain_points}
    assert pain in points
    assert points[pain].evidence[0].turn == 1
    assert points[pain].evidence[0].quote in said


def test_an_ordinary_question_has_an_intent_and_no_pain(analyzer: Analyzer) -> None:
    (analysis,) = analysed(
        analyzer, a_conversation("坐：您好", "客：我想问一下甲状腺结节能不能买重疾险", "坐：可以先提交预核保")
    )
    assert analysis.pain_points == ()
    assert "underwriting.eligibility" in {tag.label for tag in analysis.intents}


def test_what_the_agent_says_is_nobodys_pain(analyzer: Analyzer) -> None:
    (analysis,) = analysed(
        analyzer, a_conversation("客：我问下几点下班", "坐：理赔太慢了是我们的错，拖了您一个月")
    )
    assert all(span.turn == 0 for point in analysis.pain_points for span in point.evidence)


def test_company_in_a_batch_changes_nothing(analyzer: Analyzer) -> None:
    calls = [a_conversation(f"客：养老金{i}个月没到账，催了{i}次", identity=f"c-{i}") for i in range(5)]
    together = analysed(analyzer, *calls)
    alone = [analysed(analyzer, c)[0] for c in calls]
    for a, b in zip(together, alone, strict=True):
        assert [p.key for p in a.pain_points] == [p.key for p in b.pain_points]
        assert [p.score for p in a.pain_points] == pytest.approx([p.score for p in b.pain_points], abs=1e-4)


def test_the_channel_tells_nothing_about_what_hurts(analyzer: Analyzer) -> None:
    said = ("坐：您好", "客：养老金申请快两个月了一直没到账", "坐：登记")
    channels = ("hotline", "online_chat", None)
    found = [analysed(analyzer, a_conversation(*said, channel=channel))[0] for channel in channels]
    assert found[0].pain_points == found[1].pain_points == found[2].pain_points
    assert found[0].intents == found[1].intents == found[2].intents


@pytest.mark.parametrize("text", ["。", "😡😡", "a", "嗯", "啊" * 3000, "退保" * 2000], ids=range(6))
def test_odd_texts_are_analysed_without_a_complaint(text: str, analyzer: Analyzer) -> None:
    (analysis,) = analysed(analyzer, a_conversation(text))
    assert analysis.emotion is not None
    assert len(analysis.emotion.by_quarter) == 4


def test_missing_speakers_are_inferred_with_a_confidence(analyzer: Analyzer) -> None:
    (analysis,) = analysed(
        analyzer,
        a_conversation(
            "？：您好，工号1023，很高兴为您服务",
            "？：我那个养老金怎么还没到账啊",
            "？：请您提供一下保单号，我帮您查询",
            "？：我找一下",
        ),
    )
    assert [turn.speaker for turn in analysis.turns] == [
        Speaker.AGENT, Speaker.CUSTOMER, Speaker.AGENT, Speaker.CUSTOMER,
    ]  # fmt: skip
    assert all(0.5 <= turn.speaker_score <= 1 for turn in analysis.turns)


def test_speakers_that_were_named_are_kept_and_steer_the_others() -> None:
    head = SpeakerHead((), (), 0.0, switch=0.9, agent_first=0.5)  # type: ignore[arg-type]
    turns = a_conversation("？：甲", "客：乙", "？：丙").turns
    probabilities = agent_probabilities(head, turns)
    assert probabilities[1] < 0.01
    assert probabilities[0] > 0.8
    assert probabilities[2] > 0.8


def test_a_single_voice_without_a_speaker_is_the_callers(analyzer: Analyzer) -> None:
    (analysis,) = analysed(analyzer, a_conversation("？：希望你们的条款写得大一点"))
    assert analysis.turns[0].speaker is Speaker.CUSTOMER


def test_emotion_follows_the_callers_words_by_quarter() -> None:
    units = [Unit(0, i, 0, 4, "四个字呀", "") for i in range(4)]
    import numpy as np

    assert quarters(units, np.array([-1.0, -0.5, 0.0, 2.0])) == (-1.0, -0.5, 0.0, 1.0)
    assert quarters(units[:1], np.array([-0.3])) == (-0.3, -0.3, -0.3, -0.3)
    assert quarters([], np.array([])) == (0.0, 0.0, 0.0, 0.0)


def test_units_know_what_was_said_before_them() -> None:
    (unit,) = caller_units([a_conversation("坐：要退保吗", "客：是的")])
    assert (unit.turn, unit.text, unit.before) == (1, "是的", "要退保吗")


def test_search_terms_are_words_and_bigrams_and_jieba_is_our_own() -> None:
    import jieba

    terms = Tokenizer().search_terms("现金价值能拿多少，APP")
    assert {"现金价值", "现金", "价值", "app", "多少"} <= set(terms)
    assert not jieba.dt.initialized  # the process-wide one was never touched
