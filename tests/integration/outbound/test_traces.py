"""One id from the request to the call that its run makes: in the log, in the receiver's headers, and as a trace in a real collector."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from rest_framework.test import APIClient

from automations import tracing
from automations.checks import check_tracing
from automations.models import Mode, Run
from automations.testing import chain, make_workflow, node, run_everything
from tests.receiver import Receiver, receiver, status
from webhooks.models import Destination
from webhooks.outbound.lane import deliver

pytestmark = pytest.mark.django_db

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
def collector(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiver() as made:
        made.scripts = [status(200)]
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", made.url)
        settings.AUTOMATIONS_TRACES_PER_CENT = 100
        tracing._tracer.cache_clear()
        yield made
        tracing._tracer.cache_clear()


@pytest.fixture
def calls(alice: Any, crm: Destination) -> Any:
    call = node("a1", "action.call_webhook", destination="crm", type="order.refunded", data={"n": "7"})
    return make_workflow("w", chain(node("t1", "trigger.manual"), call), owner=alice, mode=Mode.EXECUTE)


def press(workflow: Any, alice: Any, **headers: str) -> Any:
    client = APIClient()
    client.force_authenticate(alice)
    answer = client.post(f"/api/v1/workflows/{workflow.pk}/run/", {}, format="json", headers=headers)
    assert answer.status_code in (200, 201, 202), answer.content
    for _ in range(2):
        run_everything()
        deliver()
    run_everything()
    return answer


def spans(collector: Receiver) -> dict[str, Any]:
    """By name, what the collector was sent."""
    tracing._tracer().span_processor.force_flush()  # type: ignore[attr-defined]
    found = {}
    for request in collector.requests:
        assert request.line.startswith("POST /hook/v1/traces ")
        for resource in ExportTraceServiceRequest.FromString(request.body).resource_spans:
            named = {one.key: one.value.string_value for one in resource.resource.attributes}
            assert named["service.name"] == "automations"
            found |= {span.name: span for scope in resource.scope_spans for span in scope.spans}
    return found


def facts(span: Any) -> dict[str, Any]:
    return {
        one.key: one.value.string_value if one.value.HasField("string_value") else one.value.int_value
        for one in span.attributes
    }


def test_a_callers_trace_goes_on_to_the_run_and_to_whom_it_calls(
    collector: Receiver, peer: Receiver, calls: Any, alice: Any
) -> None:
    peer.scripts = [status(200, b"{}", Content_Type="application/json")]
    answer = press(calls, alice, traceparent=f"00-{TRACE}-{CALLER}-01")
    run = Run.objects.get()
    assert run.status == "succeeded"
    assert run.correlation_id.hex == TRACE
    assert answer["X-Request-Id"] == str(run.correlation_id)
    sent = {name.lower(): text for name, text in peer.requests[0].headers.items()}
    assert sent["x-request-id"] == str(run.correlation_id)

    found = spans(collector)
    assert {span.trace_id.hex() for span in found.values()} == {TRACE}
    asked = next(span for name, span in found.items() if name.startswith("POST "))
    assert asked.parent_span_id.hex() == CALLER
    assert facts(asked)["http.response.status_code"] == answer.status_code
    assert facts(found["run"])["automations.run"] == run.pk
    assert [(event.name, facts(event)["status"]) for event in found["run"].events] == [
        ("t1", "succeeded"),
        ("a1", "succeeded"),
    ]
    delivery = found["delivery"]
    assert sent["traceparent"] == f"00-{TRACE}-{delivery.span_id.hex()}-01"
    assert delivery.parent_span_id == found["run"].span_id
    assert delivery.start_time_unix_nano <= delivery.end_time_unix_nano


def test_what_fails_is_told_as_an_error_without_its_values(
    collector: Receiver, peer: Receiver, calls: Any, alice: Any
) -> None:
    peer.scripts = [status(422, b"Card 4111 is refused")]
    press(calls, alice)
    found = spans(collector)
    assert found["run"].status.message == "delivery-failed"
    assert found["delivery"].status.code == 2
    assert b"4111" not in b"".join(request.body for request in collector.requests)


def test_without_the_setting_nothing_is_sent_and_only_the_id_goes_on(
    collector: Receiver, peer: Receiver, calls: Any, alice: Any, settings: Any
) -> None:
    settings.AUTOMATIONS_TRACES_PER_CENT = 0
    peer.scripts = [status(200)]
    given = str(uuid.uuid4())
    press(calls, alice, **{"X-Request-Id": given})
    sent = {name.lower(): text for name, text in peer.requests[0].headers.items()}
    assert sent["x-request-id"] == given == str(Run.objects.get().correlation_id)
    assert "traceparent" not in sent
    assert spans(collector) == {}


def test_a_share_is_about_so_many_and_a_whole_trace_or_none(settings: Any) -> None:
    some = [uuid.uuid4() for _ in range(4_000)]
    settings.AUTOMATIONS_TRACES_PER_CENT = 25
    told = [one for one in some if tracing.is_traced(one)]
    assert 800 < len(told) < 1_200
    assert [one for one in some if tracing.is_traced(one)] == told


@pytest.mark.parametrize(
    "header",
    [
        "",
        "x",
        f"00-{'0' * 32}-{CALLER}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{CALLER}-01",
        f"00-{TRACE}-{CALLER}-01 x",
    ],
)
def test_a_header_that_names_no_trace_is_passed_by(header: str) -> None:
    assert tracing.taken_from(header) is None


def test_a_share_that_is_none_stops_the_start(settings: Any) -> None:
    settings.AUTOMATIONS_TRACES_PER_CENT = 101
    assert [problem.id for problem in check_tracing()] == ["automations.E012"]
    settings.AUTOMATIONS_TRACES_PER_CENT = 100
    assert check_tracing() == []
