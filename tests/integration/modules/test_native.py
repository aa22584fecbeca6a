"""A host's own model as a module: its saves are events, its registration is checked, its keys are its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection, models, transaction
from django.db.models.signals import post_save, pre_save
from django.test.utils import isolate_apps

from automations.errors import ConflictError, InvalidError, NotFoundError
from automations.models import Event, Module, RecordChange
from automations.modules.adapter import adapter_for
from automations.modules.native import NATIVE, NativeAdapter, NativeModule, register_module
from automations.registry import DuplicateKeyError, Registry, UnknownKeyError
from automations.services.records import create_record, import_rows, update_record
from config.demo.models import Order

pytestmark = pytest.mark.django_db

ODD_KEYS = [
    "²",
    "٣",
    "9" * 30,
    "-1",
    "",
    "0",
    " 1",
    "1 ",
    "1.0",
    "1_0",
    "1e1",
    "\0",
    "x" * 1_000,
    "ⅷ",
    "None",
]


@pytest.fixture
def orders() -> Module:
    return Module.objects.get(key="orders")


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry[NativeModule]]:
    """A registry of the test's own; what it connects is disconnected again."""
    empty: Registry[NativeModule] = Registry("native module")
    monkeypatch.setattr("automations.modules.native.NATIVE", empty)
    yield empty
    for key, native in empty.items():
        pre_save.disconnect(sender=native.model, dispatch_uid=f"automations:{key}:pre")
        post_save.disconnect(sender=native.model, dispatch_uid=f"automations:{key}:post")


def events() -> list[tuple[str, str, list[str]]]:
    return [
        (event.type, event.record_key, event.snapshot["changed"]) for event in Event.objects.order_by("pk")
    ]


def test_a_hosts_create_and_save_become_events_with_history(orders: Module, alice: Any) -> None:
    order = Order.objects.create(number="O-1", customer="Ada", amount=Decimal("12.5"), owner=alice)
    order.status = "paid"
    order.amount = Decimal("13")
    order.save()
    order.save()
    first, second = Event.objects.order_by("pk")
    assert (first.type, first.record_key, first.module) == ("record.created", "O-1", orders)
    assert (first.snapshot["before"], first.snapshot["after"]["owner"]) == (None, "alice")
    assert (second.type, sorted(second.snapshot["changed"])) == ("record.updated", ["amount", "status"])
    assert second.snapshot["before"]["amount"] == "12.50"
    assert second.snapshot["after"]["amount"] == "13.00"
    history = RecordChange.objects.filter(module=orders, record_key="O-1", field="status")
    assert list(history.order_by("pk").values_list("before", "after")) == [(None, "draft"), ("draft", "paid")]


def test_saving_some_fields_reports_what_the_database_then_holds() -> None:
    Order.objects.create(number="O-1", customer="Ada", region="North")
    order = Order.objects.get(number="O-1")
    order.customer, order.region = "Bo", "South"
    order.save(update_fields=["region"])
    last = Event.objects.order_by("pk").last()
    assert last is not None
    assert (last.snapshot["changed"], last.snapshot["after"]["customer"]) == (["region"], "Ada")


def test_the_event_rolls_back_with_the_hosts_transaction_and_the_next_one_is_kept(orders: Module) -> None:
    with transaction.atomic():
        Order.objects.create(number="O-1", customer="Ada")
        assert Event.objects.count() == 1
        transaction.set_rollback(True)
    assert (Order.objects.count(), Event.objects.count(), RecordChange.objects.count()) == (0, 0, 0)
    Order.objects.create(number="O-2", customer="Bo")
    connection.check_constraints()
    assert [key for _, key, _ in events()] == ["O-2"]


def test_updates_in_bulk_and_deletes_make_no_events() -> None:
    Order.objects.create(number="O-1", customer="Ada")
    Order.objects.update(region="North")
    Order.objects.bulk_create([Order(number="O-2", customer="Bo")])
    Order.objects.get(number="O-1").delete()
    assert [kind for kind, _, _ in events()] == ["record.created"]


