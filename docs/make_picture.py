"""Write docs/terminal.svg, the README's picture: a real run of the example shop, as the terminal shows it.

python docs/make_picture.py
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
TARGET = Path(__file__).with_name("terminal.svg")
COMMAND = ("pytest", "examples/shop/qa.yaml", "-n", "2")
COLUMNS = 118
MAX_LINES = 70


def main() -> int:
    """Run the shop's cases and draw what was printed; 0 when a picture was written."""
    lines = _shorten(_run().splitlines())
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor", legacy_windows=False)
    for line in (f"\x1b[1m$ {' '.join(COMMAND)}\x1b[0m", *lines):
        text = Text.from_ansi(line)
        text.truncate(COLUMNS, overflow="ellipsis")
        console.print(text, soft_wrap=True)
    console.save_svg(str(TARGET), title="pytest-maestro")
    print(f"{TARGET.relative_to(ROOT)}: {len(lines)} lines")
    return 0


def _run() -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = os.environ | {"PATH": path, "COLUMNS": str(COLUMNS), "PY_COLORS": "1", "FORCE_COLOR": "1"}
    arguments = [sys.executable, "-m", *COMMAND, "--color=yes", "-p", "no:randomly"]
    done = subprocess.run(arguments, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    return done.stdout


def _shorten(lines: list[str]) -> list[str]:
    """Without what describes this machine; the middle left out when it is long."""
    kept = [line for line in lines if not re.match(r"(plugins|platform|rootdir|configfile|cachedir|created|asyncio|Using --|\[gw\d)", line)]
    half = MAX_LINES // 2
    return kept if len(kept) <= MAX_LINES else [*kept[:half], "…", *kept[-half:]]


if __name__ == "__main__":
    raise SystemExit(main())
