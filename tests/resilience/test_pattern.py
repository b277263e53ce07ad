"""What every pattern does with the functions it guards: kinds of functions, names, methods, switching off."""

from __future__ import annotations

import functools
import inspect
import pickle
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from maestro_fabric.resilience import (
    CircuitBreaker,
    CircuitBreakerOpenError,
    Policy,
    bulkhead,
    deadline,
    disabled,
    fallback,
    rate_limit,
    retry,
    timeout,
)
from maestro_fabric.resilience.flow import CALL, Flow
from maestro_fabric.resilience.pattern import Guard, Pattern
from maestro_fabric.testing import FakeClock

EVERY_PATTERN = [
    CircuitBreaker(),
    retry(),
    timeout(5),
    bulkhead(9),
    fallback("spare"),
    rate_limit(1e9),
    Policy(retry(), CircuitBreaker()),
    CircuitBreaker(slow_call_s=1, slow_rate=1),
]
every_pattern = pytest.mark.parametrize("pattern", EVERY_PATTERN, ids=lambda pattern: pattern.kind)


@retry()
def at_module_level(number: int, *, word: str = "x") -> str:
    """Its docstring."""
    return word * number


@every_pattern
def test_a_function_keeps_its_name_signature_and_result(pattern: Pattern) -> None:
    def repeat(number: int, *, word: str = "x") -> str:
        """Its docstring."""
        return word * number

    guarded = pattern(repeat)
    assert guarded(2, word="ab") == "abab" == pattern.call(repeat, 2, word="ab")
    assert (guarded.__name__, guarded.__doc__, inspect.signature(guarded)) == ("repeat", "Its docstring.", inspect.signature(repeat))


@every_pattern
@pytest.mark.asyncio
async def test_a_coroutine_function_stays_one(pattern: Pattern) -> None:
    async def repeat(number: int, *, word: str = "x") -> str:
        return word * number

    class Repeat:
        async def __call__(self, number: int) -> str:
            return "x" * number

    guarded = pattern(repeat)
    assert inspect.iscoroutinefunction(guarded)
    assert await guarded(2, word="ab") == "abab"
    assert await pattern.call(functools.partial(repeat, word="y"), 3) == "yyy"
    assert await pattern.call(Repeat(), 2) == "xx"


@every_pattern
def test_methods_of_all_kinds_can_be_guarded(pattern: Pattern) -> None:
    class Shop:
        name = "shop"

        @pattern
        def own(self, word: str) -> str:
            return self.name + word

        @classmethod
        @pattern
        def of_class(cls) -> str:
            return cls.name

        @staticmethod
        @pattern
        def plain(word: str) -> str:
            return word

    assert [Shop().own("!"), Shop.of_class(), Shop.plain("?")] == ["shop!", "shop", "?"]


def test_a_method_shares_its_state_with_all_instances_unless_each_guards_its_own() -> None:
    class Shop:
        def __init__(self) -> None:
            self.own = CircuitBreaker(1)(self.down)

        @CircuitBreaker(1)
        def shared(self) -> None:
            raise ConnectionError

        def down(self) -> None:
            raise ConnectionError

    first, second = Shop(), Shop()
    for call in (first.own, second.own, first.shared):
        with pytest.raises(ConnectionError):
            call()
    with pytest.raises(CircuitBreakerOpenError):
        second.shared()


@every_pattern
def test_generators_are_refused_with_what_to_do(pattern: Pattern) -> None:
    def items() -> Iterator[int]:
        yield 1

    async def async_items() -> AsyncIterator[int]:
        yield 1

    for generator in (items, async_items):
        with pytest.raises(TypeError, match=r"a generator: its body runs after the call.*guard the function that gets one item"):
            pattern(generator)


@pytest.mark.parametrize("kind", [staticmethod, classmethod, property])
def test_a_decorator_below_that_must_be_above_is_refused(kind: type) -> None:
    with pytest.raises(TypeError, match=f"write @{kind.__name__} above it"):
        retry()(kind(print))


@pytest.mark.parametrize("pattern", [retry, timeout, CircuitBreaker, bulkhead, rate_limit, deadline])
def test_a_decorator_without_its_parentheses_says_how_it_is_written(pattern: Callable[[object], object]) -> None:
    with pytest.raises(TypeError, match=rf"must be a number, not <function .*: as a decorator it is written @{pattern.__name__}\("):
        pattern(lambda: "never")


def test_what_is_no_function_is_refused() -> None:
    with pytest.raises(TypeError, match="guards functions, not 3"):
        retry()(3)  # type: ignore[arg-type]


def test_a_guarded_function_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(at_module_level))(2, word="z") == "zz"  # noqa: S301 - our own


@pytest.mark.asyncio
async def test_disabled_switches_every_pattern_off_and_on_again() -> None:
    clock, calls = FakeClock(), list[int]()
    breaker = CircuitBreaker(1)
    guarded = Policy(fallback("spare"), retry(3, clock=clock), breaker, bulkhead(1), timeout(1))(down := _counting(calls))

    async def works() -> str:
        return "works"

    with disabled():
        with disabled(), pytest.raises(ConnectionError):
            guarded()
        with pytest.raises(ConnectionError), breaker:
            down()
        async with breaker, timeout(1):
            assert await breaker.call(works) == "works"
        with timeout(1):
            pass
    assert (calls, clock.slept, breaker.state.value) == ([1, 2], [], "closed")
    assert guarded() == "spare"
    assert len(calls) == 3


def _counting(calls: list[int]):  # type: ignore[no-untyped-def]
    def down() -> None:
        calls.append(len(calls) + 1)
        raise ConnectionError

    return down


class Swallow(Guard):
    """A pattern of a stranger."""

    kind = "swallow"

    def flow(self, ticket: object = None) -> Flow:
        try:
            return (yield CALL)
        except OSError:
            return "swallowed"
        except ValueError as error:
            raise RuntimeError("another one") from error


@pytest.mark.asyncio
async def test_a_stranger_can_write_a_pattern() -> None:
    async def raising(error: BaseException) -> None:
        raise error

    def raise_(error: BaseException) -> None:
        raise error

    assert Swallow().call(raise_, OSError()) == "swallowed" == await Swallow().call(raising, OSError())
    for error in (RuntimeError, KeyError):
        with pytest.raises(error):
            Swallow().call(raise_, {RuntimeError: ValueError, KeyError: KeyError}[error]())
    with pytest.raises(RuntimeError, match="another one"), Swallow():
        raise ValueError
    with pytest.raises(OSError, match="mine"):  # a block has no result that could stand in
        async with Swallow():
            raise OSError("mine")


def test_a_pattern_without_a_flow_is_none() -> None:
    with pytest.raises(TypeError, match=r"abstract method .?flow"):
        Pattern()  # type: ignore[abstract]
    assert Swallow().describe() == ""


def test_importing_it_is_cheap() -> None:
    # What is there before is not ours: coverage, when it measures child processes too.
    script = "import sys; before = set(sys.modules); import maestro_fabric.resilience; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    heavy = {"pydantic", "pluggy", "yaml", "asyncio", "sqlite3", "random", "email", "opentelemetry", "pytest", "logging", "concurrent"}
    assert heavy.isdisjoint(name.split(".")[0] for name in done.stdout.split())
