"""A shop that misbehaves on purpose, for tests of what tests do then.

``SHOP_CHAOS`` says how, as words: ``errors=0.1`` (this share of the answers has status 503), ``hangs=0.05`` (no answer at all),
``drops=0.1`` (the connection breaks off in mid-answer), ``refuses=0.1`` (this share of the connections is reset at once),
``latency=200ms`` with ``slow=0.3`` (that share comes so much later), ``seed=7`` (the same misbehaviour each time). ``after=60`` begins
with the 60th request and ``for=5s`` ends so long later; without them it is always so. ``dies=20`` kills the process at its 20th request,
``dies=10s`` so long after the misbehaviour began; ``revives=3s`` starts it again so long after: in between nothing listens on the port.

``SHOP_CHAOS_LOG`` names a file that gets a line for each request and each refused connection: seconds since the epoch, what was done,
the path.
"""

import asyncio
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}
_FOR_EVER_S = 3600.0


@dataclass(frozen=True)
class Plan:
    """What ``SHOP_CHAOS`` says; rates from 0 to 1, times in seconds."""

    errors: float = 0.0
    hangs: float = 0.0
    drops: float = 0.0
    refuses: float = 0.0
    slow: float = 0.0
    latency: float = 0.0
    seed: int = 0
    after: int = 0
    lasts: float = float("inf")
    dies: int | None = None
    dies_after_s: float | None = None
    revives: float = 3.0


def read_plan(text: str) -> Plan:
    """The plan of a text like ``errors=0.1 hangs=0.05 after=60 for=5s``."""
    known = {each.name for each in fields(Plan)} - {"dies_after_s"}
    values: dict[str, Any] = {}
    for word in text.split():
        name, _, value = word.partition("=")
        name = {"for": "lasts"}.get(name, name)
        if name not in known or not value:
            raise SystemExit(f"SHOP_CHAOS: {word!r} is none of {', '.join(sorted(known - {'lasts'}))}, for")
        if name == "dies" and not value.isdigit():
            name = "dies_after_s"
        values[name] = int(value) if name in ("seed", "after", "dies") else _number(value)
    return Plan(**values)


@dataclass
class Chaos:
    """An application in front of another one."""

    app: App
    plan: Plan
    log: Path | None = None
    _requests: int = 0
    _ends_at: float = float("inf")
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.plan.seed)  # noqa: S311 - the same each time

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        deed = self._deed()
        self._note(deed, scope["path"])
        if self._requests == self.plan.dies:
            os._exit(1)
        if deed == "hang":
            await asyncio.sleep(_FOR_EVER_S)
        elif deed == "error":
            await _answer(send, 503, b"The shop is on fire.")
        elif deed == "drop":
            await _answer(send, 200, b"<!doctype html>", promised=5000)
        else:
            if deed == "slow":
                await asyncio.sleep(self.plan.latency)
            await self.app(scope, receive, send)

    def refuses(self) -> bool:
        """Whether the connection that has just come is reset; it is noted then."""
        has_begun = self._requests >= max(1, self.plan.after) and time.monotonic() <= self._ends_at
        is_refused = has_begun and self._chance.random() < self.plan.refuses
        if is_refused:
            self._note("refuse", "-")
        return is_refused

    def _deed(self) -> str:
        self._requests += 1
        now = time.monotonic()
        if self._requests == max(1, self.plan.after):
            self._ends_at = now + self.plan.lasts
            if self.plan.dies_after_s is not None:
                asyncio.get_running_loop().call_later(self.plan.dies_after_s, os._exit, 1)
        if self._requests < self.plan.after or now > self._ends_at:
            return "serve"
        dice = self._chance.random()
        for deed, share in (
            ("error", self.plan.errors),
            ("hang", self.plan.hangs),
            ("drop", self.plan.drops),
            ("slow", self.plan.slow),
        ):
            if dice < share:
                return deed
            dice -= share
        return "serve"

    def _note(self, deed: str, path: str) -> None:
        if self.log is not None:
            with self.log.open("a", encoding="utf-8") as out:
                out.write(f"{time.time():.3f} {deed} {path}\n")


class Refusal(asyncio.Protocol):
    """What is given to a connection that is refused."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A connection that is closed with this option is reset, and not ended in order.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.close()


def with_chaos(app: App, environ: Mapping[str, str]) -> App | Chaos:
    """The application as the environment wants it."""
    text, log = environ.get("SHOP_CHAOS", ""), environ.get("SHOP_CHAOS_LOG", "")
    return Chaos(app, read_plan(text), Path(log) if log else None) if text or log else app


def protocol_of(app: App | Chaos) -> type[asyncio.Protocol]:
    """What uvicorn makes for each connection, for ``uvicorn.run(http=...)``."""

    class Protocol(AutoHTTPProtocol):  # type: ignore[misc]  # one of two classes, as installed
        def __new__(cls, *args: Any, **options: Any) -> Any:
            return Refusal() if isinstance(app, Chaos) and app.refuses() else super().__new__(cls)

    return Protocol


def live_and_die(plan: Plan, port: int, environ: Mapping[str, str]) -> None:
    """Serve in a process that dies as the plan says, and in another one after that, for ever."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    command = [sys.executable, "-m", "shop", "--port", str(port), "--child"]
    child = subprocess.Popen(command, env=dict(environ))  # noqa: S603 - this program
    try:
        child.wait()
        time.sleep(plan.revives)
        child = subprocess.Popen(command, env={**environ, "SHOP_CHAOS": ""})  # noqa: S603 - again
        child.wait()
    finally:
        child.kill()


async def _answer(send: Send, status: int, body: bytes, *, promised: int | None = None) -> None:
    headers = [(b"content-type", b"text/html"), (b"content-length", str(promised or len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": promised is not None})


def _number(text: str) -> float:
    unit = next((unit for unit in _UNITS if text.endswith(unit)), "")
    return float(text.removesuffix(unit)) * _UNITS.get(unit, 1.0)
