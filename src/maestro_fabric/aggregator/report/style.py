"""The page's look: one palette, in light and dark."""

from __future__ import annotations

__all__ = ["STYLE"]

STYLE = """
:root{--bg:#fff;--fg:#1b1f24;--dim:#59636e;--line:#d8dee4;--card:#f6f8fa;
--passed:#1a7f37;--failed:#cf222e;--error:#8250df;--blocked:#6e7781;--skipped:#bf8700;--p50:#0969da;--p95:#bc4c00}
@media(prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;--dim:#9198a1;--line:#30363d;--card:#161b22;
--passed:#3fb950;--failed:#f85149;--error:#bc8cff;--blocked:#8b949e;--skipped:#d29922;--p50:#58a6ff;--p95:#f0883e}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif}
main{max-width:1100px;margin:0 auto;padding:24px 20px 60px}h1{font-size:24px;margin:0;overflow-wrap:anywhere}
h2{font-size:18px;margin:36px 0 12px;padding-bottom:6px;border-bottom:1px solid var(--line)}
h3{font-size:15px;margin:0 0 6px;font-weight:600;overflow-wrap:anywhere}header p,.where,small,.none,.legend{color:var(--dim)}
header p{margin:4px 0 16px}.where{margin:0;font-family:ui-monospace,monospace;font-size:13px}
.badge{display:inline-block;white-space:nowrap;padding:0 9px;border-radius:20px;color:var(--bg);background:var(--blocked);
font-size:.85em;font-weight:600}
.badge.passed,.badge.recovered{background:var(--passed)}.badge.failed,.badge.flaky{background:var(--failed)}
.badge.error{background:var(--error)}.badge.suspected{background:var(--skipped)}
.bar{display:flex;height:10px;border-radius:5px;overflow:hidden;gap:2px}.bar i{min-width:3px}
i.passed,.key.passed{background:var(--passed)}i.failed,.key.failed{background:var(--failed)}i.error,.key.error{background:var(--error)}
i.blocked,.key.blocked{background:var(--blocked)}i.skipped,.key.skipped{background:var(--skipped)}
.key.p50{background:var(--p50)}.key.p95{background:var(--p95)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(110px,1fr));gap:10px;margin-top:14px}
.tile{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 12px}
.tile b{display:block;font-size:20px;line-height:1.3}.tile span{color:var(--dim);font-size:13px}
.tile.passed b{color:var(--passed)}.tile.failed b{color:var(--failed)}.tile.error b{color:var(--error)}
.tile.blocked b{color:var(--blocked)}.tile.skipped b,.tile.mark b{color:var(--skipped)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(420px,1fr));gap:20px;margin-top:24px}
figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px}
figcaption{font-weight:600;margin-bottom:6px;display:flex;justify-content:space-between;gap:12px;flex-wrap:wrap}
.legend{font-weight:400;font-size:13px}.key{display:inline-block;width:10px;height:10px;border-radius:3px;margin:0 4px 0 10px}
svg{display:block;width:100%;height:auto}svg text{fill:var(--dim);font-size:11px}svg .grid{stroke:var(--line)}
svg line.change{stroke:var(--fg);stroke-width:1.5;stroke-dasharray:4 3}svg text.change{fill:var(--fg)}
svg rect.passed{fill:var(--passed)}svg rect.failed{fill:var(--failed)}svg rect.error{fill:var(--error)}
svg rect.blocked{fill:var(--blocked)}svg rect.skipped{fill:var(--skipped)}svg .tip{fill:transparent}
polyline{fill:none;stroke-width:2}polyline.p50{stroke:var(--p50)}polyline.p95{stroke:var(--p95)}
circle.p50{fill:var(--p50)}circle.p95{fill:var(--p95)}
article{border:1px solid var(--line);border-left:4px solid var(--blocked);border-radius:8px;padding:12px 14px;margin:10px 0}
article.failed{border-left-color:var(--failed)}article.error{border-left-color:var(--error)}
ul{margin:6px 0;padding-left:20px;columns:22em 3;column-gap:2em}
li,td:first-child,td:nth-child(n+4){overflow-wrap:anywhere}summary{cursor:pointer;color:var(--dim)}
pre{background:var(--card);padding:10px;border-radius:6px;overflow-x:auto;white-space:pre-wrap;font-size:13px}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:14px}
th{text-align:left;color:var(--dim);font-weight:600}th,td{padding:7px 10px 7px 0;border-bottom:1px solid var(--line);vertical-align:top}
del{color:var(--failed)}ins{color:var(--passed);text-decoration:none}del,ins{font-family:ui-monospace,monospace;font-size:13px}
@media(max-width:480px){.charts{grid-template-columns:1fr}}@media print{details{display:block}}
""".strip()
