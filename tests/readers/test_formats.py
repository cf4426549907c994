from __future__ import annotations

import re
from pathlib import Path

import pytest

from data.domain.conversation import Conversation
from data.readers import Located, open_conversations
from tests.builders import SHANGHAI
from tests.readers.shapes import SAID, SHAPES


def read(path: Path) -> list[Conversation]:
    return [r.conversation for r in open_conversations(path, SHANGHAI).records if isinstance(r, Located)]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_same_turns_and_names_its_reader(shape: str, tmp_path: Path) -> None:
    reader, write = SHAPES[shape]
    path = tmp_path / "export.dat"
    write(path)
    assert open_conversations(path, SHANGHAI).reader == reader
    (conversation,) = read(path)
    assert [(turn.speaker.value, turn.text) for turn in conversation.turns] == list(SAID)
    has_id = shape not in ("text", "webvtt", "srt", "google")
    assert conversation.id == ("k-1" if has_id else "export")


@pytest.mark.parametrize(
    "shape", ["webvtt", "srt", "call-analytics", "contact-lens", "post-call", "genesys", "sca"]
)
def test_times_are_seconds_from_the_beginning(shape: str, tmp_path: Path) -> None:
    path = tmp_path / "export"
    SHAPES[shape][1](path)
    (conversation,) = read(path)
    assert [(turn.start, turn.end) for turn in conversation.turns] == [(0.5, 1.5), (1.7, 4.2), (4.6, 6.0)]


def test_the_shared_formats_give_the_turns_of_the_same_conversations_as_lines(shared: Path) -> None:
    folder = shared / "data" / "formats"
    expected = {c.id: [(t.speaker, t.text) for t in c.turns] for c in read(folder / "all.jsonl")}
    files = [path for path in sorted(folder.iterdir()) if path.suffix != ".md" and path.name != "all.jsonl"]
    assert len(files) > 20
    for path in files:
        for conversation in read(path):
            identity = re.match(r"w\d-\d+", conversation.id)
            assert identity, path.name
            assert [(t.speaker, t.text) for t in conversation.turns] == expected[identity.group()], path.name


def test_a_table_with_other_header_words_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("通话ID\t话者\t文本\t机构\t渠道\nx\t客户\t我要退保\t江苏分公司\t热线\n", encoding="utf-8")
    (conversation,) = read(path)
    assert (conversation.id, conversation.org, conversation.channel) == ("x", "江苏分公司", "hotline")


def test_cells_may_hold_commas_quotes_and_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('会话编号,角色,内容\nx,客户,"他说""能退"",\n结果不能"\n', encoding="utf-8")
    (conversation,) = read(path)
    assert conversation.turns[0].text == '他说"能退", 结果不能'


def test_traditional_script_cantonese_and_emoji_are_kept_as_written(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    said = "點解仲未到賬呀😡👨‍👩‍👧"
    path.write_text(f"客户：{said}\n坐席：请稍等\n", encoding="utf-8")
    (conversation,) = read(path)
    assert conversation.turns[0].text == said


def test_ids_and_times_of_numbered_conversations_in_one_text(tmp_path: Path) -> None:
    path = tmp_path / "calls.txt"
    path.write_text("客户：一\n坐席：二\n----------\n客户：三\n坐席：四\n", encoding="utf-8")
    assert [c.id for c in read(path)] == ["calls-1", "calls-2"]