def test_fixtures_are_loaded_without_events() -> None:
    from django.core import serializers

    Order.objects.create(number="O-1", customer="Ada")
    dumped = serializers.serialize("json", Order.objects.all())
    Event.objects.all().delete()
    for entry in serializers.deserialize("json", dumped):
        entry.save()
    assert events() == []


def test_the_engines_own_write_is_one_event_and_not_two(orders: Module, alice: Any) -> None:
    create_record(module=orders, key="O-1", values={"customer": "Ada", "owner": "alice"}, actor=alice)
    update_record(module=orders, key="O-1", values={"status": "paid"}, actor=alice)
    assert [(kind, key) for kind, key, _ in events()] == [
        ("record.created", "O-1"),
        ("record.updated", "O-1"),
    ]
    assert Order.objects.get().owner == alice


@pytest.mark.parametrize("key", ODD_KEYS)
def test_odd_keys_lead_to_no_record(orders: Module, key: str) -> None:
    Order.objects.create(number="O-1", customer="Ada")
    assert adapter_for(orders).load([key, "O-1"], lock=True).keys() == {"O-1"}
    with pytest.raises(NotFoundError):
        update_record(module=orders, key=key, values={"region": "x"}, actor=None)


@pytest.mark.parametrize("key", ODD_KEYS)
def test_odd_keys_lead_to_no_record_of_a_model_that_is_keyed_by_number(
    registry: Registry[NativeModule], alice: Any, key: str
) -> None:
    users = register_module(get_user_model(), key="people", name="People", fields=["email", "is_staff"])
    adapter = NativeAdapter(Module(key="people", name="People", kind="native"), users)
    assert adapter.load([key, str(alice.pk)], lock=False).keys() == {str(alice.pk)}


@pytest.mark.parametrize("key", ODD_KEYS)
def test_odd_keys_lead_to_no_stored_record_and_make_none_that_can_not_be_stored(
    tickets: Module, root: Any, key: str
) -> None:
    assert adapter_for(tickets).load([key], lock=True) == {}
    if key in ("", "\0", "\ud800", "x" * 1_000):
        with pytest.raises(InvalidError):
            create_record(module=tickets, key=key, values={"subject": "a"}, actor=root)


def test_a_version_that_was_read_before_is_refused_when_the_record_has_moved_on(
    tickets: Module, root: Any
) -> None:
    create_record(module=tickets, key="T-1", values={"subject": "a"}, actor=root)
    update_record(module=tickets, key="T-1", values={"subject": "b"}, actor=root, expected_version=1)
    with pytest.raises(ConflictError) as refused:
        update_record(module=tickets, key="T-1", values={"subject": "c"}, actor=root, expected_version=1)
    assert refused.value.code == "version-conflict"
    assert adapter_for(tickets).load(["T-1"], lock=False)["T-1"].values["subject"] == "b"


def test_two_writers_of_one_loaded_state_can_not_both_win(tickets: Module, root: Any) -> None:
    from automations.modules.adapter import VersionConflictError

    create_record(module=tickets, key="T-1", values={"subject": "a"}, actor=root)
    adapter = adapter_for(tickets)
    mine, theirs = (adapter.load(["T-1"], lock=False)["T-1"] for _ in range(2))
    for state, subject in ((mine, "mine"), (theirs, "theirs")):
        state.values = {"subject": subject}
        state.version += 1
    adapter.save([mine])
    with pytest.raises(VersionConflictError, match="T-1"):
        adapter.save([theirs])


def version_of(orders: Module) -> int:
    return adapter_for(orders).load(["O-1"], lock=False)["O-1"].version


