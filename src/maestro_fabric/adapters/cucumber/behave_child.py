"""Runs behave and tells its owner in lines what happens; after one that did not pass it waits until the owner wants the next.

behave's formatters learn neither the end of a scenario nor of its hooks, so the scenarios themselves are wrapped.
"""

from __future__ import annotations

import base64
import json
import os
import select
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from maestro_fabric.adapters.cucumber.behave_lines import written
from maestro_fabric.adapters.cucumber.behave_outcomes import outcome_of
from maestro_fabric.adapters.cucumber.said import Attached, Broken, Closed, ParseFailed, Place, Said, Scenario, ScenarioStarted, Tried
from maestro_fabric.model import Fault, Outcome, Status

if TYPE_CHECKING:
    from behave.configuration import Configuration
    from behave.model import Feature

__all__ = ["main"]


class Owner:
    """Who started this process.

    Args:
        out: Takes the lines.
        down: The descriptor to read permission from; ``None`` to run on without asking.
    """

    def __init__(self, out: IO[str], down: int | None) -> None:
        self._out = out
        self._down = down
        self.is_gone = False

    def tell(self, said: Said) -> None:
        """Tell at once."""
        self._out.write(written(said))
        self._out.flush()

    def tell_tried(self, tried: Tried) -> None:
        """Tell, and wait until the next scenario is wanted, if this one may lead to a stop or a further attempt."""
        tried = replace(tried, waits=tried.outcome.status.is_bad)
        self.tell(tried)
        if self._down is None or self.is_gone:
            return
        wait_s = None if tried.waits else 0.0
        if select.select([self._down], [], [], wait_s)[0]:
            self.is_gone = not os.read(self._down, 1)


def main() -> int:
    """Discover or run, as the spec in the environment says; behave's exit status."""
    spec = json.loads(os.environ.pop("MAESTRO_CUCUMBER"))
    target, down = spec["target"], spec["down"]
    for inherited in (int(target), down) if target.isdigit() else ():
        if inherited is not None:
            # What the steps start must not hold the pipes: the owner waits for their end.
            os.set_inheritable(inherited, False)  # noqa: FBT003 - its only form
    with open(int(target) if target.isdigit() else target, "w", encoding="utf-8") as out:  # noqa: PTH123 - a descriptor has no Path
        owner = Owner(out, down)
        status = _discover(spec, owner) if spec["chosen"] is None else _run(spec, owner)
        if status is not None:
            owner.tell(Closed())
    return status or 0


def _discover(spec: dict[str, Any], owner: Owner) -> int:
    from behave.configuration import Configuration
    from behave.exception import ConfigError
    from behave.parser import ParserError
    from behave.runner import Runner
    from behave.runner_util import collect_feature_locations, parse_features

    config = Configuration([*spec["args"], *spec["paths"]])
    try:
        Runner(config).setup_paths()
    except ConfigError as exc:
        owner.tell(Broken(type="ConfigError", message=str(exc)))
        return 1
    locations = [location for location in collect_feature_locations(config.paths) if not config.exclude(location)]
    for _, same_file in groupby(locations, key=lambda location: location.filename):
        try:
            features = parse_features(list(same_file), language=config.lang)
        except ParserError as exc:
            owner.tell(ParseFailed(place=Place(_relative(exc.filename), exc.line or 1), message=" ".join(str(exc.args[0]).split())))
            continue
        for feature in features:
            for scenario in _scenarios(feature, config):
                owner.tell(scenario)
    return 0


def _scenarios(feature: Feature, config: Configuration) -> Iterator[Scenario]:
    """The scenarios that behave's own choice leaves, with their outlines' rows."""
    for written_scenario, rule, scenario in _walk(feature.run_items, ""):
        is_named = not config.name or scenario.should_run_with_name_select(config)
        if scenario.should_run(config) and is_named:
            row = scenario._row
            yield Scenario(
                place=_place(scenario),
                feature=feature.name,
                rule=rule,
                name=written_scenario.name,
                headings=tuple(row.headings) if row else (),
                cells=tuple(row.cells) if row else (),
                tags=tuple(sorted({str(tag) for tag in scenario.effective_tags})),
            )


