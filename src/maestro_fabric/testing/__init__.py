"""Fakes for tests of adapters, sinks and plugins, and the contract that every adapter keeps.

    clock = FakeClock()
    sink = RecordingSink()
    adapter = FakeAdapter({"buy": [failing(ConnectionError("gone")), passing()]})

`docs/adapters.md` shows how to write an adapter, and how to put it to the contract.
"""

from maestro_fabric.testing.containers import holding
from maestro_fabric.testing.contract import AdapterContract
from maestro_fabric.testing.fakes import (
    FakeAdapter,
    FakeClock,
    FakeServices,
    FakeSession,
    FakeSuite,
    FixedChance,
    RecordingSink,
    failing,
    make_context,
    passing,
)

__all__ = [
    "AdapterContract",
    "FakeAdapter",
    "FakeClock",
    "FakeServices",
    "FakeSession",
    "FakeSuite",
    "FixedChance",
    "RecordingSink",
    "failing",
    "holding",
    "make_context",
    "passing",
]
