"""A listener that tells OpenTelemetry; needs the extra ``otel``.

web = Policy(retry(), CircuitBreaker(name="shop"), on_event=OpenTelemetryListener())
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from maestro_fabric.errors import PluginError
from maestro_fabric.resilience.events import ResilienceEvent

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider

__all__ = ["OpenTelemetryListener"]


class OpenTelemetryListener:
    """Counts events in the counter ``maestro.resilience.events``, and adds each to the span that is current.

    The counter's attributes are ``event`` and ``name``, and for changes of a breaker ``after``: few values, as metrics need it. The
    span's event has all fields.

    Args:
        meter_provider: Where the counter belongs; the process's own unless told otherwise.

    Raises:
        PluginError: when opentelemetry is not installed.
    """

    def __init__(self, meter_provider: MeterProvider | None = None) -> None:
        try:
            from opentelemetry import metrics, trace
        except ImportError as error:
            raise PluginError("opentelemetry is not installed: pip install 'pytest-maestro[otel]'") from error
        self._current_span = trace.get_current_span
        meter = metrics.get_meter("maestro_fabric.resilience", meter_provider=meter_provider)
        self._counter = meter.create_counter("maestro.resilience.events", unit="{event}", description="What resilience patterns did")

    def __call__(self, event: ResilienceEvent, /) -> None:
        """Take one event."""
        kind = type(event).__name__
        values = {field.name: getattr(event, field.name) for field in fields(event)}
        few = {"event": kind} | {key: str(values[key]) for key in ("name", "after") if key in values}
        self._counter.add(1, few)
        told = {key: value if isinstance(value, (int, float)) else str(value) for key, value in values.items() if value is not None}
        self._current_span().add_event(f"maestro.resilience.{kind}", told)
