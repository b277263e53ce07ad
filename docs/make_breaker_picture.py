"""Write docs/resilience/circuit-breaker.svg, the picture of a breaker's states, with the words and the changes that the code has.

python docs/make_breaker_picture.py [--check]
"""

from __future__ import annotations

import sys
from pathlib import Path

from maestro_fabric.resilience import State

TARGET = Path(__file__).parent / "resilience" / "circuit-breaker.svg"
BOXES = {
    State.CLOSED: (40, 150, "#1a7f37", "calls go through", "failures are counted"),
    State.OPEN: (560, 150, "#cf222e", "calls are refused", "at once"),
    State.HALF_OPEN: (300, 330, "#9a6700", "one call at a time", "goes through: the probe"),
}
WIDTH, HEIGHT = 200, 90
ARROWS = (
    ("M 240 175 H 552", 396, 165, "too many failures, or slow calls"),
    ("M 660 240 V 375 H 508", 676, 318, "timeout seconds are over"),
    ("M 440 330 V 215 H 552", 452, 290, "the probe failed"),
    ("M 300 375 H 140 V 248", 128, 318, "the probe went well"),
)
ANCHORS = ("middle", "start", "start", "end")


def main() -> int:
    """Write the picture; with ``--check`` only say whether it is what would be written: 0 when it is."""
    picture = draw()
    if "--check" in sys.argv[1:]:
        return int(not TARGET.exists() or TARGET.read_text(encoding="utf-8") != picture)
    TARGET.write_text(picture, encoding="utf-8")
    print(TARGET.name)
    return 0


def draw() -> str:
    """The picture, as SVG."""
    arrows = [_arrow(path, x, y, words, anchor) for (path, x, y, words), anchor in zip(ARROWS, ANCHORS, strict=True)]
    return "\n".join(
        [
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-60 90 960 350" font-family="system-ui, sans-serif" role="img">',
            "<title>The states of a circuit breaker</title>",
            '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto">',
            '<path d="M 0 0 L 10 5 L 0 10 z" fill="#57606a"/></marker></defs>',
            '<rect x="-60" y="90" width="960" height="350" rx="8" fill="#ffffff"/>',
            *arrows,
            *(_box(state, *box) for state, box in BOXES.items()),
            "</svg>",
            "",
        ]
    )


def _box(state: State, x: int, y: int, colour: str, *words: str) -> str:
    middle = x + WIDTH // 2
    lines = "".join(f'<text x="{middle}" y="{y + 52 + 20 * n}" font-size="14" fill="#24292f">{line}</text>' for n, line in enumerate(words))
    return (
        f'<g text-anchor="middle"><rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="10" fill="#f6f8fa" stroke="{colour}" '
        f'stroke-width="3"/><text x="{middle}" y="{y + 29}" font-size="18" font-weight="600" fill="{colour}">{state}</text>{lines}</g>'
    )


def _arrow(path: str, x: int, y: int, words: str, anchor: str) -> str:
    return (
        f'<path d="{path}" fill="none" stroke="#57606a" stroke-width="2" marker-end="url(#tip)"/>'
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="14" fill="#57606a">{words}</text>'
    )


if __name__ == "__main__":
    raise SystemExit(main())
