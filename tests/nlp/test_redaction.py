from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.domain.conversation import Conversation
from eval.redaction import measure, read_marked
from nlp.redaction import MARKS, find_spans, redact
from nlp.redaction.conversation import redact_conversation, redact_id
from nlp.redaction.pseudonym import Pseudonymiser
from tests.builders import a_conversation

KEY = Pseudonymiser(b"0123456789abcdef")


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ("我身份证是11010519491231002X", "我身份证是[身份证号]"),
        ("打13800138000找我", "打[手机号]找我"),
        ("电话 138-0013-8000", "电话 [手机号]"),
        ("幺三八零零幺三八零零零", "[手机号]"),
        ("幺三八，嗯，零零幺三，然后是八零零零", "[手机号]"),
        ("一五二，三个六，七七零零，八", "[手机号]"),
        ("身份证三七零二零三一九五六零八幺九三零二叉", "身份证[身份证号]"),
        ("三七零二零三一九五六零八幺九三零二艾克斯", "[身份证号]"),
        ("證件號碼440105198203154528", "證件號碼[身份证号]"),
        ("卡号6217 8523 0001 4470 912", "卡号[银行卡号]"),
        ("保单号P4403012019000187", "保单号[保单号]"),
        ("我叫陈桂兰", "我叫[姓名]"),
        ("老韩你帮我看看", "[姓名]你帮我看看"),
        ("谢医生开的证明", "[姓名]开的证明"),
        ("住在金牛区一环路北三段88号锦城苑6栋2单元1503", "住在[地址]"),
        ("邮箱zhaolin.hz@126.com", "邮箱[邮箱]"),
        ("车牌川AK3M72", "车牌[车牌号]"),
        ("护照号EJ4471209", "护照号[护照号]"),
        ("微信lmm_198802", "微信[微信号]"),
        ("我是1966年3月8号出生的", "我是[出生日期]出生的"),
        ("身份证号320502196509143321，少一位的32050219650914332", "身份证号[身份证号]，少一位的[身份证号]"),
    ],
    ids=range(21),
)
def test_personal_data_becomes_a_typed_mark(said: str, stored: str) -> None:
    assert redact(said) == stored


@pytest.mark.parametrize(
    "said",
    [
        "保额300000元，每年交12,800.50元", "95500按几转人工，12378打不通", "400-820-8820是你们的吗", "工号3382为您服务",
        "去年9月12号做的手术", "2006年6月15日投保", "我妈七十三了", "王牌产品也不过如此", "高血压140/90", "苏A的车能修吗",
        "江苏分公司苏州中心支公司", "成都市武侯区附近有柜面吗", "版本号5.2.1", "康宁终身重大疾病保险", "万能账户利率2.5%",
        "老师傅您慢慢说", "马上到期了", "方便的话回个电话", "关于退保的事情", "常州的网点在哪", "交了二十年了",
    ],
    ids=range(21),
)  # fmt: skip
def test_what_is_not_personal_stays(said: str) -> None:
    assert redact(said) == said


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_spans_are_sorted_disjoint_and_inside_and_redaction_is_final(text: str) -> None:
    spans = find_spans(text)
    assert all(0 <= s.begin < s.end <= len(text) for s in spans)
    assert all(a.end <= b.begin for a, b in pairwise(spans))
    once = redact(text)
    assert redact(once) == once


@given(
    st.from_regex(r"1[3-9]\d{9}", fullmatch=True),
    st.sampled_from(["我电话", "", "打这个 ", "號碼係", "call me "]),
    st.sampled_from(["", " ", "-", "，", ".", " 嗯 "]),
)
@settings(max_examples=200, deadline=None)
def test_no_mobile_number_survives_however_it_is_split(number: str, before: str, between: str) -> None:
    said = before + between.join((number[:3], number[3:7], number[7:])) + "啊"
    assert not any(character.isdigit() for character in redact(said))


@given(
    st.from_regex(r"[1-6]\d{5}19[4-9]\d(0[1-9]|1[0-2])(0[1-9]|1\d|2[0-8])\d{3}[\dX]", fullmatch=True),
    st.sampled_from(["", " ", "-"]),
)
@settings(max_examples=200, deadline=None)
def test_no_identity_number_survives_whether_its_check_digit_is_right_or_not(
    number: str, between: str
) -> None:
    said = "我的号是" + between.join((number[:6], number[6:14], number[14:]))
    assert redact(said) == "我的号是[身份证号]"


