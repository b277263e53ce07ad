"""What testhunch needs for its flaky list; run by `history_peers` with an interpreter that has it."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from testhunch.models import CaseResult, RunInput, Status
from testhunch.store import open_store


def main() -> None:
    runs = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/history.db")
        store.migrate()
        for number, (code, results) in enumerate(runs):
            cases = tuple(
                CaseResult(name, name, None, None, Status.FAILED if status else Status.PASSED, took // 1000, None)
                for name, status, took in results
            )
            store.ingest(RunInput(repo="shop", commit_sha=code, report_digest=str(number), results=cases))
        took = []
        for _ in range(4):
            began = time.perf_counter()
            store.flaky_tests("shop", 10_000)
            took.append(time.perf_counter() - began)
    print(json.dumps({"flaky list": statistics.median(took[1:]) * 1e3}))


if __name__ == "__main__":
    main()
