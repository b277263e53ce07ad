"""The lost elements of a run as one HTML page: no script, no request, pictures inside, light or dark as the reader's system is."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

from maestro_fabric.aggregator.heals import HealRow
from maestro_fabric.aggregator.report.style import STYLE
from maestro_fabric.config.locators import show_locator

__all__ = ["picture_of", "render_heals"]

_FIRST_FEATURES = 8
_WORDS = {"heal": ("healed", "passed"), "propose": ("proposed", "suspected"), "abstain": ("not found", "blocked")}
_HEADS = {
    "heal": "went on with the element that was found",
    "propose": "stopped, and names what was found",
    "abstain": "stopped: nothing on the page is it",
}
_TYPES = {".jpg": "image/jpeg", ".png": "image/png"}
_STYLE = """
article{padding:16px 18px;margin:16px 0}article.heal{border-left-color:var(--passed)}article.propose{border-left-color:var(--skipped)}
.locators{display:grid;grid-template-columns:auto 1fr;gap:2px 12px;margin:10px 0;align-items:baseline}.locators span{color:var(--dim)}
.locators code{font-family:ui-monospace,monospace;font-size:14px;overflow-wrap:anywhere}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:14px;margin:14px 0}.pair figure{padding:10px;min-width:0}
.pair figcaption{font-weight:400;color:var(--dim);font-size:13px}.pair img{display:block;max-width:100%;height:auto;border-radius:4px}
.pair p{margin:0;color:var(--dim);font-size:14px}
.meter{display:inline-block;vertical-align:middle;width:130px;height:8px;
border-radius:4px;background:var(--line);overflow:hidden;margin:0 8px}
.meter i{display:block;height:100%;background:var(--blocked)}
.heal .meter i{background:var(--passed)}.propose .meter i{background:var(--skipped)}
.features{display:grid;grid-template-columns:repeat(auto-fill,minmax(230px,1fr));gap:3px 22px;margin:8px 0;font-size:13px}
.features div{display:grid;grid-template-columns:1fr 80px 34px;gap:8px;align-items:center}
.features .meter{width:80px;margin:0}.features .meter i{background:var(--p50)}
.features b{font-weight:400;color:var(--dim);text-align:right}pre{margin:10px 0 0}.todo{color:var(--dim);margin:14px 0 0}
@media(max-width:620px){.pair{grid-template-columns:1fr}}
""".strip()


def render_heals(rows: Sequence[HealRow], *, run_id: str, picture: Callable[[HealRow, str], str], option: str = "") -> str:
    """The page's whole text.

    Args:
        rows: The healer's answers; those for the same step's locator, with the same answer, are shown once.
        run_id: The run.
        picture: Gives the ``before`` or ``found`` picture of an answer as a data address; empty where there is none.
        option: What the commands need to find the history, with a blank before it; empty where they find it.
    """
    groups = _groups(rows)
    counts = {action: sum(row.action == action for row in rows) for action in _WORDS}
    said = ", ".join(f"{count} {_WORDS[action][0]}" for action, count in counts.items() if count) or "no element was lost"
    order = sorted(groups, key=lambda group: (list(_WORDS).index(group[0].action), *_place(group[0])))
    cards = "".join(_card(group, picture, option) for group in order)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Lost elements: {escape(said)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        f"<style>{STYLE}\n{_STYLE}</style></head><body><main><header><h1>Lost elements</h1>"
        f"<p>{escape(said)} · run {escape(run_id)}</p></header>{cards}</main></body></html>\n"
    )


def picture_of(row: HealRow, which: str) -> str:
    """The ``before`` or ``found`` picture of an answer, from the run's folder, as a data address; empty where there is none."""
    for artifact in row.artifacts:
        path = Path(row.evidence) / row.run_id / artifact["path"]
        if f"-{which}" in path.name and path.suffix in _TYPES:
            try:
                return f"data:{_TYPES[path.suffix]};base64,{base64.b64encode(path.read_bytes()).decode()}"
            except OSError:
                return ""
    return ""


