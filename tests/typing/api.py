"""How the public names are used, for mypy to check; nothing here is ever run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, assert_type

import maestro_fabric
from maestro_fabric import compose
from maestro_fabric.aggregator import (
    AttemptRow,
    History,
    ResultRow,
    ResultStatus,
    Rows,
    RunRow,
    StoreWriter,
    TestResultAggregator,
    open_history,
)
from maestro_fabric.config.models import SuiteConfig
from maestro_fabric.engine import RunResult
from maestro_fabric.events import CaseFinished, Event
from maestro_fabric.healing import Decision, Fingerprint, Settings, decide, similarity
from maestro_fabric.hookspecs import hookimpl
from maestro_fabric.model import Case, CaseId, Mark, Outcome, Status
from maestro_fabric.ports import ADAPTER_API, Adapter, Clock, Context, Deadline, Emit, Session, Sink
from maestro_fabric.qa_file import Loaded
from maestro_fabric.resilience import CircuitBreaker, OnEvent, Policy, ResilienceEvent, State, bulkhead, fallback, retry, timeout
from maestro_fabric.resilience.shared import SharedBreakers, SharedPlaces
from maestro_fabric.resilience.telemetry import OpenTelemetryListener
from maestro_fabric.testing import FakeAdapter, FakeClock, RecordingSink, make_context


def a_script_runs_a_file() -> bool:
    result = maestro_fabric.run("qa.yaml", environment="staging", select=lambda case: "smoke" in case.tags, maxfail=1)
    assert_type(result, RunResult)
    assert_type(result.cases[0].status, Status)
    assert_type(result.cases[0].marks, frozenset[Mark])
    return result.exit_status == 0


def a_script_reads_a_config() -> str:
    loaded = maestro_fabric.load_config("qa.yaml")
    assert_type(loaded, Loaded)
    return loaded.config.project


def a_notebook_reads_the_history() -> None:
    with open_history(Path("history.db")) as history:
        assert_type(history, History)
        assert_type(history.runs(5), Rows[RunRow])
        assert_type(history.results("0190"), Rows[ResultRow])
        assert_type(history.case_history("buy one item", limit=10), Rows[AttemptRow])


def a_script_stores_results_of_its_own() -> None:
    aggregator = TestResultAggregator(db_path="history.db")
    aggregator.store_result("login", "nightly", "web", ResultStatus.PASSED, 0.5, {"browser": "chromium"})
    assert_type(aggregator.get_results_by_category("web"), list[dict[str, Any]])
    assert_type(aggregator.get_summary(orchestration_id="nightly"), dict[str, int | float])


class Printer:
    """A sink of a stranger."""

    def receive(self, event: Event) -> None:
        if isinstance(event, CaseFinished):
            print(event.case.id, event.status)

    def close(self) -> None:
        print("done")


class GrpcSuite(SuiteConfig):
    """The suites of a stranger's adapter."""

    adapter: Literal["grpc"]
    calls: list[str]


class GrpcSession:
    """A session of a stranger's adapter."""

    def run(self, case: Case, emit: Emit, deadline: Deadline) -> Outcome:
        deadline.check(f"case {case.id.title!r}")
        return Outcome(status=Status.PASSED)

    def close(self) -> None:
        print("closed")


class GrpcAdapter:
    """An adapter of a stranger."""

    name = "grpc"
    api = ADAPTER_API
    suite_model: type[SuiteConfig] = GrpcSuite

    def check(self, suite: SuiteConfig, context: Context) -> Sequence[str]:
        return ()

    def discover(self, suite: SuiteConfig, context: Context) -> Sequence[Case]:
        return [Case(id=CaseId(context.config.project, suite.name, "call"))]

    def open(self, suite: SuiteConfig, context: Context) -> Session:
        return GrpcSession()


@hookimpl
def maestro_adapters() -> Sequence[Adapter]:
    return [GrpcAdapter()]


def sinks_fit_their_port(path: Path, clock: Clock) -> Mapping[str, Sink]:
    return {"printer": Printer(), "store": StoreWriter(path, clock=clock), "fake": RecordingSink()}


def fakes_fit_their_ports() -> tuple[Clock, Adapter]:
    context = make_context()
    assert_type(context, Context)
    return FakeClock(), FakeAdapter()


@Policy(retry(3), CircuitBreaker(failure_threshold=5, timeout=60, expected_exception=Exception), timeout(seconds=5.0))
def guarded(item: str, *, times: int = 1) -> list[str]:
    return [item] * times


@fallback("nothing")
@bulkhead(2)
async def guarded_coroutine(item: str) -> str:
    return item


async def guarded_functions_keep_their_types(path: Path) -> None:
    assert_type(guarded("tea", times=2), list[str])
    assert_type(await guarded_coroutine("tea"), str)
    assert_type(await retry().call(guarded_coroutine, "tea"), str)
    assert_type(retry().call(guarded, "tea"), list[str])
    breaker = CircuitBreaker(name="shop", store=SharedBreakers(path), on_event=OpenTelemetryListener())
    assert_type(breaker.state, State)
    async with breaker.by("case a"), bulkhead(places=SharedPlaces(path, "shop", limit=2)), timeout(5):
        pass


def listeners_fit_their_port() -> OnEvent:
    def take(event: ResilienceEvent) -> None:
        print(event)

    return take


def a_run_is_put_together_by_hand() -> RunResult:
    prepared = compose.prepare("qa.yaml", variables={"currency": "USD"})
    assert_type(prepared, compose.Prepared)
    return compose.run(prepared, sinks=[Printer(), compose.open_store("history.db")])


def finds_lost_elements(recorded: Mapping[str, Any], page: Sequence[Mapping[str, Any]]) -> None:
    old = Fingerprint.from_mapping(recorded)
    decision = decide(old, [Fingerprint.from_mapping(one) for one in page], others=(), settings=Settings(heal_at=0.9))
    assert_type(decision, Decision)
    assert_type(decision.action, Literal["heal", "propose", "abstain"])
    assert_type(decision.index, int | None)
    assert_type(decision.ranking[0].by_feature, Mapping[str, float])
    assert_type(similarity(old, old), float)
