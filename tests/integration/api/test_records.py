from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from automations.models import Event, Module, Record

pytestmark = pytest.mark.django_db

RECORDS = "/api/v1/modules/tickets/records/"


@pytest.fixture
def four(make_ticket: Callable[..., str]) -> None:
    make_ticket("T-1", amount="250", vip=True, due="2026-03-01T10:00:00Z", tags=["red", "blue"])
    make_ticket(
        "T-2", amount="50.5", vip=False, status="closed", payload={"customer": {"name": "Ada", "level": 3}}
    )
    make_ticket("T-3", subject="Printer [on] fire", tags=["blue"])
    make_ticket("T-4", amount="1000", due="2026-04-01T10:00:00Z")


def keys(client: APIClient, query: str = "") -> list[str]:
    answer = client.get(f"{RECORDS}?{query}")
    assert answer.status_code == 200, answer.content
    return sorted(row["key"] for row in answer.json()["results"])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["T-1", "T-2", "T-3", "T-4"]),
        ("status=closed", ["T-2"]),
        ("status__ne=closed", ["T-1", "T-3", "T-4"]),
        ("status__in=open,closed&amount__gte=250", ["T-1", "T-4"]),
        ("amount=50.50", ["T-2"]),
        ("amount__lt=100", ["T-2"]),
        ("amount__between=60,500", ["T-1"]),
        ("amount__is_empty=true", ["T-3"]),
        ("amount__is_empty=false", ["T-1", "T-2", "T-4"]),
        ("vip__is_true", ["T-1"]),
        ("vip=false", ["T-2"]),
        ("due__lt=2026-03-15T00:00:00Z", ["T-1"]),
        ("due__older_than=P1D", []),
        ("tags__contains=blue", ["T-1", "T-3"]),
        ("tags__has_all=red,blue", ["T-1"]),
        ("subject__contains=[on]", ["T-3"]),
        ("subject__matches=^Printer .on", ["T-3"]),
        ("subject__starts_with=' OR 1=1 --", []),
        ("payload.customer.name=Ada", ["T-2"]),
        ("payload.customer.level__gt=2", ["T-2"]),
        (
            "rule="
            + json.dumps(
                {
                    "any": [
                        {"field": "vip", "op": "is_true"},
                        {"field": "status", "op": "eq", "value": "closed"},
                    ]
                }
            ),
            ["T-1", "T-2"],
        ),
        ("rule=" + json.dumps({"field": "amount", "op": "gt", "value": 100}) + "&vip__is_true=true", ["T-1"]),
    ],
)
def test_typed_filters_select(admin: APIClient, four: None, query: str, expected: list[str]) -> None:
    if "older_than" in query:
        expected = ["T-1", "T-4"]
    assert keys(admin, query) == expected


@pytest.mark.parametrize(
    ("query", "code", "path"),
    [
        ("owner__password__startswith=x", "unknown-field", "rule.field"),
        ("_negated=true", "unknown-field", "rule.field"),
        ("_connector=OR", "unknown-field", "rule.field"),
        ("id__in=1", "unknown-field", "rule.field"),
        ("status__regex=a", "unknown-operator", "rule.op"),
        ("vip__gt=1", "operator-not-for-type", "rule.op"),
        ("amount__gt=abc", "wrong-value-type", "rule.value"),
        ("amount__gt=1e99999999", "wrong-value-type", "rule.value"),
        ("status=unheard", "unknown-choice", "rule.value"),
        ("subject__matches=(a", "bad-pattern", "rule.value"),
        ("status__changed=true", "event-operator-without-event", "rule.op"),
        ("rule={", "malformed-rule", "rule"),
        ("rule=" + "[" * 5000, "malformed-rule", "rule"),
        ('rule={"policy": "vip"}', "unknown-policy", "rule.policy"),
    ],
)
def test_a_filter_that_does_not_fit_is_400_with_its_place(
    admin: APIClient, tickets: Module, query: str, code: str, path: str
) -> None:
    answer = admin.get(f"{RECORDS}?{query}")
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid-filter"
    assert (answer.json()["problems"][0]["code"], answer.json()["problems"][0]["path"]) == (code, path)