def _groups(rows: Iterable[HealRow]) -> list[list[HealRow]]:
    found: dict[tuple[str, str, str, str], list[HealRow]] = {}
    for row in rows:
        found.setdefault((row.location, row.old, row.new, row.action), []).append(row)
    return list(found.values())


def _place(row: HealRow) -> tuple[str, int, int]:
    file, _, line = row.location.rpartition(":")
    return file, int(line) if line.isdigit() else 0, row.id


def _card(group: Sequence[HealRow], picture: Callable[[HealRow, str], str], option: str) -> str:
    row = next((one for one in group if picture(one, "before") and picture(one, "found")), group[0])
    word, badge = _WORDS[row.action]
    where = f"step {escape(row.step)}, {escape(row.location)}" if row.location else f"step {escape(row.step)}"
    return (
        f'<article class="{row.action}"><h3><span class="badge {badge}">{word}</span> {escape(row.doing)} '
        f'{escape(show_locator(row.old))}</h3><p class="where">{where}</p>{_cases(group)}{_locators(row)}'
        f"{_pictures(row, picture)}{_score(row)}{_features(row.features)}{_commands(row, option)}</article>"
    )


def _cases(group: Sequence[HealRow]) -> str:
    titles = sorted({str(row.case) for row in group})
    names = ", ".join(map(escape, titles[:4])) + (f" and {len(titles) - 4} more" if len(titles) > 4 else "")
    return f"<p class=none>{names}: {_HEADS[group[0].action]}</p>"


def _locators(row: HealRow) -> str:
    new = f"<span>new</span><code><ins>{escape(show_locator(row.new))}</ins></code>" if row.new else ""
    return f"<div class=locators><span>old</span><code><del>{escape(show_locator(row.old))}</del></code>{new}</div>"


def _pictures(row: HealRow, picture: Callable[[HealRow, str], str]) -> str:
    before, found = picture(row, "before"), picture(row, "found")
    if not before and not found:
        return ""
    return f"<div class=pair>{_figure('before', before)}{_figure('now', found)}</div>"


def _figure(caption: str, address: str) -> str:
    inside = f'<img alt="the element {caption}" src="{escape(address)}">' if address else "<p>no picture was kept</p>"
    return f"<figure><figcaption>{caption}</figcaption>{inside}</figure>"


def _score(row: HealRow) -> str:
    rival = f" · next best {escape(row.runner_up)}, {row.margin:.2f} behind" if row.runner_up else ""
    why = "" if row.action == "heal" else f"<br>{escape(row.reason)}"
    return f"<p>confidence{_meter(row.confidence)}<b>{row.confidence:.0%}</b><small>{rival}</small>{why}</p>"


def _features(features: Mapping[str, float]) -> str:
    if not features:
        return ""
    bars = [
        f"<div><span>{escape(name.replace('_', ' '))}</span>{_meter(value)}<b>{value:.2f}</b></div>"
        for name, value in sorted(features.items(), key=lambda pair: -pair[1])
    ]
    rest = "".join(bars[_FIRST_FEATURES:])
    more = f"<details><summary>all {len(bars)} features</summary><div class=features>{rest}</div></details>" if rest else ""
    return f"<div class=features>{''.join(bars[:_FIRST_FEATURES])}</div>{more}"


def _meter(share: float) -> str:
    return f'<span class=meter><i style="width:{min(max(share, 0.0), 1.0):.0%}"></i></span>'


def _commands(row: HealRow, option: str) -> str:
    if row.verdict:
        return f"<p class=todo>{escape(row.verdict)} by a person</p>"
    if not row.new:
        return f"<pre>maestro heal show {row.id}{escape(option)}</pre>"
    return f"<pre>maestro heal apply {row.id}{escape(option)}\nmaestro heal reject {row.id}{escape(option)}</pre>"
