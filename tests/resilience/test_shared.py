"""Breakers and bulkheads that processes share through a file."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from maestro_fabric.errors import StoreError
from maestro_fabric.resilience import BulkheadFullError, CircuitBreaker, CircuitBreakerOpenError, State, bulkhead
from maestro_fabric.resilience.shared import SharedBreakers, SharedPlaces
from maestro_fabric.testing import FakeClock
from support import wait_until


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "resilience.db"


def fail() -> None:
    raise ConnectionError("down")


def fail_times(breaker: CircuitBreaker, times: int) -> None:
    for _ in range(times):
        with pytest.raises(ConnectionError):
            breaker.call(fail)


def python(script: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("window", [{}, {"window_calls": 10}, {"window_s": 30.0}], ids=["row", "calls", "seconds"])
def test_two_breakers_of_one_name_are_one(path: Path, window: dict[str, float]) -> None:
    clock = FakeClock()
    stores = [SharedBreakers(path), SharedBreakers(path)]  # each with a connection of its own, as two processes have
    one, two = (CircuitBreaker(4, 60, name="shop", minimum_sources=2, store=store, clock=clock, **window) for store in stores)  # type: ignore[arg-type]
    other = CircuitBreaker(4, 60, name="mail", store=stores[0], clock=clock)

    fail_times(one.by("case a"), 3)
    assert two.state is State.CLOSED
    fail_times(two.by("case b"), 1)
    with pytest.raises(CircuitBreakerOpenError, match="'shop' is open"):
        one.call(str)
    assert other.call(str) == ""

    clock.advance(60)
    with one:
        assert two.state is State.HALF_OPEN
        with pytest.raises(CircuitBreakerOpenError, match="another call is probing"):
            two.call(str)
    assert two.call(str) == ""
    assert two.state is State.CLOSED
    for store in stores:
        store.close()


def test_many_that_begin_at_once_all_have_it(path: Path) -> None:
    """SQLite tells of a lock without waiting when two turn a new file to WAL mode."""
    script = """
        import sys
        from maestro_fabric.resilience.shared import SharedPlaces
        for number in range(40):
            input()
            places = SharedPlaces(f"{sys.argv[1]}{number}", "web", limit=9)
            print("in" if places.take() else "out", flush=True)
            places.close()
    """
    others = [python(script, path) for _ in range(4)]
    for _ in range(40):
        for other in others:
            assert other.stdin is not None
            other.stdin.write("\n")
            other.stdin.flush()
        assert [other.stdout and other.stdout.readline() for other in others] == ["in\n"] * 4
    assert [other.communicate()[0] for other in others] == [""] * 4


def test_a_breaker_opened_by_hand_stays_open_in_another_process(path: Path) -> None:
    store = SharedBreakers(path)
    CircuitBreaker(name="shop", store=store).open("maintenance")
    script = """
        import sys
        from maestro_fabric.resilience import CircuitBreaker, CircuitBreakerOpenError
        from maestro_fabric.resilience.shared import SharedBreakers
        try:
            CircuitBreaker(name="shop", store=SharedBreakers(sys.argv[1])).call(str)
        except CircuitBreakerOpenError as error:
            print(error)
    """
    with python(script, path) as other:
        assert "maintenance" in other.communicate(timeout=30)[0]
    store.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_has_a_connection_of_its_own(path: Path) -> None:
    store = SharedBreakers(path)
    breaker = CircuitBreaker(1, name="shop", store=store)
    places = SharedPlaces(path, "shop", limit=1)
    assert breaker.call(str) == ""
    place = places.take()
    child = os.fork()
    if not child:
        fail_times(breaker, 1)
        os._exit(0 if places.take() is None else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert breaker.state is State.OPEN
    assert place is not None
    places.leave(place)
    store.close()
    places.close()


def test_a_name_means_one_set_of_rules(path: Path) -> None:
    store = SharedBreakers(path)
    CircuitBreaker(5, name="shop", store=store)
    with pytest.raises(StoreError, match=r"after 5 failures in a row, here it .* after 6 failures.*use the same arguments"):
        CircuitBreaker(6, name="shop", store=store)
    with pytest.raises(ValueError, match="needs a name"):
        CircuitBreaker(store=store)
    store.close()


def test_a_file_that_is_no_database_is_explained(tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    broken.write_text("no database" * 100)
    with pytest.raises(StoreError, match=r"cannot share .*broken\.db.*choose another place"):
        CircuitBreaker(name="shop", store=SharedBreakers(broken))


def test_what_raises_inside_leaves_the_ledger_as_it_was(path: Path) -> None:
    store = SharedBreakers(path)
    book = CircuitBreaker(name="shop", store=store)._book

    def break_off() -> None:
        with book.lock:
            book.ledger.force(State.OPEN, "half done")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert book.read().state is State.CLOSED
    store.close()


def test_places_are_given_across_connections_in_the_order_of_coming(path: Path) -> None:
    one, two = SharedPlaces(path, "shop", 1, 2, poll_s=0.001), SharedPlaces(path, "shop", 1, 2, poll_s=0.001)
    first, second, third = one.take(), two.ask(), one.ask()
    assert first is not None
    assert second is not None
    assert third is not None
    assert two.take() is None
    assert two.ask() is None
    assert not second.is_inside
    one.leave(first)
    assert not third.is_inside
    assert second.is_inside
    two.leave(second)
    assert third.is_inside
    one.leave(third)
    with bulkhead(1, wait=0.02, places=one), pytest.raises(BulkheadFullError, match="no place within"):
        bulkhead(1, wait=0.02, places=two).call(str)
    assert bulkhead(1, places=two).call(int, "1") == 1
    one.close()
    two.close()


@pytest.mark.fault
def test_the_place_of_a_killed_process_is_free_again(path: Path) -> None:
    script = """
        import sys
        from maestro_fabric.resilience.shared import SharedPlaces
        places = SharedPlaces(sys.argv[1], "shop", limit=1)
        place = places.take()
        print("inside" if place else "outside", flush=True)
        sys.stdin.read()
    """
    places = SharedPlaces(path, "shop", limit=1)
    with python(script, path) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "inside\n"
        assert places.take() is None
        other.send_signal(signal.SIGKILL)
        place = wait_until(places.take, what="the place of the killed process")
    places.leave(place)
    places.close()


def test_nothing_is_written_for_calls_that_go_well(path: Path) -> None:
    store = SharedBreakers(path)
    breaker = CircuitBreaker(name="shop", store=store)
    reader = sqlite3.connect(path)
    before = reader.execute("PRAGMA data_version").fetchone()
    for _ in range(3):
        breaker.call(str)
    assert reader.execute("PRAGMA data_version").fetchone() == before
    reader.close()
    store.close()