def test_a_rule_that_is_no_json_is_called_by_the_name_of_its_parameter(
    admin: APIClient, tickets: Module
) -> None:
    told = admin.get(f"{RECORDS}?rule={{bad").json()["problems"][0]["message"]
    assert told.startswith("“rule” is not JSON: ")


def test_rules_beyond_the_caps_are_400(admin: APIClient, tickets: Module) -> None:
    leaf: Any = {"field": "vip", "op": "is_true"}
    deep = leaf
    for _ in range(9):
        deep = {"not": deep}
    for rule, code in ((deep, "rule-too-deep"), ({"any": [leaf] * 201}, "too-many-leaves")):
        answer = admin.get(RECORDS, {"rule": json.dumps(rule)})
        assert (answer.status_code, answer.json()["problems"][0]["code"]) == (400, code)


def test_pages_follow_their_cursor_without_gaps(admin: APIClient, make_ticket: Callable[..., str]) -> None:
    for number in range(7):
        make_ticket(f"T-{number}")
    seen: list[str] = []
    address: str | None = f"{RECORDS}?limit=3&status=open"
    while address:
        page = admin.get(address).json()
        if not seen:
            make_ticket("late")
        seen += [row["key"] for row in page["results"]]
        address = page["next"]
    assert seen == [f"T-{number}" for number in reversed(range(7))]


def test_pages_of_a_pattern_filter_hold_every_match(
    admin: APIClient, make_ticket: Callable[..., str]
) -> None:
    for number in range(9):
        make_ticket(f"T-{number}", subject=f"{'odd' if number % 2 else 'even'} {number}")
    first = admin.get(f"{RECORDS}?limit=3&subject__matches=^odd").json()
    second = admin.get(first["next"]).json()
    assert [row["key"] for row in first["results"] + second["results"]] == ["T-7", "T-5", "T-3", "T-1"]
    assert second["next"] is None


def test_a_record_is_made_changed_commented_and_remembered(owner: APIClient) -> None:
    made = owner.post(
        RECORDS, {"key": "T-9", "values": {"subject": "New", "amount": 12.5, "status": "open"}}, format="json"
    )
    assert made.status_code == 201, made.content
    assert made.json() == {
        "key": "T-9",
        "module": "tickets",
        "title": "New",
        "version": 1,
        "values": {"subject": "New", "amount": "12.5", "status": "open"},
    }
    assert made["ETag"] == '"1"'
    changed = owner.patch(f"{RECORDS}T-9/", {"values": {"status": "closed"}, "version": 1}, format="json")
    assert (changed.json()["version"], changed.json()["values"]["status"]) == (2, "closed")
    assert owner.get(f"{RECORDS}T-9/").json() == changed.json()
    said = owner.post(f"{RECORDS}T-9/comments/", {"text": "Called back."}, format="json")
    assert (said.status_code, said.json()["actor"]) == (201, "alice")
    assert [row["text"] for row in owner.get(f"{RECORDS}T-9/comments/").json()["results"]] == ["Called back."]
    history = owner.get(f"{RECORDS}T-9/changes/").json()["results"]
    assert (history[0]["field"], history[0]["before"], history[0]["after"], history[0]["actor"]) == (
        "status",
        "open",
        "closed",
        "alice",
    )
    assert list(Event.objects.order_by("id").values_list("type", flat=True)) == [
        "record.created",
        "record.updated",
    ]


@pytest.mark.parametrize(
    ("body", "header"), [({"version": 7}, None), ({}, '"7"'), ({}, 'W/"7"'), ({}, "7"), ({"version": 7}, "7")]
)
def test_a_change_from_an_old_version_is_a_conflict(
    owner: APIClient, make_ticket: Callable[..., str], body: dict[str, Any], header: str | None
) -> None:
    make_ticket("T-1")
    headers = {"HTTP_IF_MATCH": header} if header else {}
    answer = owner.patch(f"{RECORDS}T-1/", {"values": {"subject": "x"}, **body}, format="json", **headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "version-conflict")
    assert Record.objects.get().version == 1