def _walk(items: Sequence[Any], rule: str) -> Iterator[tuple[Any, str, Any]]:
    """Each scenario with the one that is written (its outline, or itself) and its rule's name."""
    for item in items:
        if item.type == "rule":
            yield from _walk(item.run_items, item.name)
        elif item.type == "scenario_outline":
            yield from ((item, rule, scenario) for scenario in item.scenarios)
        else:
            yield item, rule, item


def _run(spec: dict[str, Any], owner: Owner) -> int | None:
    """Run what was chosen; ``None`` when behave did not come to its end."""
    from behave.__main__ import run_behave
    from behave.configuration import Configuration

    from maestro_fabric.adapters.cucumber.behave_runner import streaming_runner

    chosen = [f"{uri}:{line}" for uri, lines in spec["chosen"] for line in lines]
    config = Configuration([*spec["args"], *chosen])
    runner = streaming_runner(lambda runner: _Listener(owner, runner))
    status: int = run_behave(config, runner_class=runner)
    return status if runner.has_ended else None


class _Listener:
    """Tells of one run; also the formatter that behave gives attachments to."""

    def __init__(self, owner: Owner, runner: Any) -> None:
        self._owner = owner
        self._runner = runner
        self._attached: list[Attached] = []
        self._held: Tried | None = None

    def embedding(self, mime_type: str, data: bytes | str) -> None:
        """Take an attachment of the scenario that runs."""
        body = data.encode() if isinstance(data, str) else bytes(data)
        self._attached.append(Attached(media_type=mime_type, content=base64.b64encode(body).decode()))

    def hook_failed(self, name: str, raised: BaseException, trace: str) -> None:
        """Tell that a hook around all failed."""
        self._owner.tell(Broken(type="HookFailed", message=f"{name} failed: {type(raised).__name__}: {raised}", trace=trace))

    def started(self, scenario: Any) -> bool:
        """A scenario is about to run; whether it may."""
        self._release()
        if self._owner.is_gone:
            self._runner.abort(reason="the process that started this behave is gone")
            return False
        self._attached.clear()
        self._owner.tell(ScenarioStarted(_place(scenario)))
        return True

    def finished(self, scenario: Any, started_at: float, duration_s: float) -> None:
        """A scenario has run. It is told when the next begins or the feature ends: the last one's tear-down includes the feature's."""
        outcome = outcome_of(scenario, _relative)
        self._held = Tried(
            place=_place(scenario),
            outcome=outcome,
            started_at=started_at,
            duration_s=duration_s,
            attached=tuple(self._attached),
        )

    def feature_finished(self, feature: Any, not_run: Sequence[Any], now: float) -> None:
        """A feature has ended; what its own hooks kept from running could not be judged."""
        held, self._held = self._held, None
        if feature.hook_failed:
            message = feature.error_message or "a hook of the feature failed"
            broken = Outcome(status=Status.ERROR, fault=Fault(type="HookFailed", message=message))
            if held is not None and held.outcome.fault is None:
                held = Tried(place=held.place, outcome=broken, started_at=held.started_at, duration_s=held.duration_s)
            for scenario in not_run:
                self._owner.tell_tried(Tried(place=_place(scenario), outcome=broken, started_at=now, duration_s=0.0))
        if held is not None:
            self._owner.tell_tried(held)

    def _release(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            self._owner.tell_tried(held)

    def __getattr__(self, name: str) -> Any:
        # The other things that behave tells a formatter.
        return _ignore


def _ignore(*_: object) -> None:
    """Nothing."""


def _place(scenario: Any) -> Place:
    return Place(_relative(scenario.filename), scenario.line)


def _relative(path: str) -> str:
    return Path(os.path.relpath(path)).as_posix()


if __name__ == "__main__":
    sys.exit(main())
