"""Run some journeys once more, on the redesigned shop, and check that what makes sense was healed and nothing else was.

``make demo`` calls this after the main run, which has learnt what the elements are like. Exit status 0 means: two journeys passed on
healed locators, one on each engine; one stopped at a box that is gone; one stopped before an order that nobody may place by mistake;
one failed at an expectation, which is never healed; and the patch was shown.
"""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from maestro_fabric.aggregator import open_history
from maestro_fabric.aggregator.heals import heal_rows

SHOP = Path(__file__).resolve().parent
LEARNT = SHOP / ".maestro" / "history.db"
STORE = SHOP / ".maestro" / "redesign.db"


class Expected(NamedTuple):
    """What must become of a case: its status, whether it is marked healed, and why."""

    status: str
    is_healed: bool
    why: str


CASES = {
    "buy::a wrong password is refused": Expected("passed", True, "its button is called something else now"),
    "second_engine::emptying the basket asks first": Expected("passed", True, "three buttons are, on Selenium"),
    "buy::a present is wrapped": Expected("error", False, "the box is gone"),
    "buy::buy one item[tea-express]": Expected("error", False, "the last button places an order: proposed, not pressed"),
    "buy::emptying the basket asks first": Expected("failed", False, "what is expected is never looked for anywhere else"),
}
GONE, DESTRUCTIVE = "buy::a present is wrapped", "buy::buy one item[tea-express]"


def main(lacking: Sequence[str] = ()) -> int:
    """Run them; 0 when all went as announced.

    Args:
        lacking: Suites whose program this machine lacks.
    """
    if not LEARNT.exists():
        print("\nThe redesign did not go as it should: demo.py runs before it, and learns what the elements are like.")
        return 1
    _copy_history()
    environ = _environ() | {"SHOP_UI": "v2", "SHOP_WITHIN": "700ms"}
    chosen = [name for name in CASES if name.partition("::")[0] not in lacking]
    command = ["run", str(SHOP / "qa.yaml"), "--healing", "heal", "--workers", "2", "--store", str(STORE)]
    print("\n$ SHOP_UI=v2 maestro run examples/shop/qa.yaml -k …   # the shop has a new face", flush=True)
    finished = _maestro([*command, *(part for name in chosen for part in ("-k", name))], environ)
    print("\n".join(_closing_lines(finished.stdout)), flush=True)
    print("\n$ maestro heal apply   # only the diff; --yes writes it", flush=True)
    patch = _maestro(["heal", "apply", "--store", str(STORE)], environ)
    print(patch.stdout)
    problems = list(_problems(chosen, patch.stdout))
    if problems:
        print("The redesign did not go as it should:", *problems, finished.stderr, sep="\n  ")
        return 1
    print("The shop was redesigned, and exactly what should happen happened:")
    print(*(f"  {CASES[name].status:<7} {name}: {CASES[name].why}" for name in chosen), sep="\n")
    return 0


def _copy_history() -> None:
    # A copy: what is tried on the new pages is no part of the shop's own history.
    STORE.unlink(missing_ok=True)
    with closing(sqlite3.connect(LEARNT)) as source, closing(sqlite3.connect(STORE)) as target:
        source.backup(target)


def _maestro(arguments: Sequence[str], environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "maestro_fabric", *arguments]
    return subprocess.run(command, env=environ, cwd=SHOP, capture_output=True, text=True, check=False)  # noqa: S603 - our own command


def _closing_lines(text: str) -> list[str]:
    lines = text.splitlines()
    start = next((number for number, line in enumerate(lines) if line.startswith(("healed:", "lost elements"))), max(0, len(lines) - 20))
    return lines[start:]


def _problems(chosen: Sequence[str], patch: str) -> Iterator[str]:
    """A line for everything that is not as announced."""
    with open_history(STORE) as history:
        run = history.runs(1)[0].run_id
        seen = {row.title: (row.status, "healed" in row.marks) for row in history.results(run)}
    for name in chosen:
        expected = CASES[name]
        if seen.get(name) != (expected.status, expected.is_healed):
            yield f"{name} should have been {expected.status}, and was {seen.get(name, ('not run', False))}"
    heals = heal_rows(STORE, where="run.run_id = ?", values=(run,))
    answers = {(str(row.case), row.old): row.action for row in heals}
    if answers.get((GONE, '{"css":"#gift"}')) != "abstain":
        yield "nothing should have been found for the box that is gone"
    if answers.get((DESTRUCTIVE, '{"role":"button","name":"Place order"}')) != "propose":
        yield "the button that places an order should have been proposed"
    if '-      - click: "#login"' not in patch or "+      - click: {role: button, name: Sign in}" not in patch:
        yield "the patch should have changed the button of the log-in"


def _environ() -> dict[str, str]:
    # The shop is started with the `python` of this virtual environment, whether it is activated or not.
    return os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}


if __name__ == "__main__":
    raise SystemExit(main())
