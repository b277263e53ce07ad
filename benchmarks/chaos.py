"""One seeded outage of the example shop under ``-n 2``: plain pytest, pytest-rerunfailures, and a policy of ours.

The shop is started afresh for each run. From its 80th request on it dies slowly, by a seed: it answers with 503 or late, breaks connections
off, refuses them, or hangs. Then its process ends, nothing listens on its port, and at last it is back. The tests are the same Python file
for all, and note each request that they send; some of them find a real bug.

A verdict is wrong when a test of what works is called failed, or a test of what does not work passes. ``error`` and ``blocked`` are no
verdicts: they say that nothing was found out.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from paired import Claim, Options, publish

SHOP = Path(__file__).parent.parent / "examples" / "shop"
OUTAGE = "seed=7 after={after} errors=0.5 drops=0.25 refuses=0.15 slow=0.1 latency=700ms hangs=0.03 dies={dies}s revives={gone}s"
TESTS = """
import os, time
import httpx, pytest

URL, SENT = os.environ["SHOP_URL"], os.environ["SENT"]

@pytest.fixture
def shop():
    with httpx.Client(base_url=URL, timeout=1.0) as client:
        yield client

def read(shop, path):
    try:
        answer = shop.get(path)
    finally:
        with open(SENT, "a") as sent:
            print(time.time(), file=sent)
    answer.raise_for_status()
    return answer

@pytest.mark.parametrize("n", range({good}))
def test_works(shop, n):
    assert "tea" in read(shop, "/products/tea").text.lower()
    time.sleep({think_s})

@pytest.mark.parametrize("n", range({bad}))
def test_bug(shop, n):
    assert "Gold" in read(shop, "/products/tea").text
"""
CONFIG = """
version: 1
project: chaos
policies:
  staging:
    retry: {{times: 1, on: [error], backoff: {{kind: constant, first: 100ms}}}}
    breaker: {{dependency: "{host}", failures: 2, window: 10s, open_for: 60s}}
suites:
  - {{name: shop, adapter: pytest, paths: [tests], policy: staging}}
"""
ALONE = ("-q", "-n", "2", "-p", "no:randomly", "-p", "no:cacheprovider")


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is to run, and how long the shop is away."""

    good: int = 150
    bad: int = 6
    think_s: float = 0.05
    after: int = 80
    dies_s: float = 10.0
    gone_s: float = 5.0

    @property
    def lasts_s(self) -> float:
        """The whole outage."""
        return self.dies_s + self.gone_s


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of one run."""

    wall_s: float
    requests: int
    wrong: int
    unjudged: int


def run_arm(name: str, folder: Path, size: Size, *, has_outage: bool) -> Seen:
    """Run the tests once.

    Args:
        name: ``plain``, ``reruns`` or ``ours``.
        folder: An empty folder.
        size: How much there is to run.
        has_outage: Whether the shop goes down in between.
    """
    log, sent = folder / "requests.log", folder / "sent.log"
    chaos = OUTAGE.format(after=size.after, dies=size.dies_s, gone=size.gone_s) if has_outage else ""
    with _shop(chaos, log) as url:
        host = url.removeprefix("http://")
        tests = folder / "tests"
        tests.mkdir(parents=True)
        (tests / "test_shop.py").write_text(TESTS.format(good=size.good, bad=size.bad, think_s=size.think_s), encoding="utf-8")
        (folder / "qa.yaml").write_text(CONFIG.format(host=host), encoding="utf-8")
        extra = {"plain": ["tests"], "reruns": ["tests", "--reruns", "5"], "ours": ["--maestro-config=qa.yaml"]}[name]
        began = time.monotonic()
        command = [sys.executable, "-m", "pytest", *ALONE, "--junitxml=junit.xml", *extra]
        environ = {**os.environ, "SHOP_URL": url, "SENT": str(sent)}
        finished = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
        wall_s = time.monotonic() - began
    if finished.returncode not in (0, 1):
        raise SystemExit(f"{name} did not run:\n{finished.stdout}\n{finished.stderr}")
    requests = _during_outage(log, sent, size.after, size.lasts_s) if has_outage else 0
    wrong, unjudged = _ours(folder) if name == "ours" else _junit(folder / "junit.xml")
    return Seen(wall_s=wall_s, requests=requests, wrong=wrong, unjudged=unjudged)


def measure(size: Size, rounds: int) -> dict[str, list[Seen]]:
    """All arms in each round, by name; ``healthy`` is ours without an outage."""
    arms = (("healthy", "ours", False), ("plain", "plain", True), ("reruns", "reruns", True), ("ours", "ours", True))
    seen: dict[str, list[Seen]] = {label: [] for label, _, _ in arms}
    for _ in range(rounds):
        for label, name, has_outage in arms:
            with tempfile.TemporaryDirectory() as folder:
                seen[label].append(run_arm(name, Path(folder), size, has_outage=has_outage))
    return seen


def main() -> int:
    """Print the table of docs/resilience/outage.md, then the claims."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one small round: shows that it works")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each arm (default %(default)s)")
    options = parser.parse_args()
    quick, rounds = options.quick, 1 if options.quick else options.rounds
    size = Size(good=60, bad=2, after=40, dies_s=2.0, gone_s=1.0) if quick else Size()
    seen = measure(size, rounds)
    print(table(seen))
    healthy, ours, reruns = (seen[label] for label in ("healthy", "ours", "reruns"))
    where = f"{size.good + size.bad} tests, -n 2, {size.lasts_s:g} s of outage"
    wall = statistics.median(mine.wall_s / well.wall_s for mine, well in zip(ours, healthy, strict=True))
    share = statistics.median(mine.requests / max(1, theirs.requests) for mine, theirs in zip(ours, reruns, strict=True))
    claims = [
        Claim(name="Outage: wall against the healthy run", measured=wall, unit="×", bound=None if quick else 1.2, detail=where),
        Claim(
            name="Outage: requests to the dying service, against --reruns 5",
            measured=share * 100,
            unit="%",
            bound=None if quick else 5.0,
            detail=f"{_median(ours, 'requests'):g} and {_median(reruns, 'requests'):g}",
        ),
        Claim(name="Outage: wrong verdicts", measured=float(max(each.wrong for each in ours)), unit="", bound=0.0, detail=where),
    ]
    return publish(claims, Options(rounds=rounds, quick=quick))


