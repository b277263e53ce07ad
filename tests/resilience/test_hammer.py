"""Threads and processes that use one breaker, bulkhead and budget as hard as they can: for ten seconds each in CI, for two elsewhere."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from maestro_fabric.resilience import CircuitBreaker, CircuitBreakerOpenError, RetryBudget, bulkhead, retry
from maestro_fabric.resilience.events import BreakerChanged
from maestro_fabric.resilience.shared import SharedBreakers

THREADS, LIMIT = 8, 3
SPAN_S = 10.0 if os.environ.get("CI") else 2.0
LEGAL = {("closed", "open"), ("open", "half_open"), ("half_open", "closed"), ("half_open", "open")}

PROCESS = """
import json, os, random, sys, time
from maestro_fabric.resilience import CircuitBreaker, CircuitBreakerOpenError, bulkhead
from maestro_fabric.resilience.events import BreakerChanged
from maestro_fabric.resilience.shared import SharedBreakers, SharedPlaces
path, folder, span_s = sys.argv[1], sys.argv[2], float(sys.argv[3])
changes = []
store, places = SharedBreakers(path), SharedPlaces(path, "shop", 2, 99, poll_s=0.002)
def note(event):
    if isinstance(event, BreakerChanged):
        changes.append((time.monotonic(), event.before, event.after))
breaker = CircuitBreaker(3, 0.02, name="shop", store=store, on_event=note)
limited, most, calls, until = bulkhead(2, 99, places=places), 0, 0, time.monotonic() + span_s
def shop():
    marker = os.path.join(folder, str(os.getpid()))
    open(marker, "w").close()
    inside = len(os.listdir(folder))
    os.unlink(marker)
    if random.random() < 0.5:
        raise ConnectionError
    return inside
while time.monotonic() < until:
    try:
        most = max(most, limited.call(shop))
        breaker.call(lambda: 1 / (random.random() < 0.5))
    except (ConnectionError, ZeroDivisionError, CircuitBreakerOpenError):
        pass
    calls += 1
store.close()
places.close()
print(json.dumps([calls, most, changes]))
"""


@pytest.mark.slow
def test_threads_find_no_gap() -> None:
    changes: list[BreakerChanged] = []
    breaker = CircuitBreaker(3, timeout=0.002, on_event=lambda event: isinstance(event, BreakerChanged) and changes.append(event))
    budget = RetryBudget(0.1, per_second=0, reserve=5)
    inside, most, counts = 0, 0, Counter[str]()
    lock = threading.Lock()

    @bulkhead(LIMIT, max_waiting=THREADS)
    def shop() -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
            counts["attempts"] += 1
        time.sleep(0)
        with lock:
            inside -= 1
        if random.random() < 0.4:  # noqa: S311 - chance, not a secret
            raise ConnectionError

    guarded = retry(3, delay=0, budget=budget)(breaker(shop))

    def hammer() -> None:
        while time.monotonic() < until:
            with lock:
                counts["calls"] += 1
            try:
                guarded()
            except (ConnectionError, CircuitBreakerOpenError) as error:
                with lock:
                    counts[type(error).__name__] += 1

    until = time.monotonic() + SPAN_S
    threads = [threading.Thread(target=hammer) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert counts["calls"] > 500
    assert counts["ConnectionError"] > 0
    assert counts["CircuitBreakerOpenError"] > 0
    assert (inside, most) == (0, LIMIT)
    assert {(change.before, change.after) for change in changes} == LEGAL
    assert Counter(change.after for change in changes)["half_open"] == pytest.approx(
        Counter(change.before for change in changes)["half_open"], abs=1
    )
    assert counts["attempts"] <= 1.1 * counts["calls"] + 5


@pytest.mark.slow
def test_processes_find_no_gap(tmp_path: Path) -> None:
    path, folder = tmp_path / "shared.db", tmp_path / "inside"
    folder.mkdir()
    command = [sys.executable, "-c", PROCESS, str(path), str(folder), str(SPAN_S)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONWARNINGS": ""}) for _ in range(3)]
    told = [json.loads(process.communicate(timeout=60)[0]) for process in processes]

    assert all(process.returncode == 0 for process in processes)
    assert all(calls > 20 for calls, _, _ in told)
    assert max(most for _, most, _ in told) == 2
    changes = sorted(tuple(change) for _, _, of_one in told for change in of_one)
    assert {(before, after) for _, before, after in changes} == LEGAL
    # Each change was told by just one process: in all, every state was left as often as it was entered, give or take the last.
    entered, left = Counter(after for _, _, after in changes), Counter(before for _, before, _ in changes)
    assert all(abs(entered[state] - left[state]) <= 1 for state in ("closed", "open", "half_open"))
    store = SharedBreakers(path)
    assert CircuitBreaker(3, 0.02, name="shop", store=store).state in ("closed", "open", "half_open")
    store.close()