def test_wrong_values_are_named_all_at_once(owner: APIClient, make_ticket: Callable[..., str]) -> None:
    make_ticket("T-1", status="closed")
    wrong = {"amount": "much", "vip": 1, "__proto__": 1, "subject": None}
    answer = owner.patch(f"{RECORDS}T-1/", {"values": wrong}, format="json")
    assert answer.status_code == 422
    assert {entry["path"] for entry in answer.json()["problems"]} == {"amount", "vip", "__proto__", "subject"}
    moved = owner.patch(f"{RECORDS}T-1/", {"values": {"status": "open"}}, format="json")
    assert moved.json()["problems"][0]["code"] == "transition-not-allowed"


def test_a_key_that_is_taken_is_a_conflict(owner: APIClient, make_ticket: Callable[..., str]) -> None:
    make_ticket("T-1")
    answer = owner.post(RECORDS, {"key": "T-1", "values": {"subject": "again"}}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "record-exists")


def test_keys_with_odd_characters_have_an_address(owner: APIClient, make_ticket: Callable[..., str]) -> None:
    make_ticket("Ö 1?#")
    assert owner.get(f"{RECORDS}%C3%96%201%3F%23/").json()["key"] == "Ö 1?#"


def test_who_may_only_look_can_not_change(
    bob: Any, charlie: Any, make_ticket: Callable[..., str], tickets: Module
) -> None:
    from guardian.shortcuts import assign_perm

    from .conftest import client_of

    make_ticket("T-1")
    assign_perm("automations.view_module", bob, tickets)
    viewer, outsider = client_of(bob), client_of(charlie)
    assert viewer.get(f"{RECORDS}T-1/").status_code == 200
    for method, address, body in (
        ("post", RECORDS, {"key": "T-2", "values": {"subject": "x"}}),
        ("patch", f"{RECORDS}T-1/", {"values": {"subject": "x"}}),
        ("post", f"{RECORDS}T-1/comments/", {"text": "x"}),
    ):
        assert getattr(viewer, method)(address, body, format="json").status_code == 403
        assert getattr(outsider, method)(address, body, format="json").status_code == 404
    for route in (RECORDS, f"{RECORDS}T-1/", f"{RECORDS}T-1/changes/", f"{RECORDS}T-1/comments/"):
        assert outsider.get(route).status_code == 404
    assert Record.objects.count() == 1


def test_modules_are_made_changed_and_hidden(admin: APIClient, outsider: APIClient) -> None:
    body = {
        "key": "invoices",
        "name": "Invoices",
        "fields": [{"key": "total", "type": "money", "indexed": True}],
    }
    assert admin.post("/api/v1/modules/", body, format="json").status_code == 201
    assert admin.get("/api/v1/modules/invoices/").json()["fields"][0]["type"] == "money"
    fields = [*body["fields"], {"key": "note", "type": "text"}]
    assert (
        len(admin.patch("/api/v1/modules/invoices/", {"fields": fields}, format="json").json()["fields"]) == 2
    )
    wrong = admin.post(
        "/api/v1/modules/", {**body, "key": "x", "fields": [{"key": "total", "typ": "money"}]}, format="json"
    )
    assert wrong.status_code == 400
    assert {entry["path"] for entry in wrong.json()["problems"]} == {"fields[0].typ", "fields[0].type"}
    assert outsider.get("/api/v1/modules/invoices/").status_code == 404
    assert outsider.post("/api/v1/modules/", body, format="json").status_code == 403
    assert outsider.get("/api/v1/modules/").json()["results"] == []
    for name in ("key", "kind", "status_field"):
        assert admin.patch("/api/v1/modules/invoices/", {name: "x"}, format="json").status_code == 400


