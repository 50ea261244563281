"""What is traced and counted: a recorder at an emulated vendor, over HTTP, with the SDK's exporters in memory."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.semconv.attributes import error_attributes, http_attributes, server_attributes, url_attributes
from opentelemetry.semconv.metrics import http_metrics
from opentelemetry.trace import SpanKind, StatusCode
from recorder_core import (
    S3,
    AsyncRecorder,
    AuthenticationError,
    HttpExchange,
    RecordingSpec,
    Spotlight,
    StartOutcomeUnknown,
    UnsupportedFeature,
    UnsupportedOperation,
)
from recorder_core.testing import connect, emulate

from recorder_opentelemetry import DURATIONS_S, Telemetry, hooks

SECRETS = ("storage-key-of-the-test", "storage-secret-of-the-test")


@dataclass
class Seen:
    """A plugin whose reports stay here."""

    exporter: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)
    reader: InMemoryMetricReader = field(default_factory=InMemoryMetricReader)

    def __post_init__(self) -> None:
        self.traces = TracerProvider()
        self.traces.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.meters = MeterProvider([self.reader])
        self.plugin = Telemetry(self.traces, self.meters)

    def spans(self) -> Sequence[ReadableSpan]:
        """Those that have ended, in order."""
        return self.exporter.get_finished_spans()

    def _metrics(self) -> list[Any]:
        data = self.reader.get_metrics_data()
        scopes = [scope for resource in (data.resource_metrics if data else ()) for scope in resource.scope_metrics]
        return [metric for scope in scopes for metric in scope.metrics]

    def names(self) -> set[str]:
        """The metrics that were reported."""
        return {metric.name for metric in self._metrics()}

    def points(self, name: str) -> list[Any]:
        """The data points of a metric."""
        return [point for metric in self._metrics() if metric.name == name for point in metric.data.data_points]

    def counts(self, name: str, *keys: str) -> dict[tuple[Any, ...], Any]:
        """The values of a counter, by some of its attributes."""
        found: dict[tuple[Any, ...], Any] = {}
        for point in self.points(name):
            group = tuple(point.attributes.get(key) for key in keys)
            found[group] = found.get(group, 0) + point.value
        return found


@pytest.fixture
def seen() -> Iterator[Seen]:
    made = Seen()
    yield made
    made.traces.shutdown()
    made.meters.shutdown()


def spec(**changes: Any) -> RecordingSpec:
    storage = S3(bucket="lessons", region="eu-west-1", access_key=SECRETS[0], secret_key=SECRETS[1])
    return RecordingSpec(room="lesson-42", storage=storage, **changes)


def attributes(span: ReadableSpan) -> Mapping[str, Any]:
    assert span.attributes is not None
    return span.attributes


@pytest.mark.parametrize("name", ["agora", "zegocloud"])
def test_every_exchange_is_a_span_of_the_conventions(seen: Seen, name: str) -> None:
    """A client span named after the method alone, with what the conventions require, as long as it took."""
    with emulate(name, media=False) as service, connect(service, hooks=[seen.plugin]) as recorder:
        recording = recorder.start(spec())
        recorder.stop(recording, wait=False)
        journal = [entry.operation for entry in service.journal]
        port = int(service.base_url.rpartition(":")[2])
    spans = seen.spans()
    assert [attributes(span)["recorder.operation"] for span in spans] == journal
    for span in spans:
        told = attributes(span)
        assert (span.name, span.kind) == (told[http_attributes.HTTP_REQUEST_METHOD], SpanKind.CLIENT)
        assert told[url_attributes.URL_FULL].startswith(service.base_url)
        assert told[server_attributes.SERVER_ADDRESS] == "127.0.0.1"
        assert told[server_attributes.SERVER_PORT] == port
        assert told[http_attributes.HTTP_RESPONSE_STATUS_CODE] in (200, 201, 206)
        assert (told["recorder.provider"], told["recorder.recording.id"]) == (name, recording.id)
        assert error_attributes.ERROR_TYPE not in told
        assert span.status.status_code is StatusCode.UNSET
        assert span.start_time is not None
        assert span.end_time is not None
        assert 0 < span.end_time - span.start_time < 60e9


def test_no_secret_is_reported(seen: Seen) -> None:
    """Neither the account's nor the storage's, nor a signature, in any attribute, event or name."""
    with emulate("zegocloud", media=False) as service, connect(service, hooks=[seen.plugin]) as recorder:
        recorder.stop(recorder.start(spec()), wait=False)
        secrets = [*SECRETS, *(value for name, value in service.env.items() if "SECRET" in name)]
    reported = "".join(span.to_json() for span in seen.spans()) + str(seen.reader.get_metrics_data())
    assert "url.full" in reported
    assert [secret for secret in secrets if secret in reported] == []
    assert "Signature=%2A" in reported or "Signature=*" in reported  # masked, where the vendor signs in the URL


def test_repeats_and_refusals_are_told_apart(seen: Seen) -> None:
    """A repeat has the number of its resends; an answer of 400 and more is an error of that type, on the span too."""
    with emulate("agora", media=False) as service, connect(service, hooks=[seen.plugin]) as recorder:
        service.fail_next("acquire", "503")
        recorder.start(spec())
        other = connect(service, hooks=[seen.plugin], customer_secret="wrong-secret-of-the-test")
        with other, pytest.raises(AuthenticationError):
            other.start(spec())
    first, second, _, refused = (attributes(span) for span in seen.spans())
    assert (first["error.type"], "http.request.resend_count" in first) == ("503", False)
    assert ("error.type" in second, second["http.request.resend_count"]) == (False, 1)
    assert refused["error.type"] == "401"
    codes = [span.status.status_code for span in seen.spans()]
    assert codes == [StatusCode.ERROR, StatusCode.UNSET, StatusCode.UNSET, StatusCode.ERROR]
    assert seen.counts("recorder.operations.failed", "recorder.operation", "error.type", "recorder.provider") == {
        ("start", "AuthenticationError", "agora"): 1
    }


def test_an_exchange_without_an_answer_is_an_error(seen: Seen) -> None:
    """There is no status then; what the network said stands in the span's."""
    seen.plugin.recorder_http(
        HttpExchange(
            provider="agora",
            operation="query",
            recording_id=None,
            method="GET",
            url="https://vendor.example/v1/rooms",
            attempt=1,
            status=None,
            vendor_code=None,
            request_id=None,
            duration_s=0.25,
            request_body=None,
            response_body=None,
            error="connection refused",
        )
    )
    (span,) = seen.spans()
    assert attributes(span)["error.type"] == "no_answer"
    assert attributes(span)["server.port"] == 443
    assert "http.response.status_code" not in attributes(span)
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "connection refused")
    assert span.end_time is not None
    assert span.start_time is not None
    assert span.end_time - span.start_time == 250_000_000


