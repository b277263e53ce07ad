"""A Jest suite of 200 tests in 20 files through `maestro run` and through pytest, against `npx jest --json` alone, wall clock."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from node_suite import PAUSE_MS, NodeSuite, compare
from paired import parse_options, publish

FILES = 20
TESTS = 10
YAML = "version: 1\nproject: shop\nsuites:\n  - {name: widgets, adapter: jest}\n"


def main() -> int:
    """Measure."""
    options = parse_options(__doc__ or "")
    files = 2 if options.quick else FILES
    suite = NodeSuite(
        framework="Jest",
        alone="npx jest --json",
        yaml=YAML,
        write=partial(_write, files=files),
        what=f"{files * TESTS} Jest tests of {PAUSE_MS} ms in {files} files",
        unit="tests",
    )
    return publish(compare(suite, options, shows_fixed=True), options)


def _write(folder: Path, pause_ms: int, *, files: int) -> None:
    for number in range(files):
        (folder / f"widget{number:02d}.test.js").write_text(_test_file(number, pause_ms), encoding="utf-8")


def _test_file(number: int, pause_ms: int) -> str:
    pause = f"await new Promise((go) => setTimeout(go, {pause_ms})); " if pause_ms else ""
    tests = (
        f"  test('counts {each}', async () => {{ {pause}expect({number} + {each}).toBe({number + each}); }});\n" for each in range(TESTS)
    )
    return f"describe('widget {number}', () => {{\n{''.join(tests)}}});\n"


if __name__ == "__main__":
    sys.exit(main())
