"""Run outage.yaml, in which the shop dies and comes back, and check that a few cases broke, many were blocked, and the rest went on.

``make demo`` calls this after the main run. Exit status 0 means that all of it happened as announced.
"""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from maestro_fabric.aggregator import open_history

SHOP = Path(__file__).resolve().parent
STORE = SHOP / ".maestro" / "outage.db"


def main() -> int:
    print("\n$ maestro run examples/shop/outage.yaml   # the shop dies on the way", flush=True)
    command = [sys.executable, "-m", "maestro_fabric", "run", str(SHOP / "outage.yaml")]
    finished = subprocess.run(command, env=_environ(), capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    print("\n".join(finished.stdout.splitlines()[-14:]))
    if not STORE.exists():
        print(f"\nThe outage did not go as it should: no run was recorded.\n{finished.stderr}")
        return 1
    with open_history(STORE) as history:
        results = history.results(history.runs(1)[0].run_id)
    morning = Counter(str(result.status) for result in results if result.suite == "morning")
    afternoon = Counter(str(result.status) for result in results if result.suite == "afternoon")
    problems = [
        # Two are evidence enough. On a slow machine the shop may be back so soon that a probe lets a case go on, or one more breaks.
        *([] if 2 <= morning["error"] <= 4 else [f"2 to 4 cases should have broken, not {morning['error']}"]),
        *([] if morning["blocked"] >= 5 else [f"5 cases or more should have been blocked, not {morning['blocked']}"]),
        *([] if afternoon == {"passed": 5} else [f"the afternoon should have passed, not {dict(afternoon)}"]),
        *([] if "closed again" in finished.stdout else ["the closing section should tell that the breaker closed again"]),
    ]
    if problems:
        print("\nThe outage did not go as it should:", *problems, sep="\n  ")
        return 1
    print(
        f"\nThe shop died: {morning['error']} cases broke, {morning['blocked']} were blocked at once; it came back: the breaker closed"
        " by a probe, and the afternoon's 5 cases passed."
    )
    return 0


def _environ() -> dict[str, str]:
    # The shop is started with the `python` of this virtual environment, whether it is activated or not.
    return os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}


if __name__ == "__main__":
    raise SystemExit(main())
