"""The tables of docs/healing.md: what the real tool did on each pair of releases, and what each method would have done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from compare import OUTCOMES, TWIN, Scores
from releases import Pair
from walk import KINDS

__all__ = ["Outcome", "answers", "tables", "write_tables"]

PAGE = Path(__file__).parents[2] / "docs" / "healing.md"
START = "<!-- the tables: written by benchmarks/release_pairs/run.py -->"
END = "<!-- end of the tables -->"


@dataclass(kw_only=True)
class Outcome:
    """What one engine did on one pair."""

    pair: Pair
    engine: str
    cases: int
    passed_without: int
    passed_with: int
    steps: Counter[str] = field(default_factory=Counter)
    traps: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def tables(told: Sequence[Outcome], scores: Scores, only_lost: Scores) -> list[str]:
    """All tables, as lines of Markdown.

    Args:
        told: What was done, by pair and engine.
        scores: What each method does about the learnt elements, by kind of change.
        only_lost: The same of those whose old locator is lost.
    """
    return [
        "What the tool did. Lost elements are counted, not journeys; a heal is right when it leads to what the labels call the same.",
        "",
        *_rows(("releases", "engine", "journeys", "pass without healing", "pass with", *OUTCOMES), map(_told, told)),
        "",
        "Traps, one of each kind a program, laid under a journey on the new release:",
        "",
        *_rows(("program", "engine", *KINDS[1:]), map(_laid, told)),
        "",
        "Every element that was learnt, on its new page as it is and with each trap, given to this matcher and to what a user would pick",
        "instead (Similo and Healenium's scoring, written anew from their descriptions):",
        "",
        *_rows(("what was done", "elements", "method", *OUTCOMES, TWIN), _scored({**scores, **only_lost})),
    ]


def answers(told: Sequence[Outcome]) -> list[str]:
    """Each answer of the tool, a line each."""
    return [f"{one.pair.program}, {one.engine}: {note}" for one in told for note in one.notes]


def write_tables(lines: Sequence[str]) -> None:
    """Put them between their marks in the page."""
    before, rest = PAGE.read_text(encoding="utf-8").split(START)
    after = rest.partition(END)[2]
    PAGE.write_text("\n".join([before + START, "", *lines, "", END + after]), encoding="utf-8")


def _told(one: Outcome) -> list[object]:
    releases = f"{one.pair.program} {one.pair.old.version} → {one.pair.new.version}"
    return [releases, one.engine, one.cases, one.passed_without, one.passed_with, *(one.steps[what] for what in OUTCOMES)]


def _laid(one: Outcome) -> list[object]:
    return [one.pair.program, one.engine, *(one.traps.get(kind, "") for kind in KINDS[1:])]


def _scored(scores: Scores) -> Iterator[list[object]]:
    for kind, counted in scores.items():
        for method, counts in counted.items():
            yield [kind, counts.total(), method, *(counts[what] for what in (*OUTCOMES, TWIN))]


def _rows(head: Sequence[str], rows: Iterator[list[object]]) -> list[str]:
    return [_row(head), "|" + "---|" * len(head), *map(_row, rows)]


def _row(cells: Sequence[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"