def test_a_native_record_that_moved_on_refuses_the_version_read_before(orders: Module) -> None:
    order = Order.objects.create(number="O-1", customer="Ada")
    read = version_of(orders)
    saved = update_record(
        module=orders, key="O-1", values={"region": "North"}, actor=None, expected_version=read
    )
    assert saved.record.version == version_of(orders) != read
    assert RecordChange.objects.order_by("pk").last().version == saved.record.version  # type: ignore[union-attr]
    for stale in (read, 0):
        with pytest.raises(ConflictError):
            update_record(
                module=orders, key="O-1", values={"region": "x"}, actor=None, expected_version=stale
            )
    order.refresh_from_db()
    order.notes = "the host's own save counts too"
    order.save()
    assert version_of(orders) != saved.record.version


@pytest.mark.django_db(transaction=True)
def test_of_two_writers_at_once_with_the_same_version_one_is_refused(orders: Module) -> None:
    Order.objects.create(number="O-1", customer="Ada")
    read = version_of(orders)
    starting = threading.Barrier(2)

    def write(region: str) -> str:
        try:
            starting.wait(10)
            update_record(
                module=orders, key="O-1", values={"region": region}, actor=None, expected_version=read
            )
        except ConflictError as refused:
            return refused.code
        finally:
            connection.close()
        return "written"

    with ThreadPoolExecutor(2) as writers:
        assert sorted(writers.map(write, ["North", "South"])) == ["version-conflict", "written"]


def test_a_native_version_is_made_of_the_values_alone(orders: Module) -> None:
    Order.objects.create(number="O-1", customer="Ada", placed_at=datetime(2026, 3, 29, tzinfo=UTC))
    assert version_of(orders) == 801791940  # in this process as in any other


def test_a_new_native_record_has_the_defaults_of_its_model_in_its_answer_and_its_event(
    orders: Module, root: Any
) -> None:
    saved = create_record(module=orders, key="O-1", values={"customer": "Ada", "amount": "5"}, actor=root)
    stored = adapter_for(orders).load(["O-1"], lock=False)["O-1"]
    assert (saved.record.values, saved.record.version) == (stored.values, stored.version)
    assert set(stored.values) == set(NATIVE.get("orders").fields)
    after = Event.objects.get().snapshot["after"]
    assert (after["status"], after["is_priority"]) == ("draft", False)


@pytest.mark.parametrize(
    ("source", "target", "allowed"),
    [
        ("draft", "paid", True),
        ("draft", "shipped", False),
        ("paid", "shipped", True),
        ("paid", "draft", False),
        ("shipped", "refunded", True),
        ("refunded", "draft", False),
        ("refunded", "refunded", True),
    ],
)
def test_only_moves_of_the_transition_table_are_made(
    orders: Module, source: str, target: str, allowed: bool
) -> None:
    Order.objects.create(number="O-1", customer="Ada", status=source)
    if allowed:
        update_record(module=orders, key="O-1", values={"status": target}, actor=None)
    else:
        with pytest.raises(InvalidError) as refused:
            update_record(module=orders, key="O-1", values={"status": target}, actor=None)
        assert [problem.code for problem in refused.value.problems] == ["transition-not-allowed"]
        outcome = import_rows(module=orders, rows=[("O-1", {"status": target})], actor=None)[0]
        assert outcome.result == "refused"
    assert Order.objects.get().status == (target if allowed else source)


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"customer": "x" * 121}, "customer"),
        ({"customer": ""}, "customer"),
        ({"region": None}, "region"),
        ({"amount": "1.234"}, "amount"),
        ({"amount": "12345678901"}, "amount"),
        ({"owner": "nobody"}, "owner"),
        ({"placed_at": None}, "placed_at"),
        ({"is_priority": None}, "is_priority"),
    ],
)
def test_what_the_model_does_not_take_is_a_problem_and_not_a_crash(
    orders: Module, alice: Any, values: dict[str, Any], path: str
) -> None:
    Order.objects.create(number="O-1", customer="Ada", owner=alice)
    with pytest.raises(InvalidError) as refused:
        update_record(module=orders, key="O-1", values=values, actor=None)
    assert [problem.path for problem in refused.value.problems] == [path]
    assert Order.objects.get().owner == alice