def test_the_gold_of_our_own_is_kept() -> None:
    figures = measure(read_marked(Path("eval/gold/redaction.jsonl")))
    assert figures["recall"] >= 0.97
    assert figures["clean_texts_changed"] <= 0.03
    assert figures["masked_beyond_gold"] <= 0.02


def test_the_shared_development_set_meets_what_is_asked(shared: Path) -> None:
    figures = measure(read_marked(shared / "data/redaction/dev.jsonl"))
    assert figures["recall"] >= 0.97
    assert all(figures["by_type"][kind]["recall"] >= 0.99 for kind in ("PHONE", "ID_CARD", "BANK_CARD"))
    assert figures["clean_texts_changed"] <= 0.03
    assert figures["masked_beyond_gold"] <= 0.02


def said(*turns: str) -> list[str]:
    return [turn.text for turn in redact_conversation(a_conversation(*turns), KEY).conversation.turns]


def test_a_number_read_out_over_several_turns_is_masked() -> None:
    texts = said(
        "坐：您的手机号是多少",
        "客：幺三八",
        "坐：嗯",
        "客：零零幺三",
        "坐：好",
        "客：八零零零",
        "客：保额三十万",
    )
    assert [text for text in texts if any(c in text for c in "幺八零")] == []
    assert texts[-1] == "保额三十万"


def test_a_number_asked_for_is_masked_whatever_its_shape() -> None:
    assert said("坐：麻烦报一下保单号", "客：三三零二，五五一八八")[1] == "[保单号]"


def test_a_name_once_known_is_masked_wherever_it_is_said_again() -> None:
    texts = said("客：我叫尹继东", "坐：尹继东您好", "坐：尹继东这份保单")
    assert all("尹继东" not in text for text in texts)


def test_ids_and_metadata_are_redacted_and_what_identifies_becomes_a_pseudonym() -> None:
    conversation = a_conversation(
        "我要退保", identity="call-13800138000", customer_key="C10086", agent_id="A1023",
        channel="陈桂兰13800138000专线", org="江苏分公司/陈桂兰13800138000",
        metadata={"policy_no": "P440301", "phone": 13800138000, "phone_on_file": "old", "note": "找陈桂兰，13800138000",
                  "product": "康宁终身", "age": 70, "客户姓名": "陈桂兰", "vip": True},
    )  # fmt: skip
    first = redact_conversation(conversation, KEY).conversation
    assert first.id.startswith("id_")
    assert first.customer_key == KEY.pseudonym("cust", "C10086")
    assert first.agent_id == "A1023"
    assert (first.channel, first.org) == ("[姓名][手机号]专线", "江苏分公司/[姓名][手机号]")
    assert first.metadata == {
        "policy_no": KEY.pseudonym("pol", "P440301"), "phone": KEY.pseudonym("pii", "13800138000"),
        "phone_on_file": "old", "note": "找[姓名]，[手机号]", "product": "康宁终身", "age": 70,
        "客户姓名": KEY.pseudonym("pii", "陈桂兰"), "vip": True,
    }  # fmt: skip
    again = redact_conversation(first, KEY)
    assert again.conversation == first
    assert not again.counts


def test_pseudonyms_join_under_one_key_and_not_under_another() -> None:
    other = Pseudonymiser(b"another key 1234")
    assert KEY.pseudonym("cust", " C1 ") == KEY.pseudonym("cust", "C1") != other.pseudonym("cust", "C1")
    assert redact(KEY.pseudonym("cust", "C1")) == KEY.pseudonym("cust", "C1")


@pytest.mark.parametrize(
    ("identity", "kept"),
    [
        ("c-1", True),
        ("2026-03-02.csv", True),
        ("13800138000.wav", False),
        ("陈桂兰投诉.txt", False),
        ("A1023", True),
    ],
    ids=range(5),
)
def test_ids_and_file_names_are_kept_unless_they_tell_who(identity: str, kept: bool) -> None:
    assert (redact_id(identity, KEY) == identity) is kept


def test_counts_name_the_types(  # what `redactions` of an analysis holds
) -> None:
    redacted = redact_conversation(a_conversation("我叫陈桂兰，电话13800138000"), KEY)
    assert redacted.counts == {"NAME": 1, "PHONE": 1}
    assert isinstance(redacted.conversation, Conversation)
    assert set(redacted.counts) <= {kind.value for kind in MARKS}
