"""Write docs/terminal.svg, the README's picture: what `make demo` shows of a real run of the example shop.

python docs/make_picture.py
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
TARGET = Path(__file__).with_name("terminal.svg")
DEMO = ROOT / "examples" / "shop" / "demo.py"
COLUMNS = 118
LOCAL = re.compile(r"(plugins|platform|rootdir|configfile|cachedir|created|\[gw\d|run \w{8}-|log of|History)")


def main() -> int:
    """Run the demo and draw what was printed; 0 when a picture was written."""
    lines = list(_shorten(_run().splitlines()))
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor", legacy_windows=False)
    for line in lines:
        text = Text.from_ansi(line)
        text.truncate(COLUMNS, overflow="ellipsis")
        console.print(text, soft_wrap=True)
    console.save_svg(str(TARGET), title="pytest-maestro")
    print(f"{TARGET.relative_to(ROOT)}: {len(lines)} lines")
    return 0


def _run() -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = os.environ | {"PATH": path, "COLUMNS": str(COLUMNS), "PY_COLORS": "1", "FORCE_COLOR": "1"}
    done = subprocess.run([sys.executable, str(DEMO), "--color=yes"], cwd=ROOT, env=environ, capture_output=True, text=True, check=False)  # noqa: S603 - our own script
    if done.returncode:
        raise SystemExit(f"the demo did not go as it should:\n{done.stdout}{done.stderr}")
    return done.stdout


def _shorten(lines: list[str]) -> Iterator[str]:
    """The main run, without what describes this machine and its earlier runs, and without two empty lines in a row."""
    is_shown, last = True, ""
    for line in lines:
        plain = re.sub(r"\x1b\[[0-9;]*m", "", line)
        if plain.startswith("$ maestro run "):
            return
        is_shown = not plain.startswith("$ maestro runs") and (is_shown or not plain.strip())
        if is_shown and (plain.strip() or last) and not LOCAL.match(plain):
            yield f"\x1b[1m{line}\x1b[0m" if plain.startswith("$") else line
            last = plain.strip()


if __name__ == "__main__":
    raise SystemExit(main())