def test_a_number_that_says_the_same_is_no_change(orders: Module) -> None:
    Order.objects.create(number="O-1", customer="Ada", amount=Decimal("12.50"))
    assert (
        update_record(module=orders, key="O-1", values={"amount": "12.5"}, actor=None).result == "unchanged"
    )


def test_a_read_only_field_is_not_changed(registry: Registry[NativeModule], orders: Module) -> None:
    register_module(
        Order,
        key="orders",
        name="Orders",
        fields=["customer", "region"],
        key_field="number",
        read_only=["region"],
    )
    orders.fields = [
        {"key": "customer", "label": "Customer", "type": "text"},
        {"key": "region", "label": "Region", "type": "text", "read_only": True},
    ]
    Order.objects.create(number="O-1", customer="Ada", region="North")
    with pytest.raises(InvalidError) as refused:
        update_record(module=orders, key="O-1", values={"region": "South"}, actor=None)
    assert [problem.code for problem in refused.value.problems] == ["read-only-field"]
    assert Order.objects.get().region == "North"


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"fields": ["customer", "custmer"]}, Exception, "custmer"),
        ({"fields": ["customer", "id"], "key_field": "nummer"}, Exception, "nummer"),
        ({"key_field": "customer"}, ValueError, "not unique"),
        ({"title_field": "nubmer"}, ValueError, "nubmer"),
        ({"status_field": "state"}, ValueError, "state"),
        ({"transitions": {"draft": ["paid"]}}, ValueError, "status field"),
        ({"status_field": "status", "transitions": {"draft": ["payed"]}}, ValueError, "payed"),
        ({"status_field": "region", "transitions": {"a": ["b"]}}, ValueError, "region"),
    ],
)
def test_a_mistake_in_a_registration_stops_the_start(
    registry: Registry[NativeModule], changes: dict[str, Any], error: type[Exception], said: str
) -> None:
    given = {"fields": ["customer", "region", "status"], "key_field": "number", **changes}
    with pytest.raises(error, match=said):
        register_module(Order, key="orders", name="Orders", **given)
    assert list(registry) == []


def test_a_key_or_a_model_can_be_registered_once_only() -> None:
    with pytest.raises(DuplicateKeyError, match="orders"):
        register_module(Order, key="orders", name="Orders", fields=["customer"], key_field="number")
    with pytest.raises(ValueError, match="the module “orders” already"):
        register_module(Order, key="purchases", name="Purchases", fields=["customer"], key_field="number")
    assert "purchases" not in NATIVE


def test_a_field_of_a_type_that_rules_do_not_know_is_named(registry: Registry[NativeModule]) -> None:
    with pytest.raises(TypeError, match="permissions"):
        register_module(Group, key="groups", name="Groups", fields=["name", "permissions"])
    with isolate_apps("config.demo"):

        class Parcel(models.Model):
            weight = models.FloatField()
            order = models.ForeignKey(Order, on_delete=models.CASCADE)

            class Meta:
                app_label = "demo"

    for name in ("weight", "order"):
        with pytest.raises(TypeError, match=name):
            register_module(Parcel, key="parcels", name="Parcels", fields=[name])


def test_numbered_choices_of_a_model_stay_numbers(registry: Registry[NativeModule]) -> None:
    with isolate_apps("config.demo"):

        class Parcel(models.Model):
            size = models.IntegerField(choices=[(1, "Small"), (2, "Large")])

            class Meta:
                app_label = "demo"

    native = register_module(Parcel, key="parcels", name="Parcels", fields=["size"])
    assert native.fields["size"].type == "number"


def test_a_module_whose_model_is_gone_from_the_code_is_named(root: Any) -> None:
    gone = Module.objects.create(key="parcels", name="Parcels", kind="native", model_label="demo.Parcel")
    with pytest.raises(UnknownKeyError, match="orders"):
        adapter_for(gone)
