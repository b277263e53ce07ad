"""How each runner of features is found and started."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from maestro_fabric.adapters.cucumber.behave_lines import read_behave
from maestro_fabric.adapters.cucumber.messages import read_messages
from maestro_fabric.adapters.cucumber.said import Said, Scenario
from maestro_fabric.adapters.cucumber.suite import CucumberSuite
from maestro_fabric.adapters.node.find import Framework, find_tool
from maestro_fabric.adapters.program.channel import Channel
from maestro_fabric.adapters.program.process import Launch

__all__ = ["RUNNERS", "SPEC_VARIABLE", "Runner", "choice"]

SPEC_VARIABLE = "MAESTRO_CUCUMBER"
_CUCUMBER_JS = Framework(title="cucumber-js", package="@cucumber/cucumber", program="cucumber-js", oldest=10)
_CHILD = Path(__file__).with_name("cucumber_child.cjs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """One runner of features.

    Attributes:
        command: The program that runs ours, for a suite's folder; raises `Unavailable` when this machine lacks it.
        read: Makes messages of its lines.
        check: What of Python must be installed beside this project, one line each.
        waits: Whether a program that has discovered a suite can be asked to run it.
    """

    command: Callable[[Path], Sequence[str]]
    read: Callable[[Iterable[str]], Iterator[Said]]
    check: Callable[[], Sequence[str]]
    waits: bool = False

    def launch(
        self, config: CucumberSuite, cwd: Path, channel: Channel, chosen: Sequence[Scenario] | None, env: Mapping[str, str]
    ) -> Launch:
        """How it is started: to discover when nothing is chosen, else to run what is."""
        if channel.down is not None:
            # Node can only ask a descriptor whether its owner is still there when reading it does not block.
            os.set_blocking(channel.down, False)
        spec = {
            "args": config.args,
            "paths": config.paths,
            "chosen": None if chosen is None else _selection(chosen),
            "target": channel.target,
            "down": channel.down,
        }
        return Launch(command=self.command(cwd), env={**env, SPEC_VARIABLE: json.dumps(spec)})


def choice(chosen: Sequence[Scenario], log_path: Path) -> str:
    """What a program that waits is told."""
    return json.dumps({"chosen": _selection(chosen), "log": str(log_path)})


def _selection(chosen: Sequence[Scenario]) -> list[tuple[str, list[int]]]:
    """The lines of each file, in the order in which they are first chosen. Short, since an environment variable has a limit."""
    lines: dict[str, list[int]] = {}
    for scenario in chosen:
        lines.setdefault(scenario.place.uri, []).append(scenario.place.line)
    return list(lines.items())


def _cucumber_command(cwd: Path) -> Sequence[str]:
    return [str(find_tool(_CUCUMBER_JS, cwd, os.environ).node), str(_CHILD)]


def _behave_command(cwd: Path) -> Sequence[str]:
    return [sys.executable, "-m", "maestro_fabric.adapters.cucumber.behave_child"]


def _nothing_missing() -> Sequence[str]:
    # Node and its packages are looked for when the suite is discovered: their lack blocks one suite, not the whole file.
    return ()


def _check_behave() -> Sequence[str]:
    is_here = importlib.util.find_spec("behave") is not None
    return () if is_here else ("behave is not installed: run `pip install 'pytest-maestro[behave]'` (or `pip install behave`)",)


RUNNERS: Mapping[Literal["cucumber-js", "behave"], Runner] = {
    "cucumber-js": Runner(command=_cucumber_command, read=read_messages, check=_nothing_missing, waits=True),
    "behave": Runner(command=_behave_command, read=read_behave, check=_check_behave),
}
