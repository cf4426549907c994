"""The HTTP interface through the real application, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from api.main import create_app
from api.settings import Settings
from data.domain.wire import conversation_to_json
from tests.builders import a_conversation

LOCAL = "http://127.0.0.1:8000"
SLOW = ("坐：您好", "客：养老金申请一个多月了，钱一直没到账，催了好几次", "坐：我帮您登记催办")


@pytest.fixture
def client(database_url: str, var: Path) -> Iterator[TestClient]:
    settings = Settings(var_dir=var, encoder="hashing", database_url=database_url, batch=3)
    with TestClient(
        create_app(settings, lambda _: None), base_url=LOCAL, raise_server_exceptions=False
    ) as opened:
        yield opened


@pytest.fixture
def local(var: Path) -> Iterator[TestClient]:
    """On SQLite only, for what does not touch the database's kind."""
    settings = Settings(var_dir=var, encoder="hashing")
    with TestClient(
        create_app(settings, lambda _: None), base_url=LOCAL, raise_server_exceptions=False
    ) as opened:
        yield opened


def call(identity: str | None = "c-1", *said: str, day: str = "2026-10-10", **more: Any) -> dict[str, Any]:
    value = conversation_to_json(a_conversation(*(said or SLOW), identity=identity or "-", day=day, **more))
    for turn in value["turns"]:
        turn.pop("speaker_score")
    if identity is None:
        value.pop("id")
    return value


def post(client: TestClient, *calls: dict[str, Any]) -> None:
    for value in calls:
        assert client.post("/v1/conversations", json=value).status_code == 201


def test_a_conversation_is_stored_redacted_analysed_and_read_back(client: TestClient) -> None:
    sent = call(
        "c-1",
        "客：我叫陈桂兰，养老金申请一个多月了还没到账",
        "坐：您好",
        customer_key="C77",
        org="江苏分公司",
    )
    answer = client.post("/v1/conversations", json=sent)
    assert answer.status_code == 201
    assert answer.json()["outcome"] == "added"
    assert answer.json()["analysis"]["redactions"] == {"NAME": 1}
    stored = client.get("/v1/conversations/c-1").json()
    assert stored["turns"][0]["text"] == "我叫[姓名]，养老金申请一个多月了还没到账"
    assert stored["customer_key"].startswith("cust_")
    assert stored["started_at"] == "2026-10-10T09:14:00+08:00"
    analysis = client.get("/v1/conversations/c-1/analysis").json()
    assert analysis == answer.json()["analysis"]
    assert analysis["pain_points"][0]["problem"] == "slow"
    assert "陈桂兰" not in json.dumps([answer.json(), stored, analysis], ensure_ascii=False)


def test_the_same_again_is_known_and_other_content_a_conflict(client: TestClient) -> None:
    post(client, call())
    again = client.post("/v1/conversations", json=call())
    assert (again.status_code, again.json()["outcome"]) == (200, "known")
    conflict = client.post("/v1/conversations", json=call("c-1", "太贵了"))
    assert (conflict.status_code, conflict.json()["code"]) == (409, "conflict")
    replaced = client.post("/v1/conversations?replace=true", json=call("c-1", "太贵了"))
    assert (replaced.status_code, replaced.json()["outcome"]) == (201, "replaced")
    assert client.get("/v1/conversations/c-1").json()["version"] == 2


def test_without_an_id_one_is_given(client: TestClient) -> None:
    given = client.post("/v1/conversations", json=call(None)).json()["id"]
    assert client.get(f"/v1/conversations/{given}").status_code == 200


def test_bulk_takes_what_is_right_and_tells_what_is_wrong_by_line(client: TestClient) -> None:
    lines = [json.dumps(call(f"c-{i}"), ensure_ascii=False) for i in range(7)]
    lines[2:2] = ["{broken", '{"id": "x", "turns": []}', ""]
    answer = client.post(
        "/v1/conversations/bulk",
        content="\n".join(lines).encode(),
        headers={"content-type": "application/x-ndjson"},
    )
    assert answer.status_code == 200
    report = answer.json()
    assert (report["added"], report["known"]) == (7, 0)
    assert [(r["line"], r["code"]) for r in report["rejected"]] == [(3, "bad_json"), (4, "empty_turns")]
    again = client.post("/v1/conversations/bulk", content="\n".join(lines).encode()).json()
    assert (again["added"], again["known"]) == (0, 7)


def test_an_import_is_listed_and_undone(client: TestClient) -> None:
    report = client.post("/v1/conversations/bulk", content=json.dumps(call()).encode()).json()
    (listed,) = client.get("/v1/imports").json()
    assert (listed["id"], listed["state"], listed["actor"]) == (report["import"], "done", "api")
    assert client.post(f"/v1/imports/{listed['id']}/flip-speakers").json() == {"conversations": 1}
    assert client.delete(f"/v1/imports/{listed['id']}").json() == {"conversations": 1}
    assert client.get("/v1/conversations").json() == {"items": [], "next_cursor": None}
    assert client.delete("/v1/imports/nothing").status_code == 404


