"""What is going to be run: suites in the order of their needs, each with its cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from maestro_fabric.config.models import Config, SuiteConfig
from maestro_fabric.errors import ConfigError
from maestro_fabric.model import Case

__all__ = ["Plan", "PlannedSuite", "build_plan", "select_cases"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSuite:
    """A suite with the cases chosen from it.

    Attributes:
        name: Its name in the file.
        index: Its place in ``config.suites``, from 0.
        adapter: The name of the adapter that runs it.
        needs: Suites that must have passed before.
        config: Its validated config.
        cases: The chosen cases, in order; empty for a suite whose adapter was left out.
        deselected: How many of its cases were not chosen.
    """

    name: str
    index: int
    adapter: str
    needs: tuple[str, ...]
    config: SuiteConfig
    cases: tuple[Case, ...]
    deselected: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The suites of a project, each after everything it needs."""

    project: str
    suites: tuple[PlannedSuite, ...]

    @property
    def cases(self) -> tuple[Case, ...]:
        """Every chosen case, in the order in which it is run."""
        return tuple(case for suite in self.suites for case in suite.cases)


def build_plan(config: Config, discovered: Mapping[str, Sequence[Case]]) -> Plan:
    """The plan of a config.

    Args:
        config: The validated config.
        discovered: The cases of each suite by the suite's name; a missing suite has none.

    Raises:
        ConfigError: when suites need each other in a circle, or two cases of a suite have one identity.
    """
    planned = [
        PlannedSuite(
            name=suite.name,
            index=index,
            adapter=suite.adapter,
            needs=tuple(suite.needs),
            config=suite,
            cases=tuple(discovered.get(suite.name, ())),
        )
        for index, suite in enumerate(config.suites)
    ]
    for suite in planned:
        _refuse_doubles(suite)
    return Plan(project=config.project, suites=_in_order(planned))


def select_cases(plan: Plan, is_chosen: Callable[[Case], bool]) -> Plan:
    """The plan with only the cases for which ``is_chosen`` is true."""
    suites = []
    for suite in plan.suites:
        chosen = tuple(case for case in suite.cases if is_chosen(case))
        suites.append(replace(suite, cases=chosen, deselected=suite.deselected + len(suite.cases) - len(chosen)))
    return replace(plan, suites=tuple(suites))


def _refuse_doubles(suite: PlannedSuite) -> None:
    doubles = [str(case_id) for case_id, count in Counter(case.id for case in suite.cases).items() if count > 1]
    if doubles:
        # Two cases with one identity would read as two attempts of one case in the history.
        raise ConfigError(f"suite {suite.name!r} has more than one case named {', '.join(map(repr, doubles))}: give each its own name")


def _in_order(suites: Sequence[PlannedSuite]) -> tuple[PlannedSuite, ...]:
    """Each suite after its needs, and otherwise in the order of the file."""
    waiting = list(suites)
    placed: dict[str, PlannedSuite] = {}
    while waiting:
        ready = next((suite for suite in waiting if all(need in placed for need in suite.needs)), None)
        if ready is None:
            raise ConfigError(f"these suites need each other in a circle: {', '.join(suite.name for suite in waiting)}")
        placed[ready.name] = ready
        waiting.remove(ready)
    return tuple(placed.values())