def test_durations_are_the_conventions_histogram(seen: Seen) -> None:
    """`http.client.request.duration` in seconds, in the advised bounds, and without ids, each a series of its own."""
    with emulate("agora", media=False) as service, connect(service, hooks=[seen.plugin]) as recorder:
        recorder.start(spec())
    assert http_metrics.HTTP_CLIENT_REQUEST_DURATION == "http.client.request.duration"
    (point,) = seen.points("http.client.request.duration")
    assert point.count == 2
    assert tuple(point.explicit_bounds) == DURATIONS_S
    assert set(point.attributes) == {
        "http.request.method",
        "http.response.status_code",
        "server.address",
        "server.port",
        "recorder.provider",
    }


def test_recordings_are_counted_from_start_to_stop(seen: Seen) -> None:
    """Started, looked at, changed, refused and stopped, by provider, mode, state and what ended it, with its length."""
    with emulate("zegocloud", media=False) as service, connect(service, hooks=[seen.plugin]) as recorder:
        service.join("lesson-42", "1001")
        recording = recorder.start(spec(), confirm=True)
        recording = recorder.layout(recording, Spotlight("1001"))
        recorder.pause(recording)
        with pytest.raises(UnsupportedFeature):
            recorder.switch_whiteboard(recording, "board-1")
        service.clock.advance(90)
        recorder.stop(recording)
        for _ in recorder.follow(recording):
            pass
    ours = "recorder.provider", "recorder.mode"
    assert seen.counts("recorder.recordings.started", *ours) == {("zegocloud", "composite"): 1}
    assert seen.counts("recorder.recordings.stopped", "recorder.state", "recorder.ending") == {
        ("completed", "stopped"): 1
    }
    assert seen.counts("recorder.recordings.changed", "recorder.operation") == {("layout",): 1, ("pause",): 1}
    assert seen.counts("recorder.operations.failed", "recorder.operation", "error.type") == {
        ("switch_whiteboard", "UnsupportedFeature"): 1
    }
    assert seen.counts("recorder.statuses", "recorder.state")[("recording",)] >= 1
    assert seen.counts("recorder.events", "recorder.event", "recorder.state")[("ended", "completed")] == 1
    table = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8").partition("## Metrics")[2]
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| `")]
    listed = {row[0].strip("| `"): set(re.findall(r"`([\w.]+)`", row[2])) for row in rows}
    assert seen.names() <= listed.keys()
    for name in ("recorder.operations.failed", "recorder.events"):
        assert {key for point in seen.points(name) for key in point.attributes} <= listed[name]


