"""Traces and metrics of a recorder: a span for every HTTP exchange, counters and histograms of recordings.

Names and attributes of what is HTTP are those of OpenTelemetry's semantic conventions ("HTTP spans" and "HTTP metrics",
stable since version 1.23); what is ours begins with `recorder.`. Nothing secret is in them: exchanges come masked, and
neither bodies nor headers are taken over.
"""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from opentelemetry import metrics, trace
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.util.types import AttributeValue
from recorder_core import (
    EventSource,
    HttpExchange,
    RecorderError,
    Recording,
    RecordingEvent,
    RecordingStatus,
    Recovery,
    hookimpl,
)

__all__ = ["Telemetry", "hooks"]

Attributes = dict[str, AttributeValue]

DURATIONS_S = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""Bounds of `http.client.request.duration`, as the conventions advise them."""
LENGTHS_S = (60.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0, 28800.0, 86400.0)
"""Bounds of `recorder.recording.duration`: a minute to a day."""
DEFAULT_PORTS = {"http": 80, "https": 443}
LARGEST_SUCCESS = 399


class Telemetry:
    """A hook plugin. Spans are children of whatever span is current where an operation was called, under asyncio too.

    Args:
        tracer_provider: makes the tracer; the global one by default.
        meter_provider: makes the meter; the global one by default.
    """

    def __init__(
        self,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
    ) -> None:
        self._tracer = trace.get_tracer(__name__, tracer_provider=tracer_provider)
        meter = metrics.get_meter(__name__, meter_provider=meter_provider)
        self._requests = meter.create_histogram(
            "http.client.request.duration",
            unit="s",
            description="Duration of HTTP client requests.",
            explicit_bucket_boundaries_advisory=DURATIONS_S,
        )
        self._started = meter.create_counter(
            "recorder.recordings.started", unit="{recording}", description="Recordings that were started or found."
        )
        self._stopped = meter.create_counter(
            "recorder.recordings.stopped", unit="{recording}", description="Stops, by the state that they led to."
        )
        self._lengths = meter.create_histogram(
            "recorder.recording.duration",
            unit="s",
            description="From the start of a recording to its stop.",
            explicit_bucket_boundaries_advisory=LENGTHS_S,
        )
        self._failed = meter.create_counter(
            "recorder.operations.failed", unit="{operation}", description="Operations that ended with an error."
        )
        self._changed = meter.create_counter(
            "recorder.recordings.changed", unit="{change}", description="Changes of running recordings."
        )
        self._recovered = meter.create_counter(
            "recorder.starts.recovered",
            unit="{start}",
            description="Starts that were cut short, by what became of them.",
        )
        self._statuses = meter.create_counter(
            "recorder.statuses", unit="{status}", description="Looks at recordings, by the state that they showed."
        )
        self._events = meter.create_counter(
            "recorder.events", unit="{event}", description="What happened to recordings, by kind and state."
        )

    @hookimpl
    def recorder_http(self, exchange: HttpExchange) -> None:
        """A span and a duration. It has ended when it is told of, so that its beginning is reckoned back."""
        ended = time.time_ns()
        shared = _http(exchange)
        whole = shared | {"url.full": exchange.url, "recorder.operation": exchange.operation}
        if exchange.attempt > 1:
            whole["http.request.resend_count"] = exchange.attempt - 1
        for name, value in (
            ("recorder.recording.id", exchange.recording_id),
            ("recorder.vendor.code", exchange.vendor_code),
            ("recorder.vendor.request_id", exchange.request_id),
        ):
            if value is not None:
                whole[name] = value
        span = self._tracer.start_span(
            exchange.method,
            kind=SpanKind.CLIENT,
            attributes=whole,
            start_time=ended - int(exchange.duration_s * 1e9),
        )
        if "error.type" in shared:
            span.set_status(Status(StatusCode.ERROR, exchange.error))
        self._requests.record(exchange.duration_s, shared, context=trace.set_span_in_context(span))
        span.end(end_time=ended)

    @hookimpl
    def recorder_started(self, recording: Recording) -> None:
        """Count it."""
        self._started.add(1, _of(recording))

    @hookimpl
    def recorder_stopped(self, recording: Recording, status: RecordingStatus) -> None:
        """Count it, by its state and what ended it, with its length where the vendor tells it."""
        known = _of(recording) | {"recorder.state": str(status.state)}
        if status.ending is not None:
            known["recorder.ending"] = str(status.ending)
        self._stopped.add(1, known)
        if status.ended_at is not None:
            began = status.started_at or recording.started_at
            self._lengths.record(max((status.ended_at - began).total_seconds(), 0.0), _of(recording))

    @hookimpl
    def recorder_layout_changed(self, recording: Recording) -> None:
        """Count it."""
        self._changed.add(1, _of(recording) | {"recorder.operation": "layout"})

    @hookimpl
    def recorder_changed(self, recording: Recording, operation: str) -> None:
        """Count it, by operation."""
        self._changed.add(1, _of(recording) | {"recorder.operation": operation})

    @hookimpl
    def recorder_status(self, recording: Recording, status: RecordingStatus) -> None:
        """Count it, by state."""
        self._statuses.add(1, _of(recording) | {"recorder.state": str(status.state)})

    @hookimpl
    def recorder_recovered(self, recovery: Recovery) -> None:
        """Count it, by verdict."""
        known: Attributes = {"recorder.provider": recovery.intent.provider, "recorder.verdict": str(recovery.verdict)}
        self._recovered.add(1, known)

    @hookimpl
    def recorder_failed(self, operation: str, error: RecorderError) -> None:
        """Count it, by operation and class, and note it on the caller's span."""
        known: Attributes = {"recorder.operation": operation, "error.type": type(error).__name__}
        if error.provider:
            known["recorder.provider"] = error.provider
        self._failed.add(1, known)
        trace.get_current_span().add_event("recorder.failed", known)

    @hookimpl
    def recorder_event(self, event: RecordingEvent) -> None:
        """Count it, by kind, source and state."""
        known: Attributes = {"recorder.provider": event.provider, "recorder.event": str(event.kind)}
        known["recorder.source"] = str(event.source or EventSource.CALLBACK)
        if event.state is not None:
            known["recorder.state"] = str(event.state)
        self._events.add(1, known)


def _of(recording: Recording) -> Attributes:
    """What sorts recordings into few groups; rooms and ids would make as many series as there are recordings."""
    return {"recorder.provider": recording.provider, "recorder.mode": str(recording.mode)}


def _http(exchange: HttpExchange) -> Attributes:
    """The attributes that spans and durations share."""
    address = urlsplit(exchange.url)
    known: Attributes = {
        "http.request.method": exchange.method,
        "recorder.provider": exchange.provider,
        "server.address": address.hostname or "",
        "server.port": address.port or DEFAULT_PORTS.get(address.scheme, 0),
    }
    if exchange.status is None:
        known["error.type"] = "no_answer"
        return known
    known["http.response.status_code"] = exchange.status
    if exchange.status > LARGEST_SUCCESS:
        known["error.type"] = str(exchange.status)
    return known


hooks = Telemetry()
"""What is installed: it reports to the global providers of OpenTelemetry, set before or after it was loaded."""
