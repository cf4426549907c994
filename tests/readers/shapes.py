"""One small call in every shape the readers know. The texts are constructed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from openpyxl import Workbook

SAID = (("agent", "您好，请讲"), ("customer", "我申请了一个多月，钱还没到"), ("agent", "我帮您催一下"))
_MS = ((500, 1500), (1700, 4200), (4600, 6000))
_CHINESE = {"agent": "坐席", "customer": "客户"}
Write = Callable[[Path], None]


def _json(value: Any) -> Write:
    return _text(json.dumps(value, ensure_ascii=False))


def _text(content: str, encoding: str = "utf-8") -> Write:
    def write(path: Path) -> None:
        path.write_bytes(content.encode(encoding))

    return write


def _workbook(path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["会话编号", "角色", "内容"])
    for speaker, text in SAID:
        sheet.append(["k-1", _CHINESE[speaker], text])
    book.save(path)


def _amazon(role: str, **more: Any) -> Any:
    return {
        "Transcript": [
            {role: speaker.upper(), "Content": text, "BeginOffsetMillis": begin, "EndOffsetMillis": end}
            for (speaker, text), (begin, end) in zip(SAID, _MS, strict=True)
        ],
        **more,
    }


_CSV = "会话编号,角色,内容\n" + "".join(f"k-1,{_CHINESE[s]},{t}\n" for s, t in SAID)
_STAMPS = ("00:00:00.500 --> 00:00:01.500", "00:00:01.700 --> 00:00:04.200", "00:00:04.600 --> 00:00:06.000")
_VTT = "WEBVTT\n\n" + "".join(
    f"{stamp}\n<v {_CHINESE[s]}>{t}</v>\n\n" for stamp, (s, t) in zip(_STAMPS, SAID, strict=True)
)
_SRT = "".join(
    f"{i}\n{stamp.replace('.', ',')}\n{_CHINESE[s]}：{t}\n\n"
    for i, (stamp, (s, t)) in enumerate(zip(_STAMPS, SAID, strict=True), 1)
)
_TURNS = [{"speaker": s, "text": t} for s, t in SAID]

# name → (reader expected, how to write it). File names say nothing on purpose.
SHAPES: dict[str, tuple[str, Write]] = {
    "jsonl": ("jsonl", _json({"id": "k-1", "turns": _TURNS})),
    "json-list": ("jsonl", _json([{"id": "k-1", "turns": _TURNS}])),
    "csv": ("csv", _text(_CSV)),
    "csv-bom": ("csv", _text(_CSV, "utf-8-sig")),
    "csv-gb18030": ("csv", _text(_CSV, "gb18030")),
    "csv-semicolon": ("csv", _text(_CSV.replace(",", ";"))),
    "xlsx": ("xlsx", _workbook),
    "text": ("text", _text("".join(f"{_CHINESE[s]}：{t}\n" for s, t in SAID))),
    "webvtt": ("webvtt", _text(_VTT)),
    "srt": ("srt", _text(_SRT)),
    "call-analytics": ("transcribe_call_analytics", _json(_amazon("ParticipantRole", JobName="k-1"))),
    "contact-lens": (
        "contact_lens",
        _json(_amazon("ParticipantId", CustomerMetadata={"ContactId": "k-1"}, Participants=[
            {"ParticipantId": "AGENT", "ParticipantRole": "AGENT"},
            {"ParticipantId": "CUSTOMER", "ParticipantRole": "CUSTOMER"},
        ])),
    ),
    "post-call": ("post_call_analytics", _json({
        "ConversationAnalytics": {"GUID": "k-1", "SpeakerLabels": [
            {"Speaker": "spk_0", "DisplayText": "Agent"}, {"Speaker": "spk_1", "DisplayText": "Customer"},
        ]},
        "SpeechSegments": [
            {"SegmentSpeaker": f"spk_{int(s == 'customer')}", "DisplayText": t, "OriginalText": t,
             "SegmentStartTime": begin / 1000, "SegmentEndTime": end / 1000}
            for (s, t), (begin, end) in zip(SAID, _MS, strict=True)
        ],
    })),
    "genesys": ("genesys", _json({
        "conversationId": "k-1",
        "transcripts": [{"phrases": [
            {"text": t, "participantPurpose": "internal" if s == "agent" else "external", "startTimeMs": begin,
             "duration": {"milliseconds": end - begin}}
            for (s, t), (begin, end) in zip(SAID, _MS, strict=True)
        ]}],
    })),
    "google": ("google", _json({"entries": [
        {"role": s.upper(), "text": t, "start_timestamp_usec": begin * 1000, "user_id": 1}
        for (s, t), (begin, _) in zip(SAID, _MS, strict=True)
    ]})),
    "sca": ("sca", _json({"tickets": [{"tid": "k-1", "dialogue": [
        {"role": "客服" if s == "agent" else "客户", "words": t, "begin": begin, "end": end}
        for (s, t), (begin, end) in zip(SAID, _MS, strict=True)
    ]}]})),
}  # fmt: skip
