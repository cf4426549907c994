"""What is wrong gets a line-level message with a stable code; the rest goes in."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest

from data.domain.conversation import Speaker
from data.domain.errors import InvalidInputError, UnknownFormatError
from data.readers import Located, Noted, Rejected, open_conversations
from data.readers.encoding import LineSplitter
from data.readers.records import Record
from tests.builders import SHANGHAI

GOOD = '{"id": "ok", "turns": [{"speaker": "customer", "text": "我要退保"}]}'


def records(path: Path) -> list[Record]:
    return list(open_conversations(path, SHANGHAI).records)


def write(tmp_path: Path, *lines: bytes | str) -> Path:
    path = tmp_path / "calls.jsonl"
    path.write_bytes(b"\n".join(line.encode() if isinstance(line, str) else line for line in lines))
    return path


def turns_of(*texts: object) -> str:
    return json.dumps({"id": "x", "turns": [{"speaker": "customer", "text": text} for text in texts]})


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ('{"id": "x", "turns": [', "bad_json"),
        ("[1, 2]", "bad_json"),
        ("null", "bad_json"),
        ('{"id": "x"}', "missing_turns"),
        ('{"id": "x", "turns": []}', "empty_turns"),
        ('{"id": "x", "turns": "客户：你好"}', "empty_turns"),
        ('{"id": "x", "turns": ["你好"]}', "bad_turn"),
        ('{"id": "x", "turns": [{"speaker": "customer"}]}', "bad_turn"),
        (turns_of(5), "bad_turn"),
        (turns_of("", "  ", "\x00"), "empty_turns"),
        ("我要退保".encode("gb18030"), "bad_encoding"),
        ("[" * 100_000, "bad_json"),
        ('{"id": "x", "turns": [{"text": "' + "长" * 4_000_000 + '"}]}', "line_too_long"),
    ],
    ids=[
        "cut-off", "a-list", "null", "no-turns", "empty-turns", "turns-is-text", "turn-is-text", "no-text", "number",
        "only-blanks", "gb18030-line", "nested-too-deep", "too-long",
    ],
)  # fmt: skip
def test_a_broken_line_is_rejected_with_its_number_and_the_rest_goes_in(
    bad: bytes | str, code: str, tmp_path: Path
) -> None:
    found = records(write(tmp_path, GOOD, bad, GOOD.replace("ok", "ok2")))
    (rejected,) = [r for r in found if isinstance(r, Rejected)]
    assert (rejected.path, rejected.line, rejected.code) == ("calls.jsonl", 2, code)
    assert "退保" not in rejected.message
    assert [r.conversation.id for r in found if isinstance(r, Located)] == ["ok", "ok2"]


@pytest.mark.parametrize(
    ("content", "error", "says"),
    [
        (b"", InvalidInputError, "empty"),
        (b"  \n\n ", InvalidInputError, "empty"),
        (bytes(range(256)) * 20, UnknownFormatError, "binary"),
        (b"\x89PNG\r\n\x1a\n" + bytes(2000), UnknownFormatError, "binary"),
        (b'[{"name": "x"}]', UnknownFormatError, "unknown shape"),
    ],
    ids=["empty", "blank", "bytes", "image", "other-json"],
)
def test_a_file_that_is_none_is_refused_whole(
    content: bytes, error: type[Exception], says: str, tmp_path: Path
) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_bytes(content)
    with pytest.raises(error, match=says):
        records(path)


def test_a_folder_and_a_missing_file_are_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="folder"):
        records(tmp_path)
    with pytest.raises(InvalidInputError, match="no such file"):
        records(tmp_path / "nothing.jsonl")


def test_control_characters_and_lone_surrogates_are_removed_and_noted(tmp_path: Path) -> None:
    line = '{"id": "x", "turns": [{"speaker": "customer", "text": "退\\u0000保\\ud800了\\u0007"}]}'
    noted, located = records(write(tmp_path, line))
    assert isinstance(noted, Noted)
    assert noted.code == "control_characters"
    assert isinstance(located, Located)
    assert located.conversation.turns[0].text == "退保\ufffd了"


def test_unknown_speakers_are_kept_to_be_inferred_and_noted_once(tmp_path: Path) -> None:
    line = '{"id": "%d", "turns": [{"speaker": "spk_0", "text": "您好"}, {"text": "我要退保"}]}'
    found = records(write(tmp_path, line % 1, line % 2))
    assert [r.code for r in found if isinstance(r, Noted)] == ["unknown_speaker"]
    for record in found:
        if isinstance(record, Located):
            assert [turn.speaker for turn in record.conversation.turns] == [Speaker.UNKNOWN] * 2


@pytest.mark.parametrize(
    ("given", "read_as", "code"),
    [
        ("2026-03-02T09:14:00+08:00", "2026-03-02T09:14:00+08:00", None),
        ("2026-03-02T01:14:00Z", "2026-03-02T01:14:00+00:00", None),
        ("2026-03-02 09:14:00", "2026-03-02T09:14:00+08:00", "time_without_zone"),
        ("2026/3/2 9:14", "2026-03-02T09:14:00+08:00", "time_without_zone"),
        ("2026年3月2日", "2026-03-02T00:00:00+08:00", "time_without_zone"),
        (1772414040000, "2026-03-02T01:14:00+00:00", None),
        ("上个礼拜", None, "bad_time"),
        ("2026-02-30", None, "bad_time"),
        (None, None, None),
    ],
    ids=["zone", "utc", "bare", "slashes", "chinese-day", "epoch-ms", "words", "no-such-day", "none"],
)
def test_times_are_read_in_the_configured_zone_or_left_out_with_a_note(
    given: object, read_as: str | None, code: str | None, tmp_path: Path
) -> None:
    line = json.dumps({"id": "x", "started_at": given, "turns": [{"speaker": "customer", "text": "退保"}]})
    found = records(write(tmp_path, line))
    assert [r.code for r in found if isinstance(r, Noted)] == ([code] if code else [])
    located = found[-1]
    assert isinstance(located, Located)
    started = located.conversation.started_at
    assert (started.isoformat() if started else None) == read_as


def test_a_call_of_three_thousand_turns_goes_in_whole(tmp_path: Path) -> None:
    located = records(write(tmp_path, turns_of(*(f"第{i}句" for i in range(3000)))))[-1]
    assert isinstance(located, Located)
    assert len(located.conversation.turns) == 3000


def test_memory_does_not_grow_with_the_file_nor_with_a_line_that_is_too_long(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    with path.open("wb") as stream:
        for i in range(20_000):
            stream.write(GOOD.replace("ok", f"c-{i}").encode() + b"\n")
        stream.write(b'{"id": "long", "turns": [{"text": "' + b"a" * 50_000_000 + b'"}]}\n')
        stream.write(GOOD.replace("ok", "last").encode())
    tracemalloc.start()
    located = rejected = 0
    for record in open_conversations(path, SHANGHAI).records:
        located += isinstance(record, Located)
        rejected += isinstance(record, Rejected)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (located, rejected) == (20_001, 1)
    assert peak < 40_000_000


@pytest.mark.parametrize("size", [1, 3, 7, 1000], ids=range(4))
def test_lines_that_arrive_in_pieces_are_the_lines_of_the_file(size: int) -> None:
    content = "第一行\r\n\n二\n".encode() + b"\xff\xfe\n" + "没有结尾".encode()
    splitter = LineSplitter()
    found = [line for i in range(0, len(content), size) for line in splitter.feed(content[i : i + size])]
    found += splitter.end()
    assert found == [
        (1, "第一行", None), (2, "", None), (3, "二", None), (4, None, "bad_encoding"), (5, "没有结尾", None),
    ]  # fmt: skip


def test_a_line_that_is_too_long_is_told_when_it_arrives_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.readers.encoding.MAX_LINE_BYTES", 10)
    splitter = LineSplitter()
    found = [line for piece in (b"aaaaaaaa", b"bbbbbbbb", b"cc\nok\n") for line in splitter.feed(piece)]
    assert found == [(1, None, "line_too_long"), (2, "ok", None)]
