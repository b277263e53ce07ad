"""The report as Markdown, for a pull request or a chat."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from maestro_fabric.aggregator.report.charts import seconds_text
from maestro_fabric.aggregator.report.data import STATUSES, ReportData

__all__ = ["render_markdown", "sparkline"]

_MANY = 10
_BARS = "▁▂▃▄▅▆▇█"
_LEAST_SPAN = 0.1  # of the highest value, from bottom to top: 99.8 % and 99.9 % must not look like nothing and all


def render_markdown(data: ReportData, *, include_charts: bool = True) -> str:
    """The text; with charts, the last runs' pass rates and durations are lines of bars."""
    counts = ", ".join(f"{data.counts[name]} {name}" for name in (*STATUSES, "flaky", "healed", "quarantined") if data.counts[name])
    lines = [
        f"# {_plain(data.name)}: {'passed' if data.is_good else 'failed'}",
        "",
        (
            f"**{data.pass_rate:.1%}** passed of {data.total}: {counts or 'no case'}. Median {seconds_text(data.p50_s)}, "
            f"p95 {seconds_text(data.p95_s)}, all attempts {seconds_text(data.seconds)}."
        ),
    ]
    if include_charts and len(data.past) > 1:
        rates, p95 = sparkline([one.pass_rate for one in data.past]), sparkline([one.p95_s for one in data.past])
        lines += ["", f"Last {len(data.past)} runs: pass rate `{rates}`, p95 `{p95}`"]
    lines += _section("What did not pass, by cause", (_cluster(row.count, row.cause, row.titles) for row in data.clusters))
    flaky = ((row.title, row.state, f"{row.rate:.1%} ({row.low:.1%} to {row.high:.1%})", row.reason) for row in data.flaky)
    lines += _section("Flaky", _table(("case", "state", "fails", "evidence"), flaky))
    slower = (
        (row.title, seconds_text(row.median_s), f"×{row.ratio:.2f}", row.changed_commit[:12] or row.changed_run_id)
        for row in data.slow
        if row.is_slower
    )
    lines += _section("Slower", _table(("case", "median", "change", "since"), slower))
    levels = (
        (row.category, f"{seconds_text(row.before_s)} to {seconds_text(row.after_s)}", f"×{row.after_s / row.before_s:.2f}", row.since)
        for row in data.levels
    )
    lines += _section("Durations that changed", _table(("category", "median", "change", "since"), levels))
    lines += _section("Healed", _table(("case", "answer", "old", "new"), ((one.title, one.action, one.old, one.new) for one in data.heals)))
    return "\n".join([*lines, ""])


def sparkline(values: Sequence[float]) -> str:
    """A bar a value, from the lowest to the highest of them; bars of middle height when all are nearly the same."""
    lowest, highest = min(values, default=0), max(values, default=0)
    span = max(highest - lowest, _LEAST_SPAN * highest)
    if span <= 0:
        return _BARS[len(_BARS) // 2] * len(values)
    low = (lowest + highest - span) / 2
    return "".join(_BARS[int((value - low) / span * (len(_BARS) - 1) + 0.5)] for value in values)


def _section(title: str, lines: Iterable[str]) -> list[str]:
    content = list(lines)
    return ["", f"## {title}", "", *content] if content else []


def _cluster(count: int, cause: str, titles: Sequence[str]) -> str:
    more = f" and {len(titles) - _MANY} more" if len(titles) > _MANY else ""
    return f"- **{count}** × {_plain(cause)}: {', '.join(_plain(title) for title in titles[:_MANY])}{more}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    body = [f"| {' | '.join(_plain(cell) for cell in row)} |" for row in rows]
    return [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *body] if body else []


def _plain(text: str) -> str:
    """The text without a meaning in Markdown or HTML."""
    for sign in "\\`*_[]<>|#":
        text = text.replace(sign, f"\\{sign}" if sign not in "<>" else {"<": "&lt;", ">": "&gt;"}[sign])
    return " ".join(text.split())