def table(seen: dict[str, list[Seen]]) -> str:
    """The rows of docs/resilience/outage.md, medians."""
    names = {
        "healthy": "a policy of ours, no outage",
        "plain": "pytest",
        "reruns": "pytest --reruns 5",
        "ours": "a policy of ours",
    }
    rows = ["run | wall | requests in the outage | wrong verdicts | not judged", "---|---|---|---|---"]
    for label, name in names.items():
        each = seen[label]
        numbers = (f"{_median(each, 'requests'):g}", f"{_median(each, 'wrong'):g}", f"{_median(each, 'unjudged'):g}")
        rows.append(f"{name} | {_median(each, 'wall_s'):.1f} s | {' | '.join(numbers)}")
    return "\n".join(rows)


def _median(seen: Sequence[Seen], what: str) -> float:
    return statistics.median(getattr(each, what) for each in seen)


@contextmanager
def _shop(chaos: str, log: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {**os.environ, "SHOP_CHAOS": chaos, "SHOP_CHAOS_LOG": str(log)}
    command = [sys.executable, "-m", "shop", "--port", str(port)]
    process = subprocess.Popen(command, cwd=SHOP, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _wait_for(url: str) -> None:
    give_up = time.monotonic() + 30
    while time.monotonic() < give_up:
        try:
            urllib.request.urlopen(f"{url}/health", timeout=1).close()  # noqa: S310 - our own address
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            return
    raise SystemExit("the shop did not start")


def _during_outage(log: Path, sent: Path, after: int, lasts_s: float) -> int:
    """How many requests were sent to the shop while it was down: noted by the tests as they end, since nobody counts what is refused."""
    served = [line.split() for line in log.read_text(encoding="utf-8").splitlines()]
    began = next((float(at) for number, (at, _, path) in enumerate(served, 1) if number >= after and path != "-"), float("inf"))
    return sum(began <= float(at) <= began + lasts_s for at in sent.read_text(encoding="utf-8").split())


def _junit(path: Path) -> tuple[int, int]:
    # By name: pytest-rerunfailures writes one test case for each attempt, the last one last.
    failed = {}
    for case in ET.parse(path).getroot().iter("testcase"):  # noqa: S314 - what we have just written
        failed[str(case.get("name"))] = case.find("failure") is not None or case.find("error") is not None
    return sum(has_failed != name.startswith("test_bug") for name, has_failed in failed.items()), 0


def _ours(folder: Path) -> tuple[int, int]:
    from maestro_fabric.aggregator import open_history

    with open_history(folder / ".maestro" / "history.db") as history:
        results = history.results(history.runs(1)[0].run_id)
    wrong = sum(
        (result.status == "failed") != result.name.endswith("test_bug") for result in results if result.status in ("passed", "failed")
    )
    return wrong, sum(result.status in ("error", "blocked") for result in results)


if __name__ == "__main__":
    sys.exit(main())
