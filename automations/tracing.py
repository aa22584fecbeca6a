"""Traces, where a project wishes for them: spans of requests, runs and calls, for whatever speaks OTLP.

A trace's id is the correlation id, so that what finds the lines of one request, its runs and their calls in the log finds
them as a trace too. OpenTelemetry is an extra (`tracing`); nothing of it is imported while AUTOMATIONS_TRACES_PER_CENT is 0.
Where spans go, and under what name, stands in its own variables: OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS,
OTEL_SERVICE_NAME. Spans hold ids, codes and times, never a value.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Literal

from automations.conf import setting

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

PARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
"""W3C's traceparent, version 00: https://www.w3.org/TR/trace-context/#traceparent-header"""

_ids: ContextVar[tuple[int, int]] = ContextVar("span_ids")


@dataclass(frozen=True, slots=True)
class Span:
    """Something that took time. `id` and `parent` are of `span_of`; 0: it has no parent."""

    name: str
    id: int
    began: datetime
    ended: datetime
    kind: Literal["INTERNAL", "SERVER", "CLIENT"] = "INTERNAL"
    parent: int = 0
    facts: Mapping[str, str | int] = field(default_factory=dict)
    error: str = ""
    marks: Sequence[tuple[str, datetime, Mapping[str, str | int]]] = ()
    """Moments within it, each with its name and facts."""


def span_of(kind: str, key: object) -> int:
    """The id that the span of a run, a call or a request has, wherever it is told."""
    return int.from_bytes(hashlib.blake2b(f"{kind}:{key}".encode(), digest_size=8).digest()) or 1


def is_traced(correlation: uuid.UUID) -> bool:
    """Whether this trace is among the share that is told. All that has a correlation in common is, or is not."""
    share = setting("AUTOMATIONS_TRACES_PER_CENT")
    return share > 0 and (correlation.int >> 80) % 100 < share


def traceparent(correlation: uuid.UUID, span: int) -> str:
    """The header that hands a trace on."""
    return f"00-{correlation.int:032x}-{span:016x}-01"


def taken_from(header: str) -> tuple[uuid.UUID, int] | None:
    """The trace and the span that a caller's header names; None where it names none."""
    match = PARENT.fullmatch(header)
    if match is None:
        return None
    trace, span = (int(part, 16) for part in match.groups())
    return (uuid.UUID(int=trace), span) if trace and span else None


def tell(correlation: uuid.UUID, span: Span) -> None:
    """Hand a span that is over to the exporter, which sends in the background and never raises here."""
    from opentelemetry.trace import (
        NonRecordingSpan,
        SpanContext,
        SpanKind,
        Status,
        StatusCode,
        TraceFlags,
        set_span_in_context,
    )

    token = _ids.set((correlation.int, span.id))
    try:
        above = SpanContext(correlation.int, span.parent, is_remote=True, trace_flags=TraceFlags(1))
        told = _tracer().start_span(
            span.name,
            context=set_span_in_context(NonRecordingSpan(above)) if span.parent else None,
            kind=SpanKind[span.kind],
            attributes=dict(span.facts),
            start_time=_nanoseconds(span.began),
        )
    finally:
        _ids.reset(token)
    for name, at, facts in span.marks:
        told.add_event(name, dict(facts), timestamp=_nanoseconds(at))
    if span.error:
        told.set_status(Status(StatusCode.ERROR, span.error))
    told.end(end_time=max(_nanoseconds(span.ended), _nanoseconds(span.began)))


def _nanoseconds(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000) * 1_000


@cache
def _tracer() -> Tracer:
    """Made at the first span of a process: a worker is forked, and threads do not come along."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.id_generator import IdGenerator
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON

    class OurIds(IdGenerator):
        def generate_trace_id(self) -> int:
            return _ids.get()[0]

        def generate_span_id(self) -> int:
            return _ids.get()[1]

    named = Resource.create()
    if str(named.attributes.get(SERVICE_NAME, "")).startswith("unknown_service"):
        named = named.merge(Resource({SERVICE_NAME: "automations"}))
    provider = TracerProvider(sampler=ALWAYS_ON, id_generator=OurIds(), resource=named)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider.get_tracer("automations")
