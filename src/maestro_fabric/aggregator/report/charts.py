"""Charts as inline SVG: bars of statuses and curves of durations, coloured by the page's own light and dark palette."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from math import ceil, floor, log10

from maestro_fabric.aggregator.answers import LevelRow
from maestro_fabric.aggregator.report.data import STATUSES, Past

__all__ = ["duration_chart", "seconds_text", "status_chart"]

_WIDTH, _HEIGHT = 640, 180
_LEFT, _BOTTOM, _TOP = 46, 22, 8
_TICKS = 4


def status_chart(past: Sequence[Past]) -> str:
    """A bar a run, with its cases by status from the bottom up."""
    top = _round_up(max(one.run.total for one in past))
    step = (_WIDTH - _LEFT) / len(past)
    bars = []
    for index, one in enumerate(past):
        below = 0
        x = _LEFT + index * step + step * 0.1
        for status in STATUSES:
            count = one.run.counts[status]
            if count:
                y, height = _y(below + count, top), _y(below, top) - _y(below + count, top)
                bars.append(f'<rect class="{status}" x="{x:.1f}" y="{y:.1f}" width="{min(step * 0.8, 40):.1f}" height="{height:.1f}"/>')
            below += count
        tip = escape(f"{one.run.started_at[:16].replace('T', ' ')}: {one.pass_rate:.1%} of {one.run.total} passed")
        over = f'class="tip" x="{x:.1f}" y="{_TOP}" width="{step * 0.8:.1f}" height="{_HEIGHT - _BOTTOM - _TOP}"'
        bars.append(f"<rect {over}><title>{tip}</title></rect>")
    used = [status for status in STATUSES if any(one.run.counts[status] for one in past)]
    grid = [_tick(_y(top * tick / _TICKS, top), f"{top * tick / _TICKS:g}") for tick in range(_TICKS + 1)]
    return _frame("Results of the last runs", "".join(grid + bars) + _dates(past), used)


def duration_chart(past: Sequence[Past], levels: Sequence[LevelRow] = ()) -> str:
    """The curves of what half and 95 % of the passes took at most, run by run, on an axis of powers of ten: both stay readable.

    Args:
        past: The runs, oldest first.
        levels: Where durations changed; each of these runs has a line with its commit.
    """
    values = [value for one in past for value in (one.p50_s, one.p95_s) if value]
    low, high = (floor(log10(min(values))), ceil(log10(max(values)))) if values else (-3, 0)
    span = max(1, high - low)
    curves = [_tick(_y(tick, span), seconds_text(10.0 ** (low + tick))) for tick in range(span + 1)]
    curves += _marks(past, levels)
    for name, series in (("p95", [one.p95_s for one in past]), ("p50", [one.p50_s for one in past])):
        places = [(_x(index, len(past)), _y(log10(value) - low if value else 0, span)) for index, value in enumerate(series)]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        curves.append(f'<polyline class="{name}" points="{line}"/>')
        for (x, y), value, one in zip(places, series, past, strict=True):
            tip = escape(f"{one.run.started_at[:16].replace('T', ' ')}: {name} {seconds_text(value)}")
            curves.append(f'<circle class="{name}" cx="{x:.1f}" cy="{y:.1f}" r="3"><title>{tip}</title></circle>')
    return _frame("How long cases took", "".join(curves) + _dates(past), ["p50", "p95"])


def _marks(past: Sequence[Past], levels: Sequence[LevelRow]) -> Iterator[str]:
    """A line at each run in which a category's durations changed, with the commit."""
    for index, one in enumerate(past):
        here = [row for row in levels if row.changed_run_id == one.run.run_id]
        if here:
            x = _x(index, len(past))
            told = "; ".join(f"{row.category}: {seconds_text(row.before_s)} to {seconds_text(row.after_s)}" for row in here)
            tip = f"<title>{escape(f'changed with {here[0].since}: {told}')}</title>"
            side = ("end", x - 4) if index > len(past) / 2 else ("start", x + 4)
            yield f'<line class="change" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}">{tip}</line>'
            yield f'<text class="change" x="{side[1]:.1f}" y="{_TOP + 10}" text-anchor="{side[0]}">{escape(here[0].since)}{tip}</text>'


def seconds_text(seconds: float) -> str:
    """Seconds for a person: ``12 ms``, ``1.5 s``, ``3 min 20 s``."""
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms"
    if seconds < 120:
        return f"{seconds:.3g} s"
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def _frame(title: str, inside: str, legend: Sequence[str]) -> str:
    names = "".join(f'<span class="key {name}"></span>{name} ' for name in legend)
    return (
        f'<figure><figcaption>{escape(title)} <span class="legend">{names}</span></figcaption>'
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}">{inside}</svg></figure>'
    )


def _tick(y: float, text: str) -> str:
    line = f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return f'{line}<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{escape(text)}</text>'


def _dates(past: Sequence[Past]) -> str:
    first = f'<text x="{_LEFT}" y="{_HEIGHT - 4}">{past[0].run.started_at[:10]}</text>'
    last = f'<text x="{_WIDTH}" y="{_HEIGHT - 4}" text-anchor="end">{past[-1].run.started_at[:10]}</text>'
    return first + last


def _x(index: int, size: int) -> float:
    return _LEFT + (index + 0.5) * (_WIDTH - _LEFT) / size


def _y(value: float, top: float) -> float:
    return _HEIGHT - _BOTTOM - value / top * (_HEIGHT - _BOTTOM - _TOP)


def _round_up(value: float) -> float:
    """The end of an axis: four steps of a round size reach it."""
    if value <= 0:
        return 1.0
    size = 10 ** ceil(log10(value) - 1)
    return float(next(nice * size for nice in (1, 2, 4, 6, 8, 10, 20) if nice * size >= value))
