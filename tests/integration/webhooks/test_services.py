"""Whatever people change about endpoints stands in the trail, and what can't be used is refused by its name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from automations.errors import ConflictError, InvalidError
from automations.models import AuditEntry, TriggerSource
from tests.integration.services.test_trail import CLOSE, OPEN
from webhooks.encryption import decrypt
from webhooks.inbound import console, services
from webhooks.inbound.models import Endpoint, EndpointSecret, Receipt
from webhooks.inbound.services import (
    add_secret,
    change_endpoint,
    create_endpoint,
    delete_endpoint,
    end_secret,
    renew_address,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def opened(root: Any) -> services.Opened:
    return create_endpoint(key="shop", name="Shop", actor=root, now=timezone.now())


CALLS: dict[str, tuple[str, Callable[[services.Opened, Any], Any]]] = {
    "create_endpoint": (
        "endpoint.created",
        lambda made, who: create_endpoint(key="new", name="New", actor=who, now=timezone.now()),
    ),
    "change_endpoint": (
        "endpoint.changed",
        lambda made, who: change_endpoint(endpoint=made.endpoint, changes={"name": "Another"}, actor=who),
    ),
    "add_secret": (
        "endpoint.secret_added",
        lambda made, who: add_secret(endpoint=made.endpoint, actor=who, now=timezone.now()),
    ),
    "end_secret": (
        "endpoint.secret_ended",
        lambda made, who: end_secret(secret=made.endpoint.secrets.get(), actor=who, now=timezone.now()),
    ),
    "delete_endpoint": (
        "endpoint.deleted",
        lambda made, who: delete_endpoint(endpoint=made.endpoint, actor=who, now=timezone.now()),
    ),
    "renew_address": (
        "endpoint.address_renewed",
        lambda made, who: renew_address(endpoint=made.endpoint, actor=who, now=timezone.now()),
    ),
    "try_endpoint": (
        "endpoint.sample_accepted",
        lambda made, who: console.try_endpoint(
            endpoint=made.endpoint, body="{}", actor=who, now=timezone.now(), accept=True
        ),
    ),
}


def test_the_table_holds_every_service() -> None:
    public = {
        name
        for module in (services, console)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if not name.startswith("_") and function.__module__ == module.__name__
    }
    assert set(CALLS) == public


@pytest.mark.parametrize("name", CALLS)
def test_a_service_writes_one_entry_without_a_secret_or_does_nothing(
    opened: services.Opened, alice: Any, name: str
) -> None:
    action, call = CALLS[name]
    tables = (Endpoint, EndpointSecret, Receipt, TriggerSource)
    before = [list(table.objects.order_by("pk").values()) for table in tables]
    with connection.cursor() as cursor:
        cursor.execute(CLOSE)
        with pytest.raises(DatabaseError, match="the trail is closed"):
            call(opened, alice)
        cursor.execute(OPEN)
    assert [list(table.objects.order_by("pk").values()) for table in tables] == before
    newest = AuditEntry.objects.latest("id").pk
    call(opened, alice)
    entry = AuditEntry.objects.get(pk__gt=newest)
    assert (entry.action, entry.object_type, entry.actor) == (action, "endpoint", alice)
    said = f"{entry.before} {entry.after}"
    assert opened.secret not in said
    assert opened.token not in said


def test_nothing_readable_is_stored(opened: services.Opened) -> None:
    row = Endpoint.objects.get()
    secret = EndpointSecret.objects.get()
    assert opened.token not in f"{vars(row)}"
    assert opened.secret not in f"{vars(secret)}"
    assert decrypt(row.token).decode() == opened.token
    assert decrypt(secret.secret).decode() == opened.secret
    assert len(opened.token) == 43


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"key": "Shop"}, "key"),
        ({"key": "a b"}, "key"),
        ({"name": ""}, "name"),
        ({"scheme": "none"}, "scheme"),
        ({"secret": "whsec_"}, "secret"),
        ({"secret": "short"}, "secret"),
        ({"scheme": "stripe"}, "secret"),
        ({"scheme": "standard_key", "secret": "whpk_AAAA"}, "secret"),
        ({"scheme": "unsigned", "reason": "x"}, "scheme"),
        ({"tolerance_seconds": 0}, "tolerance_seconds"),
        ({"tolerance_seconds": 3601}, "tolerance_seconds"),
        ({"max_body": 1_048_577}, "max_body"),
        ({"rate_per_minute": True}, "rate_per_minute"),
        ({"type_path": "a..b"}, "type_path"),
        ({"dedupe_path": "a()"}, "dedupe_path"),
        ({"record_path": "a"}, "record_path"),
        ({"allowed_networks": "10.0.0.1"}, "allowed_networks"),
        ({"allowed_networks": ["10.0.0.1/8"]}, "allowed_networks[0]"),
        ({"allowed_networks": ["example.org"]}, "allowed_networks[0]"),
        ({"allowed_networks": [7]}, "allowed_networks[0]"),
        ({"contract": {"type": 7}}, "contract.type"),
        ({"contract": {"$ref": "https://example.org"}}, "contract.$ref"),
    ],
)
def test_what_cannot_be_used_is_named(root: Any, given: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidError) as refused:
        create_endpoint(**{"key": "shop", "name": "Shop", "actor": root, "now": timezone.now(), **given})
    assert [problem.path for problem in refused.value.problems] == [path]
    assert all(problem.hint for problem in refused.value.problems)
    assert not Endpoint.objects.exists()
    assert not TriggerSource.objects.filter(kind="webhook").exists()


def test_an_unsigned_endpoint_needs_a_reason_that_the_trail_keeps(root: Any, settings: Any) -> None:
    settings.AUTOMATIONS_UNSIGNED_WEBHOOKS = True
    with pytest.raises(InvalidError):
        create_endpoint(key="p", name="P", actor=root, now=timezone.now(), scheme="unsigned")
    create_endpoint(
        key="p", name="P", actor=root, now=timezone.now(), scheme="unsigned", reason="Old printer"
    )
    entry = AuditEntry.objects.get(action="endpoint.created")
    assert (entry.reason, entry.after["scheme"]) == ("Old printer", "unsigned")


def test_a_key_is_used_once(opened: services.Opened, root: Any) -> None:
    with pytest.raises(ConflictError, match="already an endpoint"):
        create_endpoint(key="shop", name="Another", actor=root, now=timezone.now())


def test_secrets_are_at_most_five_and_overlap_at_most_a_week(opened: services.Opened, root: Any) -> None:
    now = timezone.now()
    with pytest.raises(InvalidError):
        add_secret(endpoint=opened.endpoint, actor=root, now=now, overlap=timedelta(days=8))
    for _ in range(4):
        add_secret(endpoint=opened.endpoint, actor=root, now=now)
    with pytest.raises(ConflictError, match="End one first"):
        add_secret(endpoint=opened.endpoint, actor=root, now=now)
    row, _ = add_secret(endpoint=opened.endpoint, actor=root, now=now, overlap=timedelta(0))
    assert list(opened.endpoint.secrets.exclude(expires_at__lte=now)) == [row]


def test_adding_a_secret_never_lengthens_the_life_of_another(opened: services.Opened, root: Any) -> None:
    now = timezone.now()
    soon = now + timedelta(hours=1)
    opened.endpoint.secrets.update(expires_at=soon)
    add_secret(endpoint=opened.endpoint, actor=root, now=now)
    assert opened.endpoint.secrets.order_by("id").first().expires_at == soon  # type: ignore[union-attr]


def test_a_new_address_ends_the_old_one(opened: services.Opened, root: Any) -> None:
    before = opened.endpoint.token_hash
    token = renew_address(endpoint=opened.endpoint, actor=root, now=timezone.now())
    opened.endpoint.refresh_from_db()
    assert opened.endpoint.token_hash != before
    assert decrypt(opened.endpoint.token).decode() == token != opened.token


def test_the_console_shows_each_check_and_takes_nothing_in(opened: services.Opened, root: Any) -> None:
    def tried(**how: Any) -> list[tuple[str, bool]]:
        trial = console.try_endpoint(
            endpoint=opened.endpoint, actor=root, now=timezone.now(), **{"body": '{"type": "a"}', **how}
        )
        return [(check, passed) for check, passed, _ in trial.judgement.checks]

    good = [name for name, passed in tried() if passed]
    assert good == ["sender", "size", "content type", "headers", "time", "signature", "body", "event"]
    assert tried(age_seconds=400)[-1] == ("time", False)
    assert tried(body="{")[-1] == ("body", False)
    change_endpoint(endpoint=opened.endpoint, changes={"allowed_networks": ["10.0.0.1"]}, actor=root)
    opened.endpoint.refresh_from_db()
    assert tried(sender="110.0.0.10") == [("sender", False)]
    assert tried()[-1] == ("event", True)
    assert not Receipt.objects.exists()
