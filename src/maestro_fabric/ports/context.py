"""What surrounds a suite while it is discovered and run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maestro_fabric.model import Backoff, Status
from maestro_fabric.ports.absent import NoProcesses, no_waits, refuse_child, unknown_error
from maestro_fabric.ports.healing import Healer
from maestro_fabric.ports.processes import Processes, StartChild
from maestro_fabric.ports.time import Chance, Clock

if TYPE_CHECKING:
    from maestro_fabric.config.models import Config

__all__ = ["Context", "RunOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What a person asked for on the command line; ``slow_s`` is the wait after each step in seconds.

    ``update_visual`` stores the pictures that ``check_visual`` takes instead of comparing them. ``healing`` is the mode (empty: the
    file's), ``fail_on_heal`` makes a healed case fail, ``store`` is the history that knows elements (``None``: the file's).
    """

    headed: bool = False
    slow_s: float = 0.0
    pause: bool = False
    update_visual: bool = False
    healing: str = ""
    fail_on_heal: bool = False
    store: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What surrounds a suite while it is discovered and run.

    Attributes:
        config: The whole validated config.
        root: The folder of the config file; relative paths start here.
        artifacts: The run's folder for evidence; made when first written to.
        base_url: What relative addresses are relative to; empty when there is none.
        variables: ``vars``, the environment's and the command line's already laid over them.
        service_urls: Addresses of the services, by name.
        secret: Gives a secret's value by name; raises `ConfigError` when it is missing.
        redact: Replaces every secret given out so far by ``***``.
        clock: Time.
        chance: Randomness.
        worker: This process's name among its siblings; empty when alone.
        options: What a person asked for on the command line.
        start_child: Starts a program that ends with this process.
        processes: The processes of this machine.
        healer: Finds lost elements again; ``None`` when healing is off.
        waits_of: Gives the waits between tries, in seconds, without end.
        classify: What an exception means by the plugins; ``None`` when none knows.
        locate: Gives the place in the file of a path like ``("suites", 1, "cases", 0)``; ``None`` when unknown.
    """

    config: Config
    root: Path
    artifacts: Path
    clock: Clock
    chance: Chance
    base_url: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)
    service_urls: Mapping[str, str] = field(default_factory=dict)
    secret: Callable[[str], str]
    redact: Callable[[str], str]
    worker: str = ""
    options: RunOptions = RunOptions()
    start_child: StartChild = refuse_child
    processes: Processes = field(default_factory=NoProcesses)
    healer: Healer | None = None
    waits_of: Callable[[Backoff], Iterator[float]] = no_waits
    classify: Callable[[BaseException], Status | None] = unknown_error
    locate: Callable[[Sequence[str | int]], Any]
