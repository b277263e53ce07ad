"""The pipe between a pytest that somebody started for one suite and that somebody: JSON lines up, one byte a case down.

Up go what was collected, and events as `maestro_fabric.wire` has them. After each finished case the child waits for a byte,
so that it never runs ahead of a stop or a further attempt. End of file downwards is an interrupt: the owner is gone.

The child is called with ``-p`` `STREAM_PLUGIN` and ``--maestro-stream DESCRIPTOR``; the rest of the `StreamSpec` stands in the
environment variable ``MAESTRO_STREAM``. `pytest_maestro` uses it so::

    stream = open_stream(descriptor)                       # in pytest_configure
    stream.collection_failed(nodeid, path, text)           # for each failed collect report
    stream.collected(nodeid, path, tags=…, location=…)     # for each item that is left after deselection
    stream.event(event)                                    # AttemptStarted, AttemptFinished, CaseFinished of each item
    stream.close()                                         # in pytest_unconfigure
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from maestro_fabric import wire
from maestro_fabric.adapters.pytest.identity import native_case_id, root_relative
from maestro_fabric.events import CaseFinished, Event
from maestro_fabric.model import CaseId, Location

__all__ = [
    "SPEC_VARIABLE",
    "STREAM_PLUGIN",
    "Closed",
    "Collected",
    "CollectionFailed",
    "Said",
    "Stream",
    "StreamHealing",
    "StreamSpec",
    "open_stream",
    "read_lines",
]


SPEC_VARIABLE = "MAESTRO_STREAM"

STREAM_PLUGIN = "pytest_maestro.stream_option"
"""The plugin that gives pytest the option ``--maestro-stream``; nobody but the child loads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamHealing:
    """The settings of healing, as the owner has them.

    Attributes:
        settings: ``healing`` of the config.
        store: The history that knows elements.
        artifacts: The run's folder.
        mode: What the command line says; empty for nothing.
        fail_on_heal: Whether a healed test fails.
    """

    settings: Mapping[str, Any]
    store: str
    artifacts: str
    mode: str
    fail_on_heal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSpec:
    """What a child must know to tell its owner which case is which.

    Attributes:
        project: The config's project.
        suite: The suite's name.
        root: The config's folder, to which case names are relative.
        down: The descriptor to read permission from; ``None`` to run on without asking.
        path: A file to write to instead of the descriptor, where descriptors cannot be inherited.
        healing: How lost locators of its tests are found again; ``None`` when they are not.
    """

    project: str
    suite: str
    root: str
    down: int | None = None
    path: str | None = None
    healing: StreamHealing | None = None

    def as_text(self) -> str:
        """The spec as the environment variable holds it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> StreamSpec:
        """The spec that `as_text` gave."""
        data = json.loads(text)
        healing = data.pop("healing")
        return cls(**data, healing=None if healing is None else StreamHealing(**healing))


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """A test that pytest found; ``path`` is its module's absolute path, ``policy`` the one that its mark names."""

    id: CaseId
    nodeid: str
    path: str
    tags: tuple[str, ...] = ()
    location: Location | None = None
    policy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionFailed:
    """A module that pytest could not collect, and why."""

    id: CaseId
    nodeid: str
    message: str


@dataclass(frozen=True, slots=True)
class Closed:
    """The child ends in good order; without this it died."""


Said = Collected | CollectionFailed | Closed | Event


class Stream:
    """The child's end; `open_stream` makes one from the option's value."""

    def __init__(self, spec: StreamSpec, out: IO[str]) -> None:
        self.spec = spec
        self._out = out

    def case_id(self, nodeid: str, path: Path) -> CaseId:
        """The identity of an item by its node id and the path of its module."""
        return native_case_id(self.spec.project, self.spec.suite, nodeid, root_relative(path, Path(self.spec.root)))

    def collected(self, nodeid: str, path: Path, *, tags: tuple[str, ...] = (), location: Location | None = None, policy: str = "") -> None:
        """Tell of an item that will run."""
        case_id = self.case_id(nodeid, path)
        self._tell("Collected", Collected(id=case_id, nodeid=nodeid, path=str(path), tags=tags, location=location, policy=policy))

    def collection_failed(self, nodeid: str, path: Path, message: str) -> None:
        """Tell of a module that could not be collected."""
        self._tell("CollectionFailed", CollectionFailed(id=self.case_id(nodeid, path), nodeid=nodeid, message=message))

    def event(self, event: Event) -> None:
        """Tell an event; after the end of a case, wait until the owner wants the next.

        Raises:
            KeyboardInterrupt: when the owner is gone.
        """
        self._write(wire.to_wire(event))
        if isinstance(event, CaseFinished) and self.spec.down is not None and not os.read(self.spec.down, 1):
            raise KeyboardInterrupt("the process that started this pytest is gone")

    def close(self) -> None:
        """Tell that nothing more follows; a second call does nothing."""
        with suppress(BrokenPipeError):
            if not self._out.closed:
                self._tell("Closed", Closed())
        with suppress(BrokenPipeError):
            self._out.close()

    def _tell(self, kind: str, message: Collected | CollectionFailed | Closed) -> None:
        self._write({"event": kind, **_builtins(wire.encode(message))})

    def _write(self, data: dict[str, Any]) -> None:
        self._out.write(json.dumps(data) + "\n")
        self._out.flush()


def open_stream(descriptor: int, environ: Mapping[str, str] = os.environ) -> Stream:
    """The child's end of the pipe.

    Args:
        descriptor: The value of ``--maestro-stream``.
        environ: Holds the spec.

    Raises:
        KeyError: without a spec in the environment; nobody but an owner uses the option.
    """
    spec = StreamSpec.from_text(environ[SPEC_VARIABLE])
    for inherited in (descriptor, spec.down):
        if inherited is not None and spec.path is None:
            # What the tests start must not hold the pipes: its owner waits for their end.
            os.set_inheritable(inherited, False)  # noqa: FBT003 - its only form
    return Stream(spec, open(spec.path or descriptor, "w", encoding="utf-8"))  # noqa: PTH123 - a descriptor has no Path; the stream closes it


def read_lines(lines: Iterable[str]) -> Iterator[Said]:
    """What the child says, until it says nothing more; a line cut off by its death is left out."""
    kinds: dict[str, type] = {kind.__name__: kind for kind in (Collected, CollectionFailed, Closed)}
    for line in lines:
        if not line.endswith("\n"):
            return
        data = json.loads(line)
        kind = kinds.get(data["event"])
        message: Any = wire.from_wire(data) if kind is None else wire.decode(data, kind)
        yield message


def _builtins(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {}
