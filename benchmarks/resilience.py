"""What a call that goes well costs under a breaker and a retry, a timeout, and a breaker that processes share; beside what others cost."""

from __future__ import annotations

import asyncio
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from paired import Claim, Options, parse_options, publish

from maestro_fabric.resilience import CircuitBreaker, Policy, RetryBudget, deadline, retry, timeout
from maestro_fabric.resilience.shared import SharedBreakers

CALLS = 20_000
QUICK_CALLS = 200
OURS = "breaker + retry"
Work = Callable[[], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One way of calling; ``dear`` is how many times fewer calls are made of it, so that all arms take about as long."""

    call: Work
    dear: int = 1
    is_async: bool = False


def main() -> int:
    """Call under every pattern, in turning order; 1 when a call costs more than it may."""
    options = parse_options(__doc__ or "", rounds=15)
    logging.disable(logging.CRITICAL)  # some peers log calls that go well
    with tempfile.TemporaryDirectory() as folder:
        store = SharedBreakers(Path(folder) / "shared.db")
        arms = {**_own_arms(store), **_peer_arms()}
        costs = _measure(arms, options)
        store.close()
    return publish(_claims(costs), options)


def _claims(costs: Mapping[str, float]) -> list[Claim]:
    bounds = {
        OURS: 2.0,
        f"{OURS}, async": 5.0,
        f"{OURS}, over 100 calls, with a budget": None,
        "timeout by a signal": 4.0,
        "timeout, async": None,
        "policy of deadline, retry, breaker and timeout": None,
        "breaker shared by processes": 100.0,
        "breaker shared by processes, over 100 calls": 100.0,
    }
    own = [Claim(name=f"resilience, a good call: {name}", measured=costs[name], unit="µs", bound=bound) for name, bound in bounds.items()]
    peers = [_peer_claim(name, costs) for name in costs if name not in bounds and not name.startswith("bare")]
    return own + peers


def _peer_claim(name: str, costs: Mapping[str, float]) -> Claim:
    ours = costs[f"{OURS}, async" if name.endswith("async") else OURS]
    return Claim(name=f"resilience, a good call: {name}", measured=costs[name], unit="µs", detail=f"{costs[name] / ours:.1f} × {OURS}")


def _measure(arms: Mapping[str, Arm], options: Options) -> dict[str, float]:
    """The median cost of a call in µs of CPU, by arm, without that of the bare call."""
    calls = QUICK_CALLS if options.quick else CALLS
    names, samples = list(arms), {name: list[float]() for name in arms}
    for number in range(options.rounds):
        turn = number % len(names)
        for name in (*names[turn:], *names[:turn]):
            arm = arms[name]
            samples[name].append(_time(arm, max(1, calls // arm.dear)))
        print(f"  round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
    bare = {is_async: samples["bare, async" if is_async else "bare"] for is_async in (False, True)}
    return {
        name: statistics.median(one - base for one, base in zip(samples[name], bare[arm.is_async], strict=True))
        for name, arm in arms.items()
    }


def _time(arm: Arm, calls: int) -> float:
    return asyncio.run(_time_async(arm.call, calls)) if arm.is_async else _time_sync(arm.call, calls)


def _time_sync(call: Work, calls: int) -> float:
    start = time.process_time()
    for _ in range(calls):
        call()
    return (time.process_time() - start) / calls * 1e6


async def _time_async(call: Callable[[], Awaitable[Any]], calls: int) -> float:
    start = time.process_time()
    for _ in range(calls):
        await call()
    return (time.process_time() - start) / calls * 1e6


def work() -> int:
    """The call; it does nothing, so that what is around it shows."""
    return 1


async def work_async() -> int:
    """The same, for a task."""
    return 1


def _own_arms(store: SharedBreakers) -> dict[str, Arm]:
    windowed = Policy(retry(budget=RetryBudget()), CircuitBreaker(failure_rate=0.5, window_calls=100))
    whole = Policy(deadline(60), retry(), CircuitBreaker(), timeout(5))
    shared = CircuitBreaker(name="row", store=store)
    shared_window = CircuitBreaker(name="window", store=store, failure_rate=0.5, window_calls=100)
    return {
        "bare": Arm(call=work),
        "bare, async": Arm(call=work_async, is_async=True),
        OURS: Arm(call=Policy(retry(), CircuitBreaker())(work)),
        f"{OURS}, async": Arm(call=Policy(retry(), CircuitBreaker())(work_async), is_async=True),
        f"{OURS}, over 100 calls, with a budget": Arm(call=windowed(work)),
        "timeout by a signal": Arm(call=timeout(5)(work)),
        "timeout, async": Arm(call=timeout(5)(work_async), is_async=True),
        "policy of deadline, retry, breaker and timeout": Arm(call=whole(work), dear=2),
        "breaker shared by processes": Arm(call=shared(work), dear=10),
        "breaker shared by processes, over 100 calls": Arm(call=shared_window(work), dear=20),
    }


def _peer_arms() -> dict[str, Arm]:
    """Others, each with its defaults for three attempts or five failures."""
    import backoff
    import circuitbreaker
    import hyx.circuitbreaker
    import hyx.retry
    import purgatory
    import pybreaker
    import stamina
    import tenacity

    three = tenacity.stop_after_attempt(3)
    stamina_retry = partial(stamina.retry, on=Exception, attempts=3)
    hyx_breaker = hyx.circuitbreaker.consecutive_breaker()
    return {
        "tenacity, retry": Arm(call=tenacity.retry(stop=three)(work), dear=10),
        "tenacity, retry, async": Arm(call=tenacity.retry(stop=three)(work_async), dear=10, is_async=True),
        "stamina, retry": Arm(call=stamina_retry()(work), dear=10),
        "stamina, retry, async": Arm(call=stamina_retry()(work_async), dear=10, is_async=True),
        "backoff, retry": Arm(call=backoff.on_exception(backoff.expo, Exception, max_tries=3)(work), dear=4),
        "backoff, retry, async": Arm(call=backoff.on_exception(backoff.expo, Exception, max_tries=3)(work_async), dear=4, is_async=True),
        "hyx, retry, async": Arm(call=hyx.retry.retry()(work_async), dear=2, is_async=True),
        "hyx, breaker, async": Arm(call=hyx_breaker(work_async), dear=2, is_async=True),
        "pybreaker, breaker": Arm(call=pybreaker.CircuitBreaker()(work), dear=2),
        "circuitbreaker, breaker": Arm(call=circuitbreaker.circuit()(work), dear=2),
        "circuitbreaker, breaker, async": Arm(call=circuitbreaker.circuit()(work_async), dear=2, is_async=True),
        "purgatory, breaker": Arm(call=purgatory.SyncCircuitBreakerFactory()("shop")(work), dear=4),
        "purgatory, breaker, async": Arm(call=purgatory.AsyncCircuitBreakerFactory()("shop")(work_async), dear=4, is_async=True),
    }


if __name__ == "__main__":
    sys.exit(main())