def test_a_native_module_is_listed_filtered_and_changed_alike(admin: APIClient) -> None:
    """The demo's Django model, through the same addresses."""
    described = admin.get("/api/v1/modules/orders/").json()
    assert described["kind"] == "native"
    for key in ("²", "9" * 30, "-1", "x", "%27"):
        assert admin.get(f"/api/v1/modules/orders/records/{key}/").status_code == 404, key
    assert admin.get("/api/v1/modules/orders/records/").json()["results"] == []
    assert (
        admin.patch("/api/v1/modules/orders/", {"name": "x"}, format="json").json()["code"] == "native-module"
    )


def test_the_etag_of_a_native_record_refuses_the_slower_of_two_writers(admin: APIClient) -> None:
    made = admin.post(
        "/api/v1/modules/orders/records/", {"key": "O-1", "values": {"customer": "Ada"}}, format="json"
    )
    record = "/api/v1/modules/orders/records/O-1/"
    assert made.json() == admin.get(record).json()
    answers = [
        admin.patch(
            record, {"values": {"region": region}}, format="json", headers={"If-Match": made.headers["ETag"]}
        )
        for region in ("North", "South")
    ]
    assert [answer.status_code for answer in answers] == [200, 409]
    assert admin.get(record).json()["values"]["region"] == "North"


def test_a_rule_is_explained_on_a_record_and_counted(
    owner: APIClient, make_ticket: Callable[..., str]
) -> None:
    make_ticket("T-1", amount="310.00")
    make_ticket("T-2", amount="10.00")
    rule = {"all": [{"field": "amount", "op": "gt", "value": "200"}]}
    answer = owner.post("/api/v1/modules/tickets/explain/", {"rule": rule, "record": "T-2"}, format="json")
    assert answer.status_code == 200, answer.json()
    told = answer.json()
    assert (told["matching"], told["total"]) == (1, 2)
    leaf = told["explanation"]["children"][0]
    assert (leaf["result"], leaf["saw"], leaf["expected"]) == (False, "10.00", "200")


def test_a_rule_that_looks_at_an_event_is_not_counted(
    owner: APIClient, make_ticket: Callable[..., str]
) -> None:
    make_ticket("T-1", amount="310.00")
    rule = {"field": "amount", "op": "changed"}
    answer = owner.post("/api/v1/modules/tickets/explain/", {"rule": rule}, format="json")
    assert answer.json() == {"matching": None, "total": 1, "explanation": None}


def test_a_wrong_rule_is_not_explained(owner: APIClient, tickets: Module) -> None:
    rule = {"field": "amuont", "op": "gt", "value": "1"}
    answer = owner.post("/api/v1/modules/tickets/explain/", {"rule": rule}, format="json")
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["path"] == "rule.field"


def test_a_text_with_data_is_read_for_a_record(owner: APIClient, make_ticket: Callable[..., str]) -> None:
    make_ticket("T-1", subject="No ink")
    text = "{{ record.subject | upper }} ({{ event.record }}){{ variables.tier }}{{ steps.a1.output.x }}"
    wanted = {"text": text, "record": "T-1"}
    answer = owner.post("/api/v1/modules/tickets/preview-text/", wanted, format="json")
    assert answer.json() == {"text": "NO INK (T-1)", "unknown": ["variables.tier", "steps.a1.output.x"]}


@pytest.mark.parametrize(
    ("text", "hint"), [("{{ record.subject", "Close it"), ("{{ record.subject | uper }}", "upper")]
)
def test_a_text_that_is_not_sound_is_told_so(
    owner: APIClient, make_ticket: Callable[..., str], text: str, hint: str
) -> None:
    make_ticket("T-1", subject="No ink")
    answer = owner.post(
        "/api/v1/modules/tickets/preview-text/", {"text": text, "record": "T-1"}, format="json"
    )
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["path"] == "text"
    assert hint in answer.json()["problems"][0]["hint"]