def test_the_list_is_paged_by_cursor_and_filtered(client: TestClient) -> None:
    post(client, *(call(f"c-{i}", day=f"2026-10-0{i + 1}", org="江苏分公司") for i in range(5)))
    post(client, call("other", "客：我问下柜面几点开门", "坐：九点", day="2026-09-01", channel="online_chat"))
    seen, cursor = [], ""
    while cursor is not None:
        params: dict[str, str | int] = {"limit": 2}
        if cursor:
            params["cursor"] = cursor
        page = client.get("/v1/conversations", params=params).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == ["c-4", "c-3", "c-2", "c-1", "c-0", "other"]

    def ids(**params: str | int) -> list[str]:
        return [item["id"] for item in client.get("/v1/conversations", params=params).json()["items"]]

    assert ids(channel="online_chat") == ["other"]
    assert ids(org="江苏分公司", to="2026-10-02") == ["c-1", "c-0"]
    assert ids(q="柜面") == ["other"]
    assert ids(q="养老金 到账", limit=1) == ["c-4"]
    assert ids(q="火星") == []
    assert len(ids(pain_point="benefit.slow")) == len(ids(problem="slow", stage="benefit")) == 5
    assert len(ids(severity=1, problem="slow")) == 5


def test_the_ranking_and_the_conversations_behind_it_agree(client: TestClient) -> None:
    post(client, *(call(f"c-{i}") for i in range(4)))
    ranking = client.get("/v1/pain-points/ranking", params={"from": "2026-10-01", "to": "2026-10-31"}).json()
    slow = next(item for item in ranking["items"] if item["key"] == "benefit.slow")
    assert (ranking["conversations"], slow["conversations"]) == (4, 4)
    behind: list[str] = []
    cursor = None
    while True:
        asked: dict[str, str | int] = {"limit": 3, "from": "2026-10-01", "to": "2026-10-31"}
        if cursor:
            asked["cursor"] = cursor
        page = client.get("/v1/pain-points/benefit.slow/conversations", params=asked).json()
        behind += page["conversation_ids"]
        if (cursor := page["next_cursor"]) is None:
            break
    assert behind == ["c-0", "c-1", "c-2", "c-3"]
    assert page["name"] == "给付领取·时效慢"


def test_flip_mask_and_erase(client: TestClient) -> None:
    post(
        client,
        call("c-1", "客：我是暗号甲乙丙，养老金没到账", "坐：您好", customer_key="C77"),
        call("c-2", customer_key="C77"),
        call("c-3"),
    )
    flipped = client.post("/v1/conversations/c-1/flip-speakers").json()
    assert [turn["speaker"] for turn in flipped["turns"]] == ["agent", "customer"]
    masked = client.post("/v1/redactions", json={"text": "暗号甲乙丙", "type": "NAME"}).json()
    assert masked == {"conversations": 1}
    assert client.get("/v1/conversations/c-1").json()["turns"][0]["text"] == "我是[姓名]，养老金没到账"
    assert client.post("/v1/erasures", json={"customer_key": "C77"}).json() == {"conversations": 2}
    assert client.delete("/v1/conversations/c-3").status_code == 204
    assert client.get("/v1/conversations/c-3").status_code == 404
    assert client.get("/v1/pain-points/ranking").json()["conversations"] == 0


