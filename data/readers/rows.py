"""Rows of a table, one a turn, with Chinese or English headers → conversations. Shared by CSV and Excel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from data.readers.build import RawConversation, RawTurn, Reading, build, parse_time, seconds
from data.readers.records import Record

_ALIASES = {
    "id": "id conversation_id conversationid call_id callid session_id sessionid contact_id 会话编号 会话id 会话号 会话标识 通话id 通话编号 通话标识 录音编号 录音流水号 工单号 工单编号 流水号 编号 对话id 对话编号 问卷编号 案件编号 序列号 case_id ticket_id",
    "speaker": "speaker role participant 角色 话者 说话人 发言人 讲话人 身份 说话方 发送方 发送人 发言方 说话者 对话角色",
    "text": "text content message utterance transcript 内容 说话内容 文本 话术 对话内容 消息内容 消息 转写文本 转写内容 语音文本 发言内容 原话 客户原话 正文 留言 评价内容 反馈内容 意见 描述 问题描述 投诉内容 上报内容",
    "start": "start begin start_time_s offset 开始秒 开始偏移 起始秒 开始毫秒",
    "end": "end 结束秒 结束偏移 结束毫秒",
    "turn_time": "turn_time message_time timestamp 发言时间 消息时间 发送时间 说话时间",
    "started_at": "started_at time datetime date created_at start_time 时间 开始时间 通话时间 呼叫时间 通话开始时间 会话时间 会话开始时间 来电时间 日期 提交时间 受理时间 创建时间 起始时间 上报时间 投诉时间",
    "channel": "channel 渠道 来源 来源渠道 会话渠道 受理渠道",
    "org": "org organisation organization branch 机构 分公司 机构名称 所属机构 归属机构 所属分公司 部门",
    "sub_org": "sub_org 中心支公司 支公司 下级机构 中支",
    "agent_id": "agent_id agent agentid 坐席工号 坐席编号 座席工号 工号 客服工号 坐席 客服编号 员工号",
    "customer_key": "customer_key customer_id customerid 客户号 客户编号 客户id 客户标识 会员号",
    "product": "product 产品 产品名称 险种 险种名称 产品类型",
    "policy_no": "policy_no policyno 保单号 保单号码 合同号",
    "policy_year": "policy_year 保单年度 保单年限",
    "nps": "nps nps分 nps得分 推荐分 推荐度 推荐意愿",
    "csat": "csat 满意度 满意度评分 满意度得分 评分",
    "nps_kind": "nps_kind nps类型",
    "age": "age 年龄 客户年龄",
}  # fmt: skip
_FIELD_OF = {alias: field for field, aliases in _ALIASES.items() for alias in aliases.split()}
_METADATA = ("product", "policy_no", "policy_year", "nps", "csat", "nps_kind", "age")
_NUMERIC = ("policy_year", "nps", "csat", "age")


def fields_of(header: Sequence[Any]) -> dict[int, str]:
    """Column → field; columns of unknown name keep it and become metadata. The first of two equal fields counts."""
    result: dict[int, str] = {}
    for column, name in enumerate(header):
        plain = str(name or "").strip().lstrip("\ufeff")
        key = plain.lower().replace(" ", "").replace("（", "(").partition("(")[0]
        field = _FIELD_OF.get(key) or _FIELD_OF.get(plain.lower()) or plain
        if field and field not in result.values():
            result[column] = field
    return result


def is_table(header: Sequence[Any]) -> bool:
    """Whether a header has what a conversation needs: a column of text."""
    return "text" in fields_of(header).values()


def read_rows(
    reading: Reading, header: Sequence[Any], rows: Iterator[tuple[int, Sequence[Any]]]
) -> Iterator[Record]:
    """Conversations from (row number, cells); rows that follow each other with one id are one conversation.

    Without an id column every row is a voice of its own; an empty id continues the conversation above.
    An id that comes back later in the file would need the whole file in memory: it is read as it stands,
    and the store then says whether it is known or a conflict.
    """
    fields = fields_of(header)
    if "text" not in fields.values():
        yield reading.rejected(1, "missing_turns", "no column of text; name one 内容 or text")
        return
    has_id = "id" in fields.values()
    group: list[dict[str, Any]] = []
    first, number = 0, 0
    for line, cells in rows:
        row = {fields[i]: value for i, value in enumerate(cells) if i in fields and value not in (None, "")}
        if not row:
            continue
        if group and (not has_id or ("id" in row and row["id"] != group[0].get("id"))):
            number += 1
            yield from _conversation(reading, first, group, None if has_id else number)
            group = []
        if not group:
            first = line
        group.append(row)
    if group:
        yield from _conversation(reading, first, group, None if has_id else number + 1)


def _conversation(
    reading: Reading, line: int, rows: Sequence[Mapping[str, Any]], number: int | None
) -> Iterator[Record]:
    head = {key: value for row in reversed(rows) for key, value in row.items()}
    moments = [parse_time(row.get("turn_time"), reading.zone)[0] for row in rows]
    if "turn_time" not in head and len({str(row.get("started_at")) for row in rows}) > 1:
        moments = [parse_time(row.get("started_at"), reading.zone)[0] for row in rows]
    origin = next((moment for moment in moments if moment), None)
    turns = [
        RawTurn(
            str(row["text"]) if "text" in row else "",
            row.get("speaker", "客户" if number is not None else None),
            (moment - origin).total_seconds() if moment and origin else seconds(row.get("start")),
            seconds(row.get("end")),
        )
        for row, moment in zip(rows, moments, strict=True)
    ]
    org = "/".join(str(head[key]) for key in ("org", "sub_org") if key in head) or None
    unknown = {key: value for key, value in head.items() if key not in _ALIASES}
    known = {key: _number(head[key]) if key in _NUMERIC else head[key] for key in _METADATA if key in head}
    yield from build(
        reading,
        line,
        RawConversation(
            turns=turns,
            id=head.get("id"),
            channel=head.get("channel"),
            started_at=head.get("started_at") or head.get("turn_time"),
            org=org,
            agent_id=head.get("agent_id"),
            customer_key=head.get("customer_key"),
            metadata={**unknown, **known},
        ),
        number,
    )


def _number(value: Any) -> Any:
    """A whole or decimal number where the cell holds one, else the cell."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return value
    return int(number) if number.is_integer() else number
