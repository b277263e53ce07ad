"""Make a history like the example shop's after sixty days of two runs a day: ``python make_history.py history.db``.

The demo's own history is an hour old, and what a history is for shows after weeks. In this one a case is flaky, one broke with a
commit, one became slower with another, and on one day the shop was down.
"""

import random
import sys
import time
from pathlib import Path

from maestro_fabric.aggregator import StoreWriter
from maestro_fabric.events import AttemptFinished, CaseFinished, RunFinished, RunStarted
from maestro_fabric.model import Attempt, Case, CaseId, Fault, Mark, Outcome, RunInfo, Status
from maestro_fabric.run_ids import new_run_id
from maestro_fabric.testing import FakeClock

DAYS, RUNS_A_DAY = 60, 2
RUNS = DAYS * RUNS_A_DAY
FLAKY, BROKEN, SLOWER = "buy::pay with a saved card", "unit::test_pricing.test_vat_is_rounded_once", "browse::search finds products"
BROKE_AT, SLOWER_AT, DOWN_AT = RUNS - 8, RUNS - 10, 31
USUAL_S = {
    "browse": {
        "search finds products": 0.8,
        "the deal of the day": 0.5,
        "wishes are sorted": 0.9,
        "a slow page is waited for": 1.9,
        "reviews have stars": 0.6,
        "a category has pages": 0.7,
    },
    "buy": {
        "buy one item": 1.4,
        "pay with a saved card": 1.1,
        "a wrong postcode is named": 0.7,
        "delivery is free from 30 EUR": 1.0,
        "a voucher counts once": 0.9,
        "an order can be cancelled": 1.2,
    },
    "unit": {
        "test_pricing.test_vat_is_rounded_once": 0.02,
        "test_pricing.test_vouchers_never_cost": 0.02,
        "test_store.test_stock_never_goes_below_zero": 0.04,
        "test_api.test_health": 0.01,
    },
}
REFUSED = Fault(type="ConnectionError", message="http://127.0.0.1:8000/ refused the connection")
TOO_LATE = Fault(type="ExpectationFailed", message="step 4: expect text 'Paid' on the page: not there after 5 s")
ROUNDED = Fault(type="AssertionError", message="assert Decimal('4.36') == Decimal('4.35')", location="tests/test_pricing.py:41")


def main() -> None:
    """Write the history; what is there already is not touched."""
    path = Path(*sys.argv[1:2] or ["history.db"])
    if path.exists():
        sys.exit(f"{path} is there already: give another name, or remove it")
    make_history(path)
    print(f"{path}: {RUNS} runs")


def make_history(path: Path) -> None:
    """Write all runs, the last of which is an hour old."""
    chance = random.Random(7)  # noqa: S311 - data, no secret
    clock = FakeClock(time.time() - DAYS * 86_400)
    writer = StoreWriter(path, clock=clock, is_ticking=False)
    for number in range(RUNS):
        _record(writer, clock, number, chance)
        clock.advance(86_400 / RUNS_A_DAY - 60)
    writer.close()


def _record(writer: StoreWriter, clock: FakeClock, number: int, chance: random.Random) -> None:
    # A commit is tested twice: on a pull request and again on main.
    facts = {"git_commit": f"{number // 2 + 0xA11CE5:07x}{number // 2:033x}", "git_branch": "main", "git_dirty": "false", "ci_job": "e2e"}
    run_id = new_run_id()
    writer.receive(RunStarted(RunInfo(run_id=run_id, started_at=clock.now(), orchestration_id=f"nightly {number}", facts=facts)))
    is_good = True
    for suite, cases in USUAL_S.items():
        for name, usual_s in cases.items():
            case = Case(id=CaseId("shop", suite, name, ""))
            is_good &= _record_case(writer, clock, case, number, usual_s * chance.lognormvariate(0, 0.12), chance)
    writer.receive(RunFinished(run_id, "passed" if is_good else "failed", clock.now()))


def _record_case(writer: StoreWriter, clock: FakeClock, case: Case, number: int, lasts_s: float, chance: random.Random) -> bool:
    title = f"{case.id.suite}::{case.id.name}"
    if title == SLOWER and number >= SLOWER_AT:
        lasts_s *= 1.6
    if title == FLAKY and chance.random() < 0.15:
        _tell(writer, clock, case, 1, Outcome(status=Status.FAILED, fault=TOO_LATE), lasts_s + 5, is_last=False)
        _tell(writer, clock, case, 2, Outcome(status=Status.PASSED), lasts_s, marks=frozenset({Mark.FLAKY}))
        return True
    fault = REFUSED if number == DOWN_AT and case.id.suite != "unit" else ROUNDED if title == BROKEN and number >= BROKE_AT else None
    status = Status.PASSED if fault is None else Status.ERROR if fault is REFUSED else Status.FAILED
    _tell(writer, clock, case, 1, Outcome(status=status, fault=fault), lasts_s)
    return fault is None


def _tell(
    writer: StoreWriter,
    clock: FakeClock,
    case: Case,
    number: int,
    outcome: Outcome,
    lasts_s: float,
    *,
    is_last: bool = True,
    marks: frozenset[Mark] = frozenset(),
) -> None:
    began = clock.now()
    clock.advance(lasts_s)
    writer.receive(AttemptFinished(case, Attempt(number=number, outcome=outcome, started_at=began, duration_s=lasts_s), is_last))
    if is_last:
        writer.receive(CaseFinished(case, outcome.status, marks, clock.now(), clock.now() - began))


if __name__ == "__main__":
    main()