def test_a_failing_commit_is_not_answered_as_success(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Session) -> None:
        raise RuntimeError("客户原话")

    with monkeypatch.context() as patched:
        patched.setattr(Session, "commit", fail)
        patched.setattr("sqlalchemy.orm.session.SessionTransaction.commit", fail)
        answer = client.post("/v1/conversations", json=call())
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "客户原话" not in answer.text
    assert client.get("/v1/conversations/c-1").status_code == 404


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"id": "x"}, "turns", "missing"),
        ({"id": "x", "turns": []}, "turns", "too_short"),
        ({"id": "x", "turns": [{"speaker": "customer"}]}, "turns.0.text", "missing"),
        ({"id": "x", "turns": [{"text": 5}]}, "turns.0.text", "string_type"),
        ({"id": "x" * 201, "turns": [{"text": "a"}]}, "id", "string_too_long"),
    ],
    ids=range(5),
)
def test_a_wrong_field_is_named_and_never_repeated(
    body: dict[str, Any], field: str, code: str, local: TestClient
) -> None:
    answer = local.post("/v1/conversations", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["code"], problem["type"], problem["status"]) == (
        "invalid_input",
        "urn:tingdong:problem:invalid_input",
        422,
    )
    assert [(e["field"], e["code"]) for e in problem["errors"]] == [(field, code)]
    assert "input" not in problem["errors"][0]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/conversations/nobody", 404, "not_found"),
        ("/v1/conversations/nobody/analysis", 404, "not_found"),
        ("/v1/nothing", 404, "no_such_route"),
        ("/v1/conversations?cursor=gibberish", 422, "bad_cursor"),
        ("/v1/conversations?cursor=WzEsMl0", 422, "bad_cursor"),
        ("/v1/conversations?limit=0", 422, "invalid_input"),
        ("/v1/conversations?from=gestern", 422, "invalid_input"),
        ("/v1/pain-points/ranking?by=topic", 422, "invalid_input"),
        ("/v1/pain-points/ranking?from=2026-02-01&to=2026-01-01", 422, "invalid_input"),
        ("/v1/pain-points/ranking?role=nobody", 422, "invalid_input"),
    ],
    ids=range(10),
)  # fmt: skip
def test_failures_are_problem_details_with_stable_codes(
    path: str, status: int, code: str, local: TestClient
) -> None:
    answer = local.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_a_body_that_is_no_json_is_a_problem_too(local: TestClient) -> None:
    answer = local.post("/v1/conversations", content=b"{broken", headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


def test_blank_turns_are_refused_with_the_readers_code(local: TestClient) -> None:
    answer = local.post("/v1/conversations", json={"id": "x", "turns": [{"text": " \u0000"}]})
    assert (answer.status_code, answer.json()["code"]) == (422, "empty_turns")


def test_a_request_id_of_the_caller_is_kept_if_it_is_plain(local: TestClient) -> None:
    assert local.get("/healthz", headers={"x-request-id": "abc-1"}).headers["x-request-id"] == "abc-1"
    assert (
        local.get("/healthz", headers={"x-request-id": "a b<script>"}).headers["x-request-id"]
        != "a b<script>"
    )


def test_health_readiness_and_taxonomy(local: TestClient) -> None:
    assert local.get("/healthz").json() == {"status": "ok"}
    assert local.get("/readyz").json() == {"status": "ready"}
    taxonomy = local.get("/v1/taxonomy").json()
    assert {"code": "slow", "name": "时效慢"}.items() <= taxonomy["problems"][0].items()
    assert set(taxonomy["severities"]) == {"1", "2", "3"}


def test_not_ready_without_its_database(local: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.store.session.head_revision", lambda: "9999")
    answer = local.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "voc db upgrade" in answer.json()["detail"]
    assert local.get("/healthz").status_code == 200


def test_a_token_is_required_where_one_is_set(var: Path) -> None:
    settings = Settings(var_dir=var, encoder="hashing", api_token="a secret of sixteen")
    with TestClient(create_app(settings, lambda _: None), base_url="http://voc.example") as opened:
        assert opened.get("/v1/taxonomy").json()["code"] == "bad_token"
        assert opened.get("/v1/taxonomy", headers={"Authorization": "Bearer wrong"}).status_code == 401
        right = {"Authorization": "Bearer a secret of sixteen"}
        assert opened.get("/v1/taxonomy", headers=right).status_code == 200
        assert opened.get("/healthz").status_code == 200


def test_without_a_token_only_loopback_names_are_served(local: TestClient) -> None:
    answer = local.get("/v1/taxonomy", headers={"host": "rebound.example"})
    assert (answer.status_code, answer.json()["code"]) == (401, "token_required")


def test_the_actor_of_a_write_is_kept_and_a_strange_one_refused(local: TestClient) -> None:
    local.post(
        "/v1/conversations/bulk", content=json.dumps(call()).encode(), headers={"x-actor": "li.na@branch"}
    )
    assert local.get("/v1/imports").json()[0]["actor"] == "li.na@branch"
    assert local.post("/v1/conversations", json=call("c-2"), headers={"x-actor": "a b"}).status_code == 422


def test_the_documentation_needs_no_other_host(local: TestClient) -> None:
    page = local.get("/docs")
    assert page.status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css"):
        path = next(part for part in page.text.split('"') if part.endswith(asset))
        assert local.get(path).status_code == 200
    assert local.get("/openapi.json").json()["openapi"].startswith("3.1")


def test_an_unforeseen_error_leaves_its_kind_and_the_request_id_in_the_log(
    local: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("客户原话")

    monkeypatch.setattr("api.conversations.service.accept", fail)
    answer = local.post("/v1/conversations", json=call())
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert answer.json()["request_id"] in caplog.text
    assert "ValueError" in caplog.text
    assert "客户原话" not in caplog.text + answer.text
