from __future__ import annotations

from pathlib import Path

import pytest

from eval.breakdown import by_label, macro_f1, worst_labels
from eval.conversations import agreement, emitted, measure
from eval.inputs import Judged
from eval.labels import Gold, GoldPainPoint
from eval.markdown import model_card
from tests.api.cli import voc
from tests.builders import a_conversation, an_analysis, write_lines


def _gold(identity: str, *intents: str, pains: tuple[GoldPainPoint, ...] = ()) -> Gold:
    return Gold(identity, intents, pains, (), "customer", "claim", "resolved", "calm")


def _sets(*labels: str) -> list[frozenset[str]]:
    return [frozenset(own.split()) for own in labels]


def test_labels_are_counted_one_by_one_and_rare_ones_count_as_much() -> None:
    said, gold = _sets("a b", "a", ""), _sets("a", "a", "c")
    rows = by_label(said, gold)
    assert list(rows) == ["a", "c", "b"]
    assert rows["a"] == {"n": 2, "right": 2, "extra": 0, "missed": 0, "precision": 1, "recall": 1, "f1": 1}
    assert (rows["b"]["extra"], rows["b"]["f1"], rows["c"]["missed"]) == (1, 0, 1)
    assert macro_f1(said, gold) == 0.5  # b is right nowhere


def test_the_worst_labels_show_what_was_said_instead_with_quotes() -> None:
    calls = [a_conversation("理赔材料交了没下文", "坐：好的", identity=str(i)) for i in range(3)]
    judged = [Judged(call, _gold(call.id, "claim.progress")) for call in calls]
    analyses = [an_analysis(call, intents=("claim.report",)) for call in calls]
    first, second = worst_labels(judged, analyses, emitted, ("intents",))
    assert (first["label"], first["missed"], first["said_instead"]) == (
        "claim.progress", 3, {"claim.report": 3},
    )  # fmt: skip
    assert first["missed_quotes"][0] == {"id": "0", "quote": "理赔材料交了没下文"}
    assert (second["label"], second["extra"]) == ("claim.report", 3)


def test_another_reader_is_compared_where_both_have_read() -> None:
    slow = GoldPainPoint("claim", "slow", 2, (0,))
    judged = [Judged(a_conversation(identity=i), _gold(i, "claim.progress", pains=(slow,))) for i in "abc"]
    second = {
        "a": _gold("a", "claim.progress", pains=(slow,)),
        "b": _gold("b", "claim.report", pains=(GoldPainPoint("service", "slow", 2, (0,)),)),
    }
    figures = agreement(judged, second)
    assert figures["n"] == 2
    assert figures["intents"] == 0.5
    assert (figures["pain_points"], figures["problems"]) == (0.5, 1.0)
    assert figures["caller_role"] == 1.0


def test_the_card_says_the_figures_and_shows_quotes_only_when_asked() -> None:
    call = a_conversation("理赔一个月了|还没下文", identity="x-1")
    judged = [Judged(call, _gold("x-1", "claim.progress"))] * 4
    teach = [Judged(a_conversation("甲乙", identity=str(i)), _gold(str(i), "claim.report")) for i in range(3)]
    teach += [
        Judged(a_conversation("丙丁", identity=str(i)), Gold(str(i), ("other",), (), (), "family", "service", "unclear", "angry"))
        for i in range(3, 6)
    ]  # fmt: skip
    figures = measure(
        judged,
        teach,
        lambda asked: [an_analysis(c, "claim.slow", intents=("claim.progress",)) for c in asked],
    )
    card = model_card(figures)
    assert "| intents | micro F1 | 1.00 |" in card
    assert "- Calls without pain points that are given one: 1.00" in card
    assert "| hotline | 4 |" in card
    assert "理赔一个月了\\|还没下文" in card
    assert "理赔" not in model_card(figures, quotes=False)


def test_a_part_that_nobody_labelled_is_not_judged(var: Path, tmp_path: Path) -> None:
    source = write_lines(
        tmp_path / "in.jsonl", [a_conversation("客：理赔一个月了还没到账，太慢", identity="a")]
    )
    gold = write_lines(tmp_path / "gold.jsonl", [{"id": "a", "intents": ["claim.progress"]}])
    figures = voc("eval", "conversations", "--input", source, "--gold", gold, "--json").json
    assert figures["parts"]["intents"]["f1"] is not None
    assert figures["parts"]["problems"]["f1"] is None
    assert figures["parts"]["delights"]["f1"] is None
    assert figures["parts"]["emotion"]["accuracy"] is None
    assert figures["false_alarm"] is None


def test_the_command_writes_the_card_and_compares_with_a_second_reader(var: Path, tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", [a_conversation("客：我要退保", identity="a")])
    labels = {"id": "a", "caller_role": "customer", "journey_stage": "policy_service", "intents": ["policy.surrender"],
              "pain_points": [], "delights": [], "outcome": "unclear", "emotion": "calm"}  # fmt: skip
    gold = write_lines(tmp_path / "gold.jsonl", [labels])
    second = write_lines(tmp_path / "second.jsonl", [{**labels, "emotion": "angry"}])
    card = tmp_path / "card.md"
    ran = voc(
        "eval", "conversations", "--input", source, "--gold", gold, "--second", second, "--markdown", card, "--json"
    )  # fmt: skip
    assert ran.json["agreement"] == pytest.approx(
        {"n": 1, "intents": 1.0, "pain_points": 0.0, "problems": 0.0, "delights": 0.0,
         "caller_role": 1.0, "journey_stage": 1.0, "outcome": 1.0, "emotion": 0.0}
    )  # fmt: skip
    assert card.read_text(encoding="utf-8").startswith("1 conversations;")
    document = tmp_path / "models.md"
    document.write_text(
        "# Models\n<!-- card: written by voc eval conversations --markdown -->\nold\n<!-- end of card -->\nrest\n",
        encoding="utf-8",
    )
    voc("eval", "conversations", "--input", source, "--gold", gold, "--no-quotes", "--markdown", document)
    text = document.read_text(encoding="utf-8")
    assert text.startswith("# Models\n<!-- card")
    assert text.endswith("<!-- end of card -->\nrest\n")
    assert "old" not in text
    assert "1 conversations;" in text
    refused = voc("eval", "redaction", "--markdown", tmp_path / "no.md")
    assert (refused.status, "model card" in refused.err) == (2, True)
