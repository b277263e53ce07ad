"""What the engine needs from outside, as small protocols, and the deadline that flows down through all of them."""

from maestro_fabric.ports.adapters import ADAPTER_API, OLDEST_ADAPTER_API, Adapter, SelectiveSession, Session
from maestro_fabric.ports.context import Context, RunOptions
from maestro_fabric.ports.healing import HealAnswer, HealDecision, Healer, HealRequest
from maestro_fabric.ports.processes import Child, Processes, ProcessRef, StartChild
from maestro_fabric.ports.sinks import Emit, Sink
from maestro_fabric.ports.time import Chance, Clock, Deadline

__all__ = [
    "ADAPTER_API",
    "OLDEST_ADAPTER_API",
    "Adapter",
    "Chance",
    "Child",
    "Clock",
    "Context",
    "Deadline",
    "Emit",
    "HealAnswer",
    "HealDecision",
    "HealRequest",
    "Healer",
    "ProcessRef",
    "Processes",
    "RunOptions",
    "SelectiveSession",
    "Session",
    "Sink",
    "StartChild",
]
