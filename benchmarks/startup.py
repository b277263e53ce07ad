"""What a start with a config costs beside one without: a single trivial test in each."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path

from paired import Arm, Claim, Sample, measure, median_of, parse_options, publish, ratio

# Other plugins would cost both sides the same, and some more than all that is compared here.
OTHERS = tuple(f"-pno:{entry.name}" for entry in entry_points(group="pytest11") if entry.name != "maestro")
PYTEST = (sys.executable, "-m", "pytest", "-q", "-pno:cacheprovider", *OTHERS)
TEST = "def test_nothing():\n    pass\n"
HEAD = "version: 1\nproject: start\nsuites:\n"
CONFIGS = {
    "python.yaml": HEAD + "  - {name: unit, adapter: pytest, paths: [test_nothing.py]}\n",
    "steps.yaml": HEAD + "  - {name: api, adapter: http, cases: [{name: nothing, steps: [{log: nothing}]}]}\n",
}
PLAIN = "plain pytest, one test"
COMMANDS: Mapping[str, Sequence[str]] = {
    PLAIN: (*PYTEST, "test_nothing.py"),
    "pytest --maestro-store, the same test": (*PYTEST, "test_nothing.py", "--maestro-store=history.db"),
    "pytest --maestro-config, the same test": (*PYTEST, "--maestro-config=python.yaml"),
    "pytest --maestro-config, one case of one step": (*PYTEST, "--maestro-config=steps.yaml"),
    "maestro run, one case of one step": (sys.executable, "-m", "maestro_fabric", "run", "steps.yaml"),
    "maestro validate, the same file": (sys.executable, "-m", "maestro_fabric", "validate", "steps.yaml"),
}


def main() -> int:
    """Start each in turn."""
    options = parse_options(__doc__ or "", rounds=15)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in {"pytest.ini": "[pytest]\n", "test_nothing.py": TEST, **CONFIGS}.items():
            (folder / file).write_text(text, encoding="utf-8")
        arms = [Arm(name=title, command=command, cwd=folder) for title, command in COMMANDS.items()]
        samples = measure(arms, rounds=options.rounds)
    return publish([_claim(title, taken, samples[PLAIN]) for title, taken in samples.items() if title != PLAIN], options)


def _claim(title: str, taken: Sequence[Sample], plain: Sequence[Sample]) -> Claim:
    # No bound: most of it is the import of pydantic and the building of the models, which a person waits for once.
    detail = f"{median_of(taken) * 1000:.0f} ms, plain pytest {median_of(plain) * 1000:.0f} ms"
    return Claim(name=f"start: {title}, CPU against plain pytest", measured=ratio(taken, plain), unit="×", detail=detail)


if __name__ == "__main__":
    sys.exit(main())
