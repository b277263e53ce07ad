"""What storing 100,000 plain results costs: CPU and bytes each, and how long the two common questions take.

Run with ``python benchmarks/store.py``; ``--runs 1000`` makes the store of a million results that the answers are timed on.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from maestro_fabric.aggregator import StoreWriter, open_history
from maestro_fabric.events import RunFinished, RunStarted
from maestro_fabric.model import RunInfo, Status
from maestro_fabric.run_ids import new_run_id
from maestro_fabric.system.clock import SystemClock

CASES = 1_000
ASKED = 21
MAX_CPU_US = 30.0
MAX_BYTES = 60.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100, help="runs of 1,000 cases each")
    parser.add_argument("--times", type=int, default=7, help="how often the whole is measured; the median is shown")
    options = parser.parse_args()
    measured = [measure(options.runs) for _ in range(options.times)]
    cpu_us, bytes_each, summary_ms, history_ms = (statistics.median(column) for column in zip(*measured, strict=True))
    is_met = cpu_us <= MAX_CPU_US and bytes_each <= MAX_BYTES
    print(
        f"| storing {options.runs * CASES:,} results | ≤ {MAX_CPU_US:g} µs CPU and ≤ {MAX_BYTES:g} B each "
        f"| {cpu_us:.1f} µs, {bytes_each:.1f} B | {'met' if is_met else 'missed'} |"
    )
    print(f"| in that store: a run's summary; a case's last 100 | ≤ 5 ms; ≤ 1 ms | {summary_ms:.2f} ms; {history_ms:.2f} ms |")
    sys.exit(not is_met)


def measure(runs: int) -> tuple[float, float, float, float]:
    """CPU µs and bytes a result, ms for a summary, ms for a case's last 100."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.db"
        cpu_s = fill(path, runs)
        count = runs * CASES
        with open_history(path) as history:
            newest = history.runs(1)[0].run_id
            summary_s = median_seconds(lambda: history.run(newest))
            case = f"test_it_{CASES // 2:04}"
            history_s = median_seconds(lambda: history.case_history(f"unit::tests.test_module_{CASES // 2 % 40:02}.{case}", 100))
        size = path.stat().st_size
    return cpu_s / count * 1e6, size / count, summary_s * 1e3, history_s * 1e3


def fill(path: Path, runs: int) -> float:
    """Seconds of CPU, the ticker's and the openings' included, for so many runs of the same cases."""
    clock = SystemClock()
    began = time.process_time()
    for _ in range(runs):
        writer = StoreWriter(path, clock=clock)
        run_id = new_run_id()
        writer.receive(RunStarted(RunInfo(run_id=run_id, started_at=clock.now())))
        for number in range(CASES):
            name = f"tests.test_module_{number % 40:02}.test_it_{number:04}"
            status = Status.FAILED if number % 50 == 0 else Status.PASSED
            writer.add_plain(suite="unit", name=name, params="", status=status, started_at=clock.now(), duration_s=0.001 + number * 3e-6)
        writer.receive(RunFinished(run_id, "failed", clock.now()))
        writer.close()
    return time.process_time() - began


def median_seconds(question: object) -> float:
    assert callable(question)
    times = []
    for _ in range(ASKED):
        began = time.perf_counter()
        question()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


if __name__ == "__main__":
    main()
