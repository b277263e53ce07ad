"""What recording costs: 10,000 trivial tests with --maestro-store, against plain pytest and beside the other recorders."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from paired import Arm, Claim, Options, measure, median_of, parse_options, publish, ratio

FILES = 20
# Each arm loads its own plugin and nothing else, by name: what a plugin's mere presence costs is benchmarks/idle.py.
ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def main() -> int:
    """Measure alone and with two workers."""
    options = parse_options(__doc__ or "")
    with tempfile.TemporaryDirectory() as name:
        suite = Path(name)
        _write_suite(suite, tests=200 if options.quick else 10_000)
        claims = [*_alone(suite, options), *_with_workers(suite, options)]
    return publish(claims, options)


def _write_suite(folder: Path, *, tests: int) -> None:
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    for number in range(FILES):
        functions = "".join(f"def test_{index:04}():\n    assert True\n\n\n" for index in range(tests // FILES))
        (folder / f"test_{number:02}.py").write_text(functions, encoding="utf-8")


def _alone(suite: Path, options: Options) -> list[Claim]:
    arms = [
        _arm("plain", suite, (), ()),
        _arm("--maestro-store", suite, ("-p", "maestro"), ("--maestro-store", "history.db"), leaves=("history.db*",)),
        _arm("--junitxml", suite, (), ("--junitxml", "junit.xml"), leaves=("junit.xml",)),
        _arm("allure-pytest", suite, ("-p", "allure_pytest"), ("--alluredir", "allure"), leaves=("allure",)),
        _arm("pytest-history", suite, ("-p", "pytest-history"), (), leaves=(".test-results.db",)),
        _arm(
            "pytest-json-report",
            suite,
            ("-p", "metadata", "-p", "pytest_jsonreport"),
            ("--json-report", "--json-report-file", "report.json"),
            leaves=("report.json",),
        ),
    ]
    samples = measure(arms, rounds=options.rounds)
    ratios = {arm.name: ratio(samples[arm.name], samples["plain"]) for arm in arms[1:]}
    peers = {name: value for name, value in ratios.items() if name != "--maestro-store"}
    plain = f"plain {median_of(samples['plain']):.2f} s CPU"
    ours = ratios["--maestro-store"]
    return [
        Claim(name="10,000 trivial tests, --maestro-store, CPU against plain pytest", measured=ours, unit="×", bound=1.03, detail=plain),
        *(Claim(name=f"the same with {_named(name)}", measured=value, unit="×") for name, value in peers.items()),
        Claim(name="--maestro-store against the cheapest of these", measured=ours / min(peers.values()), unit="×", bound=1.0),
    ]


def _with_workers(suite: Path, options: Options) -> list[Claim]:
    arms = [
        _arm("plain", suite, ("-p", "xdist"), ("-n", "2")),
        _arm(
            "--maestro-store",
            suite,
            ("-p", "xdist", "-p", "maestro"),
            ("-n", "2", "--maestro-store", "history.db"),
            leaves=("history.db*",),
        ),
    ]
    samples = measure(arms, rounds=options.rounds)
    measured = ratio(samples["--maestro-store"], samples["plain"])
    plain = f"plain {median_of(samples['plain']):.2f} s CPU"
    return [
        Claim(
            name="10,000 trivial tests, --maestro-store with -n 2, CPU against plain -n 2",
            measured=measured,
            unit="×",
            bound=1.05,
            detail=plain,
        )
    ]


def _arm(name: str, suite: Path, plugins: Sequence[str], arguments: Sequence[str], *, leaves: Sequence[str] = ()) -> Arm:
    command = [sys.executable, "-m", "pytest", "-q", *plugins, *arguments]
    return Arm(name=name, command=command, cwd=suite, environ=ALONE, before=_remover(suite, leaves))


def _remover(folder: Path, patterns: Sequence[str]) -> Callable[[], None]:
    def remove() -> None:
        for path in (found for pattern in patterns for found in folder.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    return remove


def _named(arm: str) -> str:
    return arm if arm.startswith("-") else f"{arm} {version(arm)}"


if __name__ == "__main__":
    sys.exit(main())
