from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from api.conversations.schemas import AnalysisOut
from data.readers import Located, open_conversations
from tests.api.cli import voc
from tests.builders import SHANGHAI, a_conversation, write_lines
from tests.readers.shapes import SHAPES

SLOW = ("坐：您好", "客：养老金申请一个多月了，钱一直没到账，催了好几次", "坐：我帮您登记催办")


@pytest.fixture
def ready(database_url: str, var: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A var folder and an empty database, on SQLite and on PostgreSQL in turn."""
    monkeypatch.setenv("VOC_DATABASE_URL", database_url)
    return var


def calls(folder: Path, *identities: str, day: str = "2026-10-10", **more: object) -> Path:
    return write_lines(
        folder / "calls.jsonl",
        [a_conversation(*SLOW, identity=i, day=day, org="江苏分公司", **more) for i in identities],
    )


def test_ingest_stores_and_a_second_run_doubles_nothing(ready: Path, tmp_path: Path) -> None:
    path = calls(tmp_path, "c-1", "c-2")
    first = voc("ingest", path, "--json")
    assert first.status == 0
    assert first.json["files"] == [
        {"path": "calls.jsonl", "reader": "jsonl", "added": 2, "known": 0, "replaced": 0, "rejected": 0}
    ]
    second = voc("ingest", path, "--json")
    assert second.status == 0
    assert (second.json["added"], second.json["known"]) == (0, 2)
    assert voc("rank", "--json").json["conversations"] == 2


def test_other_content_under_a_known_id_is_a_conflict_unless_replaced(ready: Path, tmp_path: Path) -> None:
    voc("ingest", calls(tmp_path, "c-1"))
    changed = write_lines(
        tmp_path / "b.jsonl", [a_conversation("太贵了", identity="c-1"), a_conversation(identity="c-9")]
    )
    refused = voc("ingest", changed, "--json")
    assert refused.status == 0
    assert [(r["path"], r["line"], r["code"]) for r in refused.json["rejected"]] == [
        ("b.jsonl", 1, "conflict")
    ]
    assert "--replace" in refused.json["rejected"][0]["message"]
    replaced = voc("ingest", changed, "--replace", "--json")
    assert (replaced.json["added"], replaced.json["files"][0]["replaced"], replaced.json["known"]) == (
        1,
        1,
        1,
    )


def test_the_same_line_twice_in_a_file_is_known_and_a_different_one_a_conflict(
    ready: Path, tmp_path: Path
) -> None:
    path = write_lines(
        tmp_path / "a.jsonl",
        [
            a_conversation("甲", identity="x"),
            a_conversation("甲", identity="x"),
            a_conversation("乙", identity="x"),
        ],
    )
    report = voc("ingest", path, "--json").json
    assert (report["added"], report["known"]) == (1, 1)
    assert [(r["line"], r["code"]) for r in report["rejected"]] == [(3, "conflict")]


def test_bad_files_are_told_and_the_good_one_goes_in(ready: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    ran = voc("ingest", tmp_path, empty, tmp_path / "nothing.txt", calls(tmp_path, "c-1"), "--json")
    assert ran.status == 0
    assert ran.json["added"] == 1
    assert len(ran.json["rejected"]) == 3
    assert all(word in ran.err for word in ("folder", "empty", "no such file"))


def test_nothing_accepted_is_status_two(ready: Path, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text('{"id": "x", "turns": []}\n{broken\n', encoding="utf-8")
    ran = voc("ingest", path)
    assert ran.status == 2
    assert "bad.jsonl:1:" in ran.err
    assert "bad.jsonl:2:" in ran.err


def test_nothing_personal_reaches_database_report_or_messages(var: Path, tmp_path: Path) -> None:
    secrets = ("13800138000", "陈桂兰", "11010519491231002X", "P4403012019000187", "C10086")
    path = write_lines(
        tmp_path / "13800138000-陈桂兰.jsonl",
        [
            a_conversation(
                "坐：您好，请问贵姓", "客：我叫陈桂兰，身份证11010519491231002X，电话13800138000",
                identity="call-13800138000", customer_key="C10086",
                metadata={"policy_no": "P4403012019000187", "note": "陈桂兰 13800138000"},
            ),
            {"id": "13800138000", "turns": "陈桂兰"},
        ],
    )  # fmt: skip
    ran = voc("ingest", path, "--json")
    assert ran.json["added"] == 1
    stored = b"".join(p.read_bytes() for p in var.glob("voc.db*")).decode("utf-8", "replace")
    for secret in secrets:
        assert secret not in ran.out + ran.err + stored


def test_rank_has_the_shape_of_the_contract_and_compares_equal_windows(ready: Path, tmp_path: Path) -> None:
    voc("ingest", calls(tmp_path, *(f"now-{i}" for i in range(6)), day="2026-10-10"))
    voc("ingest", calls(tmp_path, "before-1", day="2026-09-20"))
    ran = voc("rank", "--from", "2026-10-01", "--to", "2026-10-31", "--json").json
    assert ran["window"] == {"from": "2026-10-01", "to": "2026-10-31"}
    assert ran["previous"] == {"from": "2026-08-31", "to": "2026-09-30"}
    assert ran["conversations"] == 6
    slow = next(item for item in ran["items"] if item["key"] == "benefit.slow")
    assert slow["name"] == "给付领取·时效慢"
    assert (slow["conversations"], slow["share"], slow["per_thousand"], slow["change"]) == (
        6,
        1.0,
        1000.0,
        0.0,
    )
    assert set(slow["severity"]) == {"1", "2", "3"}
    assert sum(slow["severity"].values()) == 6
    assert len({quote["conversation_id"] for quote in slow["quotes"]}) == 3
    assert all(quote["quote"] in SLOW[quote["turn"]] for quote in slow["quotes"])
    everything = voc("rank", "--json").json
    assert everything["conversations"] == 7
    assert all(item["change"] is None for item in everything["items"])


@pytest.mark.parametrize("by", ["pain_point", "problem", "stage", "intent", "delight"])
def test_every_kind_of_ranking_is_printed_in_chinese(by: str, var: Path, tmp_path: Path) -> None:
    voc("ingest", calls(tmp_path, "c-1"))
    ran = voc("rank", "--by", by)
    assert ran.status == 0
    assert "1 个会话" in ran.out


@pytest.mark.parametrize(
    ("option", "number"),
    [
        (("--org", "江苏分公司"), 2),
        (("--channel", "hotline"), 2),
        (("--channel", "survey"), 0),
        (("--product", "x"), 0),
    ],
    ids=range(4),
)
def test_filters_narrow_what_is_counted(
    option: tuple[str, str], number: int, var: Path, tmp_path: Path
) -> None:
    voc("ingest", calls(tmp_path, "c-1", "c-2"))
    assert voc("rank", *option, "--json").json["conversations"] == number


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("rank", "--from", "gestern"), "--from"),
        (("rank", "--from", "2026-10-02", "--to", "2026-10-01"), "ends before"),
        (("rank", "--by", "topic"), "expected one of"),
        (("rank", "--org", "没有的分公司"), "no organisation"),
        (("rank", "--role", "nobody"), "expected one of"),
        (("eval", "nothing"), "expected one of"),
        (("eval", "conversations"), "--input"),
        (("speakers", "flip"), "either"),
        (("erase",), "either"),
        (("serve", "--host", "0.0.0.0"), "VOC_API_TOKEN"),
        (("analyze", "nowhere.jsonl", "--output", "out.jsonl"), "no such file"),
        (("redact", "nowhere.jsonl", "--output", "out.jsonl"), "cannot be read"),
        (("ingest",), "Missing argument"),
    ],
    ids=range(13),
)
def test_unusable_arguments_are_status_two_with_a_remedy(
    arguments: tuple[str, ...], says: str, var: Path
) -> None:
    ran = voc(*arguments)
    assert (ran.status, ran.out) == (2, "")
    assert says in ran.err


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [("VOC_TIMEZONE", "Mars/Olympus", "VOC_TIMEZONE"), ("VOC_BATCH", "0", "VOC_BATCH"), ("VOC_PSEUDONYM_KEY", "short", "VOC_PSEUDONYM_KEY")],
    ids=range(3),
)  # fmt: skip
def test_a_wrong_setting_names_its_variable(
    name: str, value: str, says: str, var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    ran = voc("doctor")
    assert ran.status == 2
    assert says in ran.err


def test_analyze_writes_one_valid_line_per_conversation_in_order(var: Path, tmp_path: Path) -> None:
    path = calls(tmp_path, "b", "a", "c")
    with path.open("a", encoding="utf-8") as stream:
        stream.write("broken\n")
    out = tmp_path / "out.jsonl"
    ran = voc("analyze", path, "--output", out)
    assert ran.status == 0
    assert "calls.jsonl:4:" in ran.err
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [line["conversation_id"] for line in lines] == ["b", "a", "c"]
    for line in lines:
        AnalysisOut.model_validate(line)
        for tag in [*line["intents"], *line["pain_points"], *line["delights"]]:
            assert tag["evidence"]
            for span in tag["evidence"]:
                assert line["turns"][span["turn"]]["text"][span["begin"] : span["end"]] == span["quote"]
    assert not list(tmp_path.glob(".*.part"))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_call_is_understood_alike_in_every_shape(shape: str, var: Path, tmp_path: Path) -> None:
    found = {}
    for name in ("jsonl", shape):
        source, out = tmp_path / f"{name}.dat", tmp_path / f"{name}.out"
        SHAPES[name][1](source)
        assert voc("analyze", source, "--output", out).status == 0
        line = json.loads(out.read_text(encoding="utf-8"))
        found[name] = [line["turns"], line["intents"], line["pain_points"]]
        for turn in found[name][0]:
            turn.pop("start", None)
            turn.pop("end", None)
    assert found["jsonl"] == found[shape]


def test_redact_gives_offsets_into_the_original(var: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(
        '{"id": "a", "text": "我叫陈桂兰，电话13800138000"}\n{"id": "b", "text": "退保"}\n', encoding="utf-8"
    )
    assert voc("redact", source, "--output", out).status == 0
    first, second = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert first == {
        "id": "a", "text": "我叫[姓名]，电话[手机号]",
        "spans": [{"begin": 2, "end": 5, "type": "NAME"}, {"begin": 8, "end": 19, "type": "PHONE"}],
    }  # fmt: skip
    assert second == {"id": "b", "text": "退保", "spans": []}


def test_an_import_can_be_listed_and_undone(ready: Path, tmp_path: Path) -> None:
    identity = voc("ingest", calls(tmp_path, "c-1", "c-2"), "--json").json["import"]
    assert [item["id"] for item in voc("imports", "list", "--json").json] == [identity]
    assert "2 conversations" in voc("imports", "undo", identity).out
    assert voc("rank", "--json").json["conversations"] == 0
    assert voc("imports", "undo", identity).status == 0
    assert voc("imports", "undo", "no-such-import").status == 1


def test_flipped_speakers_are_analysed_again(ready: Path, tmp_path: Path) -> None:
    voc("ingest", calls(tmp_path, "c-1"))
    assert voc("speakers", "flip", "--conversation", "c-1").status == 0
    assert "1 conversations" in voc("speakers", "flip", "--conversation", "c-1").out
    assert voc("speakers", "flip", "--conversation", "nobody").status == 1


def test_a_whole_import_can_be_flipped(var: Path, tmp_path: Path) -> None:
    identity = voc("ingest", calls(tmp_path, "c-1", "c-2"), "--json").json["import"]
    assert "2 conversations" in voc("speakers", "flip", "--import", identity).out
    # The file is still known, and undoing the import takes the flipped versions back too.
    assert voc("ingest", tmp_path / "calls.jsonl", "--json").json["known"] == 2
    voc("imports", "undo", identity)
    assert voc("rank", "--json").json["conversations"] == 0


def test_a_customer_is_erased_by_the_id_that_was_given(ready: Path, tmp_path: Path) -> None:
    voc("ingest", calls(tmp_path, "c-1", "c-2", customer_key="C77"))
    assert "2 conversations" in voc("erase", "--customer", "C77").out
    assert voc("rank", "--json").json["conversations"] == 0


def test_a_reported_miss_is_masked_everywhere_and_not_shown(ready: Path, tmp_path: Path) -> None:
    voc(
        "ingest",
        write_lines(tmp_path / "a.jsonl", [a_conversation("客：我是暗号甲乙丙，钱没到账，催了几次了")]),
    )
    ran = voc("mask", "--type", "NAME", typed="暗号甲乙丙\n")
    assert "1 conversations" in ran.out
    assert "暗号" not in ran.out + ran.err
    assert "暗号" not in voc("rank", "--by", "intent").out


def test_everything_can_be_analysed_again(ready: Path, tmp_path: Path) -> None:
    voc("ingest", calls(tmp_path, "c-1", "c-2"))
    before = voc("rank", "--json").json
    assert "2 conversations" in voc("reanalyse").out
    assert voc("rank", "--json").json == before


def test_doctor_says_what_is_missing_and_then_that_nothing_is(ready: Path) -> None:
    broken = voc("doctor")
    assert broken.status == 1
    assert "pseudonym key" in broken.out
    voc("doctor", "--prepare")
    healed = voc("doctor", "--json")
    assert healed.status == 0
    assert all(finding["ok"] for finding in healed.json)


def test_a_changed_pseudonym_key_is_reported(
    var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = voc("ingest", calls(tmp_path, "c-1"))
    assert "made a pseudonym key" in first.err
    assert "not the one used before" not in first.err
    monkeypatch.setenv("VOC_PSEUDONYM_KEY", "another key of the installation")
    assert "not the one used before" in voc("ingest", calls(tmp_path, "c-2")).err


def test_the_database_of_a_newcomer_is_made_by_the_first_command(var: Path) -> None:
    assert voc("rank").status == 0
    assert voc("db", "upgrade").status == 0


def test_a_model_trained_with_another_encoder_is_refused_with_the_remedy(
    var: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    manifest = next((var / "bundles").glob("*/names.json"))
    manifest.write_text(
        manifest.read_text(encoding="utf-8").replace("hashing-256", "other-1"), encoding="utf-8"
    )
    ran = voc("ingest", calls(tmp_path, "c-1"))
    assert ran.status == 1
    assert "voc train" in ran.err


def test_an_unforeseen_error_tells_its_kind_and_place_only(
    var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("客户原话")

    monkeypatch.setattr("api.conversations.ingest.AnalysisRepository.add", fail)
    ran = voc("ingest", calls(tmp_path, "c-1"))
    assert ran.status == 1
    assert "RuntimeError" in ran.err
    assert "客户原话" not in ran.err + ran.out


def test_results_may_be_read_only_in_part(var: Path, tmp_path: Path) -> None:
    voc("ingest", calls(tmp_path, *(f"c-{i}" for i in range(3))))
    script = f"{sys.executable} -c 'from api.cli import main; main()' rank --json | head -c 1"
    ran = subprocess.run(
        script, shell=True, capture_output=True, text=True, env=dict(os.environ), check=False
    )
    assert (ran.stdout, ran.stderr) == ("{", "")


def test_the_samples_are_marked_as_constructed_and_read_without_a_complaint() -> None:
    path = Path("data/samples/conversations.jsonl")
    records = list(open_conversations(path, SHANGHAI).records)
    conversations = [record.conversation for record in records if isinstance(record, Located)]
    assert len(conversations) == len(records) >= 240
    assert all(c.metadata["constructed"] is True for c in conversations)
    assert len({c.id for c in conversations}) == len(conversations)
    assert len({(c.org or "").split("/")[0] for c in conversations}) >= 12
    months = {c.started_at.strftime("%Y-%m") for c in conversations if c.started_at}
    assert len(months) == 6
    assert {c.channel for c in conversations} >= {"hotline", "online_chat", "survey", "complaint", "officer"}
