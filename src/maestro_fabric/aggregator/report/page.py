"""The report as one HTML page: no script, no request, light or dark as the reader's system is. What a test can name is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from maestro_fabric.aggregator.answers import ClusterRow, FlakyRow, LevelRow, SlowRow
from maestro_fabric.aggregator.report.charts import duration_chart, seconds_text, status_chart
from maestro_fabric.aggregator.report.data import STATUSES, Heal, ReportData
from maestro_fabric.aggregator.report.style import STYLE

__all__ = ["render_page"]

_MANY = 8  # of a cluster's cases are listed at once; the others unfold


def render_page(data: ReportData, *, include_charts: bool = True) -> str:
    """The page's whole text.

    Args:
        data: What to tell.
        include_charts: Whether the page has charts of the last runs.
    """
    verdict = "passed" if data.is_good else "failed"
    charts = f"{status_chart(data.past)}{duration_chart(data.past, data.levels)}" if include_charts and data.past else ""
    parts = [
        _head(data, verdict),
        _tiles(data),
        f'<section class="charts">{charts}</section>' if charts else "",
        _section("What did not pass, by cause", [_cluster(row) for row in data.clusters], "Everything passed."),
        _section(
            "Flaky", _table(("case", "state", "fails", "evidence", "fails together with, hints"), map(_flaky, data.flaky)), "No case is."
        ),
        _section("Slower, and slowest", _table(("case", "median", "before", "changed with"), map(_slow, data.slow)), "No case passed yet."),
        _section(
            "Durations that changed", _table(("category", "median before", "since", "changed with"), map(_level, data.levels)), "None did."
        ),
        _section("Healed", _table(("case", "answer", "step", "locators", "why"), map(_heal, data.heals)), "No locator was lost."),
    ]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(data.name)}: {verdict}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        f"<style>{STYLE}</style></head><body><main>{''.join(parts)}</main></body></html>\n"
    )


def _head(data: ReportData, verdict: str) -> str:
    newest = data.runs[-1]
    facts = (newest.git_branch, (newest.git_commit or "")[:12], newest.ci_job, newest.host, newest.python)
    when = f"{data.runs[0].started_at[:16].replace('T', ' ')} UTC"
    runs = f"{len(data.runs)} runs" if len(data.runs) > 1 else newest.run_id if newest.run_id != data.name else ""
    said = " · ".join(escape(fact) for fact in (when, runs, *facts) if fact)
    return f'<header><h1><span class="badge {verdict}">{verdict}</span> {escape(data.name)}</h1><p>{said}</p></header>'


def _tiles(data: ReportData) -> str:
    """The figures that are looked at first."""
    counts = [(status, str(data.counts[status]), status) for status in STATUSES if data.counts[status]]
    marks = [(mark, str(data.counts[mark]), "mark") for mark in ("flaky", "healed", "degraded", "quarantined") if data.counts[mark]]
    figures = [
        ("pass rate", f"{data.pass_rate:.1%}", "passed" if data.is_good else "failed"),
        *counts,
        *marks,
        ("median", seconds_text(data.p50_s), ""),
        ("p95", seconds_text(data.p95_s), ""),
        ("all attempts", seconds_text(data.seconds), ""),
    ]
    bar = "".join(
        f'<i class="{status}" style="flex:{data.counts[status]}" title="{data.counts[status]} {status}"></i>'
        for status in STATUSES
        if data.counts[status]
    )
    tiles = "".join(f'<div class="tile {kind}"><b>{escape(value)}</b><span>{escape(name)}</span></div>' for name, value, kind in figures)
    return f'<div class="bar">{bar}</div><section class="tiles">{tiles}</section>'


def _section(title: str, content: Sequence[str] | str, otherwise: str) -> str:
    inside = content if isinstance(content, str) else "".join(content)
    return f"<section><h2>{escape(title)}</h2>{inside or f'<p class=none>{escape(otherwise)}</p>'}</section>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<div class=scroll><table><tr>{''.join(f'<th>{escape(name)}</th>' for name in head)}</tr>{body}</table></div>" if body else ""


def _cluster(row: ClusterRow) -> str:
    titles = [f"<li>{escape(title)}</li>" for title in row.titles]
    rest = (
        f"<details><summary>and {len(titles) - _MANY} more</summary><ul>{''.join(titles[_MANY:])}</ul></details>"
        if len(titles) > _MANY
        else ""
    )
    status = row.statuses[0]
    where = f'<p class="where">{escape(row.location)}</p>' if row.location else ""
    return (
        f'<article class="{status}"><h3><span class="badge {status}">{row.count}</span> {escape(row.cause)}</h3>{where}'
        f"<ul>{''.join(titles[:_MANY])}</ul>{rest}<details><summary>message</summary><pre>{escape(row.example)}</pre></details></article>"
    )


def _flaky(row: FlakyRow) -> tuple[str, ...]:
    shared = [f"{len(row.fails_with)} others" if len(row.fails_with) > 3 else ", ".join(row.fails_with), *row.hints]
    rate = f"{row.rate:.1%} <small>({row.low:.1%} to {row.high:.1%})</small>"
    evidence = f"{escape(row.reason)}; {row.fails} of {row.tries} tries<br><small>{escape(row.error)}</small>"
    state = f'<span class="badge {row.state}">{row.state}</span>'
    return escape(row.title), state, rate, evidence, "<br>".join(escape(text) for text in shared if text)


def _slow(row: SlowRow) -> tuple[str, ...]:
    if not row.is_slower:
        return escape(row.title), seconds_text(row.median_s), "", ""
    changed = f"{escape(row.changed_commit[:12] or row.changed_run_id)} <small>{row.changed_at[:10]}</small>"
    return escape(row.title), f"{seconds_text(row.median_s)} <b>×{row.ratio:.2f}</b>", seconds_text(row.before_s), changed


def _level(row: LevelRow) -> tuple[str, ...]:
    after = f"{seconds_text(row.after_s)} <b>×{row.after_s / row.before_s:.2f}</b>"
    return escape(row.category), seconds_text(row.before_s), after, f"{escape(row.since)} <small>{row.changed_at[:10]}</small>"


def _heal(heal: Heal) -> tuple[str, ...]:
    locators = f"<del>{escape(heal.old)}</del>" + (f"<br><ins>{escape(heal.new)}</ins>" if heal.new else "")
    answer = f"{escape(heal.action)} <small>{heal.confidence:.0%}</small>"
    return escape(heal.title), answer, f"{escape(heal.doing)}<br><small>{escape(heal.location)}</small>", locators, escape(heal.reason)
