"""Real redesigns: journeys written for one release of a program, run by the real tool on a later one, with and without healing.

Five pairs and more from PyPI and npm are installed beside this file, served on loopback, and judged by labels that people set by
hand (``pairs/*/labels.yaml``); the same elements, and traps made of them, are given to what a user would pick instead.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from compare import OUTCOMES, Scores, outcome, read_recording, score, score_by_kind, show_scores
from injector import trapped
from journeys import Journey, Trap, read_journeys, read_traps
from playwright.sync_api import Browser, Error, sync_playwright
from releases import PAIRS, Pair, read_pair, serve
from rivals import METHODS
from tables import Outcome, answers, tables, write_tables
from tool import Ran, browser_path, known_elements, prepare, run_tool
from walk import Lost, Seen, judge_trapped, lost_elements, walk_through

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from paired import Claim, Options, publish  # noqa: E402  the folder above

ENGINES = ("playwright", "selenium")


def main() -> int:
    """Run the pairs and print rows for the table; a whole run writes the long tables into docs/healing.md."""
    options = _options()
    engines = ENGINES[:1] if options.quick else options.engine or ENGINES
    pairs = [read_pair(name) for name in (("swagger_ui",) if options.quick else options.pair or PAIRS)]
    told: list[Outcome] = []
    cases: list[Lost] = []
    with _browser() as browser, tempfile.TemporaryDirectory() as work:
        for pair in pairs:
            for engine in engines:
                print(f"  {pair.program}, {engine}", file=sys.stderr, flush=True)
                try:
                    one, lost = run_pair(pair, engine, browser, Path(work), with_cases=engine == engines[0])
                except Error as exc:
                    # Half an hour of the others must not be lost with it; it is missing in the table, which is then not written.
                    print(f"  {pair.program}, {engine}: could not be judged: {exc.message}", file=sys.stderr, flush=True)
                    continue
                told.append(one)
                cases += lost
    scores = score_by_kind(cases)
    lines = tables(told, scores, {"as it is, old locator lost": score([one for one in cases if one.kind == "as it is" and one.is_lost])})
    if options.tables:
        _print_rows([*lines, "", *answers(told)])
    if len(told) == len(PAIRS) * len(ENGINES):
        write_tables(lines)
    for path in options.recordings:
        for kind, counted in score_by_kind(read_recording(path)).items():
            _print_rows(show_scores(f"{path.name}, {kind}", counted))
    return publish(claims(told, scores), Options(quick=options.quick, rounds=1))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one pair on one engine: shows that the benchmark works")
    parser.add_argument("--pair", action="append", choices=PAIRS, help="only this one; may be given again")
    parser.add_argument("--engine", action="append", choices=ENGINES, help="only this one; may be given again")
    parser.add_argument("--tables", action="store_true", help="print the tables of docs/healing.md as well, and what each answer was")
    parser.add_argument("--recordings", type=Path, nargs="*", default=[], help="recorded page changes to compare the methods on, too")
    return parser.parse_args()


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def run_pair(pair: Pair, engine: str, browser: Browser, work: Path, *, with_cases: bool) -> tuple[Outcome, list[Lost]]:
    """Learn on the old release, run on the new one without and with healing, judge by the labels, and lay traps.

    Raises:
        SystemExit: when a journey does not pass on the release that it is written for.
    """
    file = prepare(pair, engine, work / f"{pair.name}-{engine}")
    journeys = read_journeys(pair.folder)
    with serve(pair, "old") as url:
        first = run_tool(file, url, healing="heal", store="old")
    failed = [case for case, status in first.statuses.items() if status != "passed"]
    if failed:
        why = "\n".join(f"  {case}: {first.errors.get(case, '')}" for case in failed)
        raise SystemExit(f"{pair.program} {pair.old.version}, {engine}: did not pass on the release that it is written for\n{why}")
    learnt = file.parent / "old" / "history.db"
    # A fresh one each time, since journeys leave traces.
    with serve(pair, "new") as url:
        without = run_tool(file, url, healing="off", store="without")
    with serve(pair, "new") as url:
        with_healing = run_tool(file, url, healing="heal", store="healed", learnt=learnt)
    with serve(pair, "new") as url:
        seen = walk_through(browser, url, journeys, _healed(with_healing))
    told = _told(pair, engine, journeys, without, with_healing, seen)
    for trap in read_traps(pair.folder):
        with serve(pair, "new") as url:
            told.traps[trap.kind] = lay(url, file, learnt, browser, journeys, trap)
    if not with_cases:
        return told, []
    with serve(pair, "new") as url:
        return told, list(lost_elements(browser, url, journeys, known_elements(learnt, pair.project)))


def _healed(ran: Ran) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for heal in ran.heals:
        if heal.new:
            found.setdefault((heal.case.name, heal.step), set()).add(heal.new)
    return found


def _told(pair: Pair, engine: str, journeys: Sequence[Journey], without: Ran, ran: Ran, seen: Sequence[Seen]) -> Outcome:
    by_step = {(one.case, one.step): one for one in seen}
    told = Outcome(
        pair=pair,
        engine=engine,
        cases=len(journeys),
        passed_without=list(without.statuses.values()).count("passed"),
        passed_with=list(ran.statuses.values()).count("passed"),
    )
    for heal in ran.heals:
        one = by_step.get((heal.case.name, heal.step)) or next(each for each in seen if each.step == heal.step)
        what = outcome(heal.action, is_right=one.verdicts.get(heal.new, False), is_removed=one.is_removed)
        told.steps[what] += 1
        told.notes.append(f"{heal.case.name}, step {heal.step}: {what} ({heal.confidence:.0%}; {heal.reason})")
    answered = {heal.case.name for heal in ran.heals}
    told.notes += [f"{case}: no lost element, {error}" for case, error in ran.errors.items() if case not in answered]
    for journey in journeys:
        if journey.must_fail and ran.statuses[journey.name] == "passed":
            told.notes.append(f"{journey.name}: passed, and should not")
    return told


def lay(release: str, file: Path, learnt: Path, browser: Browser, journeys: Sequence[Journey], trap: Trap) -> str:
    """What the real tool does about one element of the new release that was changed on purpose."""
    journey = next(one for one in journeys if one.name == trap.case)
    with trapped(release, trap.told()) as url:
        ran = run_tool(file, url, healing="heal", store=trap.kind, learnt=learnt, only=trap.case)
        heal = next((heal for heal in ran.heals if heal.step == trap.step), None)
        if heal is None:
            return f"not lost ({ran.statuses[trap.case]})"
        if trap.kind == "removed":
            return outcome(heal.action, is_right=False, is_removed=True)
        is_right = bool(heal.new) and judge_trapped(browser, url, journey, trap, heal.new)
        return outcome(heal.action, is_right=is_right, is_removed=False)


def claims(told: Sequence[Outcome], scores: Scores) -> list[Claim]:
    """The rows of docs/benchmarks.md."""
    found = []
    for engine in dict.fromkeys(one.engine for one in told):
        mine = [one for one in told if one.engine == engine]
        steps = sum((one.steps for one in mine), Counter[str]())
        cases = sum(one.cases for one in mine)
        detail = ", ".join(f"{steps[what]} {what}" for what in OUTCOMES if steps[what])
        gone = sum(one.passed_without for one in mine), sum(one.passed_with for one in mine)
        where = f"{len(mine)} pairs of releases, {engine}"
        found.append(Claim(name=f"{where}: lost elements healed wrong", measured=steps["healed wrong"], unit="", bound=0, detail=detail))
        found.append(
            Claim(
                name=f"{where}: journeys that fail with healing, of {cases}",
                measured=cases - gone[1],
                unit="",
                detail=f"without healing {cases - gone[0]}",
            )
        )
        laid = Counter(what for one in mine for what in one.traps.values())
        detail = ", ".join(f"{count} {what}" for what, count in laid.most_common())
        found.append(Claim(name=f"{where}: traps healed wrong", measured=laid["healed wrong"], unit="", bound=0, detail=detail))
    for name in METHODS:
        every = sum((counted[name] for counted in scores.values()), Counter[str]())
        detail = f"healed right {every['healed right'] / every.total():.1%}, on an element that was removed {_false_heals(scores, name)}"
        share = 100 * every["healed wrong"] / every.total()
        found.append(Claim(name=f"the same elements and all traps, {name}: healed wrong", measured=share, unit="%", detail=detail))
    return found


def _false_heals(scores: Scores, name: str) -> str:
    removed = scores["removed"][name]
    return f"{removed['healed wrong']} of {removed.total()}"


def _print_rows(rows: Sequence[str]) -> None:
    for row in rows:
        print(f"  {row}")


if __name__ == "__main__":
    sys.exit(main())