def test_what_a_recovery_finds_is_counted(seen: Seen) -> None:
    """By verdict: one that runs, and was lost, is worth an alarm."""
    with emulate("zegocloud", media=False) as service, connect(service, hooks=[seen.plugin]) as recorder:
        service.fail_next("StartRecord", "drop", times=4)
        with pytest.raises(StartOutcomeUnknown) as caught:
            recorder.start(spec())
        service.clock.advance(121)
        recorder.recover(caught.value.intent, spec=spec())
    assert seen.counts("recorder.starts.recovered", "recorder.verdict") == {("running",): 1}
    assert seen.counts("recorder.recordings.started") == {(): 1}


def test_spans_belong_to_the_caller_s(seen: Seen) -> None:
    """Whatever span is current where an operation was called is their parent, and has its failure as an event."""
    tracer = seen.traces.get_tracer("school")
    with emulate("agora", media=False) as service, connect(service, hooks=[seen.plugin]) as recorder:
        with tracer.start_as_current_span("lesson") as lesson:
            recording = recorder.start(spec())
            with pytest.raises(UnsupportedOperation):
                recorder.snapshot(recording)

        async def later() -> None:
            async with AsyncRecorder(recorder.provider, hooks=[seen.plugin], clock=service.clock) as asynchronous:
                with tracer.start_as_current_span("end"):
                    await asynchronous.stop(recording, wait=False)

        asyncio.run(later())
    spans = {span.name: span for span in seen.spans() if span.name in ("lesson", "end")}
    calls = [span for span in seen.spans() if span.name not in spans]
    parents = {attributes(call)["recorder.operation"]: call.parent.span_id if call.parent else None for call in calls}
    assert parents["start"] == parents["acquire"] == lesson.get_span_context().span_id
    assert parents["stop"] == spans["end"].get_span_context().span_id
    (event,) = spans["lesson"].events
    assert event.name == "recorder.failed"
    assert dict(event.attributes or {})["error.type"] == "UnsupportedOperation"


def test_without_an_sdk_nothing_is_reported_and_nothing_breaks() -> None:
    """The installed plugin reports to the global providers, which do nothing until somebody sets them."""
    with emulate("agora", media=False) as service, connect(service, hooks=[hooks]) as recorder:
        assert recorder.start(spec()).room == "lesson-42"
