"""Raw values of any format → Turn and Conversation; cleaning, speaker words, times and notes in one place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from data.domain.conversation import Conversation, Scalar, Speaker, Turn
from data.readers.records import Located, Noted, Record, Rejected

_SPEAKERS = {
    Speaker.AGENT: "坐席 座席 客服 话务员 客服代表 客服人员 客服专员 人工客服 人工 接线员 服务人员 坐席员 座席员 专员 柜员 柜面 工作人员 服务顾问 "
    "agent representative rep operator staff advisor internal csr human_agent agent_1",
    Speaker.CUSTOMER: "客户 用户 来电人 来电者 主叫 顾客 投保人 被保险人 业务员 代理人 访客 家属 受访者 网友 投诉人 报案人 咨询人 会员 客户侧 体验官 上报人 反映人 "
    "customer caller client user external end_user visitor consumer end-user enduser guest",
    Speaker.BOT: "机器人 智能客服 语音导航 小助手 智能助手 导航 自动语音 AI客服 虚拟坐席 bot ivr robot automated_agent virtual_agent assistant chatbot",
    Speaker.SYSTEM: "系统 系统消息 系统提示 提示音 system notification acd workflow",
}
_SPEAKER_OF = {word.lower(): speaker for speaker, words in _SPEAKERS.items() for word in words.split()}
_CHANNELS = {
    "hotline": "热线 电话 语音 呼入 来电 热线通话 电话热线 95500 voice call phone telephony hotline",
    "online_chat": "在线客服 在线 在线聊天 网聊 聊天 app客服 chat online_chat webchat online webmessaging",
    "wechat": "微信 公众号 社群 企业微信 微信群 小程序 wechat",
    "survey": "问卷 调研 nps 回访 满意度 满意度调查 survey",
    "complaint": "投诉 信访 投诉信 complaint",
    "officer": "体验官 上报 员工上报 体验官上报 officer",
    "mystery_shopper": "神秘访客 神秘客 暗访 mystery_shopper",
    "public_opinion": "舆情 微博 小红书 论坛 公开舆情 黑猫 public_opinion social",
}
_CHANNEL_OF = {word: code for code, words in _CHANNELS.items() for word in words.split()}
# Control characters and lone surrogates; tab and line ends become blanks instead.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_BLANKS = re.compile(r"[\t\r\n\v\f\u2028\u2029]+")
_MAX_ID = 200


@dataclass(slots=True)
class Reading:
    """The state of reading one file: its name and stem, the zone of bare times, notes given once a file."""

    path: str
    stem: str
    zone: tzinfo
    noted_once: set[str] = field(default_factory=set)

    def note(self, line: int | None, code: str, message: str) -> Noted:
        """A note on one place."""
        return Noted(self.path, line, code, message)

    def once(self, line: int | None, code: str, message: str) -> Iterator[Noted]:
        """A note that is given only the first time in a file."""
        if code not in self.noted_once:
            self.noted_once.add(code)
            yield self.note(line, code, f"{message} (said once a file)")

    def rejected(self, line: int | None, code: str, message: str) -> Rejected:
        """A rejection of one place."""
        return Rejected(self.path, line, code, message)


@dataclass(frozen=True, slots=True)
class RawTurn:
    """A turn before cleaning: speaker as the source named it, times in seconds."""

    text: Any
    speaker: Any = None
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True)
class RawConversation:
    """A conversation before cleaning; `started_at` in any notation."""

    turns: Sequence[RawTurn]
    id: Any = None
    channel: Any = None
    started_at: Any = None
    org: Any = None
    agent_id: Any = None
    customer_key: Any = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


def build(reading: Reading, line: int, raw: RawConversation, number: int | None = None) -> Iterator[Record]:
    """Notes, then the conversation; or a rejection. `number` counts conversations without an id in a file."""
    turns: list[Turn] = []
    dropped = cleaned = unknown = 0
    for position, raw_turn in enumerate(raw.turns, 1):
        if not isinstance(raw_turn.text, str):
            yield reading.rejected(
                line, "bad_turn", f"turn {position} has no text; every turn needs a string `text`"
            )
            return
        text, changed = clean(raw_turn.text)
        cleaned += changed
        if not text:
            dropped += 1
            continue
        speaker = speaker_of(raw_turn.speaker)
        unknown += speaker is Speaker.UNKNOWN
        score = 0.0 if speaker is Speaker.UNKNOWN else 1.0
        turns.append(Turn(text, speaker, score, raw_turn.start, raw_turn.end))
    if not turns:
        yield reading.rejected(line, "empty_turns", "no turn has any text; give at least one turn with text")
        return
    if cleaned:
        yield reading.note(
            line, "control_characters", f"control characters or broken code points removed in {cleaned} turns"
        )
    if dropped:
        yield reading.note(line, "empty_turn", f"{dropped} turns without text left out")
    if unknown:
        yield from reading.once(
            line, "unknown_speaker", "speakers missing or not recognised; they will be inferred"
        )
    started_at, problem = parse_time(raw.started_at, reading.zone)
    if problem == "without_zone":
        yield from reading.once(line, "time_without_zone", f"time without zone, read as {reading.zone}")
    elif problem:
        yield reading.note(
            line, "bad_time", "time not understood and left out; write it as 2026-03-02T09:14:00+08:00"
        )
    yield Located(
        Conversation(
            id=_identity(raw.id, reading.stem, number),
            turns=tuple(turns),
            channel=channel_of(raw.channel),
            started_at=started_at,
            org=_text(raw.org),
            agent_id=_text(raw.agent_id),
            customer_key=_text(raw.customer_key),
            metadata=flatten(raw.metadata),
        ),
        reading.path,
        line,
    )


def clean(text: str) -> tuple[str, bool]:
    """The text without control characters, line ends as blanks, ends trimmed; and whether anything was wrong.

    >>> clean("你好\\x00吗\\n")
    ('你好吗', True)
    """
    bare = _CONTROL.sub(lambda match: "\ufffd" if "\ud800" <= match.group() <= "\udfff" else "", text)
    return _BLANKS.sub(" ", bare).strip(), bare != text


def speaker_of(word: Any) -> Speaker:
    """The speaker a source's word stands for; UNKNOWN where it says nothing.

    >>> speaker_of("【坐席1】"), speaker_of("spk_0")
    (<Speaker.AGENT: 'agent'>, <Speaker.UNKNOWN: 'unknown'>)
    """
    if not isinstance(word, str):
        return Speaker.UNKNOWN
    core = word.strip().strip("【】[]()（）<>《》:： \t").lower()
    return _SPEAKER_OF.get(core) or _SPEAKER_OF.get(core.rstrip("0123456789_- ")) or Speaker.UNKNOWN


def known_speaker_word(word: str) -> bool:
    """Whether the word names a speaker."""
    return speaker_of(word) is not Speaker.UNKNOWN


def channel_of(word: Any) -> str | None:
    """The code of a channel named by code or in Chinese; an unknown word stays as it is."""
    text = _text(word)
    return None if text is None else _CHANNEL_OF.get(text.lower(), text)


def parse_time(value: Any, zone: tzinfo) -> tuple[datetime | None, str | None]:
    """An aware time and None, `"without_zone"` (read in `zone`) or `"unreadable"`."""
    if value is None or value == "":
        return None, None
    if isinstance(value, datetime):
        return (value, None) if value.tzinfo else (value.replace(tzinfo=zone), "without_zone")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _epoch(value)
    text = (
        str(value).strip().replace("/", "-").replace("年", "-").replace("月", "-").replace("日", " ").strip()
    )
    if text.isdigit() and len(text) >= 10:
        return _epoch(int(text))
    try:
        moment = datetime.fromisoformat(_padded(text))
    except ValueError:
        return None, "unreadable"
    return (moment, None) if moment.tzinfo else (moment.replace(tzinfo=zone), "without_zone")


def _padded(text: str) -> str:
    """`2026-3-2 9:14` with two digits everywhere, which is what the standard library reads."""
    text = re.sub(r"(?<![\d.+:])(\d)(?=[-:T ]|$)", r"0\1", text)
    text = re.sub(r"\s+(?=[+-]\d\d:?\d\d$|Z$)", "", text)
    return re.sub(r"\s+", " ", text)


def _epoch(value: float) -> tuple[datetime | None, str | None]:
    for divisor in (1, 1_000, 1_000_000):
        seconds = value / divisor
        if 3e8 <= seconds <= 4.2e9:  # 1979 … 2103
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds), None
    return None, "unreadable"


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Scalar]:
    """Nested metadata with dotted keys and scalar values; nulls are dropped, lists become text."""
    result: dict[str, Scalar] = {}
    for key, value in values.items():
        name = clean(f"{prefix}{key}")[0]
        if isinstance(value, Mapping):
            result |= flatten(value, f"{name}.")
        elif isinstance(value, (list, tuple)):
            result[name] = clean(", ".join(str(item) for item in value))[0]
        elif isinstance(value, str):
            result[name] = clean(value)[0]
        elif isinstance(value, (bool, int, float)):
            result[name] = value
        elif value is not None:
            result[name] = clean(str(value))[0]
    return result


def seconds(value: Any, divisor: float = 1.0) -> float | None:
    """A number of seconds from a number or numeric text; None where it is neither."""
    try:
        return round(float(value) / divisor, 6)
    except (TypeError, ValueError):
        return None


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, (Mapping, list)):
        return None
    return clean(str(value))[0] or None


def _identity(value: Any, stem: str, number: int | None) -> str:
    if text := _text(value):
        return text[:_MAX_ID]
    return stem if number is None else f"{stem}-{number}"
