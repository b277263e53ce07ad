"""The listener for OpenTelemetry, with its real SDK."""

from __future__ import annotations

import sys

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from maestro_fabric.errors import PluginError
from maestro_fabric.resilience import CircuitBreaker, Policy, fallback, retry
from maestro_fabric.resilience.telemetry import OpenTelemetryListener
from maestro_fabric.testing import FakeClock


def down() -> str:
    raise ConnectionError("down")


def test_events_are_counted_and_added_to_the_span() -> None:
    reader, exporter = InMemoryMetricReader(), InMemorySpanExporter()
    meters, tracers = MeterProvider([reader]), TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    listener = OpenTelemetryListener(meters)
    policy = Policy(fallback("spare"), retry(3, name="again", clock=FakeClock()), CircuitBreaker(2, name="shop"), on_event=listener)

    with tracers.get_tracer("test").start_as_current_span("order"):
        assert policy.call(down) == "spare"

    (metric,) = reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics  # type: ignore[union-attr]
    counted = {tuple(sorted(point.attributes.items())): point.value for point in metric.data.data_points}  # type: ignore[union-attr]
    assert metric.name == "maestro.resilience.events"
    assert counted[("after", "open"), ("event", "BreakerChanged"), ("name", "shop")] == 1
    assert counted[("event", "RetryScheduled"), ("name", "again")] == 2
    (span,) = exporter.get_finished_spans()
    assert [event.name.removeprefix("maestro.resilience.") for event in span.events] == [
        *["RetryScheduled", "BreakerChanged", "RetryScheduled", "CallRejected", "RetryStopped", "FallbackUsed"]
    ]
    assert dict(span.events[0].attributes or {}) == {"name": "again", "attempt": 1, "wait_s": 1.0, "error": "down"}
    meters.shutdown()
    tracers.shutdown()


def test_without_the_extra_the_command_that_mends_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(PluginError, match=r"pip install 'pytest-maestro\[otel\]'"):
        OpenTelemetryListener()
