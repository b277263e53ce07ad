"""A suite's journeys as cases: params and matrix multiplied out, groups unfolded, policies resolved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import product
from typing import Any, cast

from maestro_fabric.config.journey import Journey, PlannedStep
from maestro_fabric.config.models import BrowserCase, Config, SkipConfig, StepsSuite, XfailConfig
from maestro_fabric.config.param_ids import id_of_mapping, id_of_values, make_unique
from maestro_fabric.config.policies import resolve_policy, step_policy
from maestro_fabric.config.steps import Step, Use
from maestro_fabric.config.templates import KEEP, Reference, escape, part_of, resolve, resolve_partly, truth
from maestro_fabric.errors import ConfigError, Problem
from maestro_fabric.model import Case, CaseId, Location, Policy, Skip, Xfail

__all__ = ["Locate", "RowsOf", "expand_cases"]

Locate = Callable[[Sequence[str | int]], Location | None]
RowsOf = Callable[[str], list[dict[str, Any]]]
_Params = Mapping[str, Any]
_Path = tuple[str | int, ...]


def expand_cases(config: Config, suite: StepsSuite, *, locate: Locate, rows_of: RowsOf) -> list[Case]:
    """The suite's cases in the order of the file, the parameters of each in the order of its values.

    Args:
        config: The config that holds the suite.
        suite: One of its suites.
        locate: Gives the place of a path in the file.
        rows_of: Gives the rows of a CSV file, by its path relative to the config's folder.

    Raises:
        ConfigError: when a CSV file gives no rows.
    """
    return _Expansion(config, suite, locate, rows_of).cases()


class _Expansion:
    def __init__(self, config: Config, suite: StepsSuite, locate: Locate, rows_of: RowsOf) -> None:
        self._config = config
        self._suite = suite
        self._locate = locate
        self._rows_of = rows_of
        self._path: _Path = ("suites", _index_of(config, suite))
        self._late: dict[int, bool] = {}
        self._policy: Callable[[str | None, float | None, tuple[str, ...]], Policy] = lru_cache(
            lambda name, timeout_s, services: resolve_policy(config, name, suite.policy, timeout_s=timeout_s, services=services)
        )
        self._step_policy: Callable[[str], Policy] = lru_cache(lambda name: step_policy(config, name))

    def cases(self) -> list[Case]:
        setup = tuple(self._unfold(self._suite.setup, (*self._path, "setup"), {}))
        return [case for index, source in enumerate(self._suite.cases) for case in self._expand(source, index, setup)]

    def _expand(self, source: BrowserCase, index: int, setup: tuple[PlannedStep, ...]) -> list[Case]:
        path = (*self._path, "cases", index)
        steps_path = (*path, "steps")
        suite, location = self._suite, self._locate(path)
        tags, links, services = (
            _joined(suite.tags, source.tags),
            _joined(suite.links, source.links),
            _joined(suite.services, source.services),
        )
        owner = suite.owner if source.owner is None else source.owner
        policy = self._policy(source.policy, source.timeout, services)
        places = [self._locate((*steps_path, number)) for number in range(len(source.steps))]
        cases = [
            Case(
                id=CaseId(self._config.project, suite.name, source.name, params_id),
                location=location,
                tags=tags,
                owner=owner,
                links=links,
                policy=policy,
                services=services,
                skip=_skip(source.skip, params),
                xfail=_xfail(source.xfail, params),
                body=Journey(
                    steps=tuple(self._unfold(source.steps, steps_path, params, places=places)),
                    setup=() if source.fresh else setup,
                    params=params,
                    fresh=source.fresh,
                ),
            )
            for params_id, params in self._rows(source, path)
        ]
        return [self._with_spare(case) for case in cases] if policy.fallback else cases

    def _with_spare(self, case: Case) -> Case:
        """The case with what is played instead when it could not be judged."""
        journey = cast("Journey", case.body)
        steps = tuple(self._unfold_fallback(case.policy.name, journey.params, prefix="fallback "))
        return replace(case, spare=replace(case, body=replace(journey, steps=steps)))

    def _rows(self, source: BrowserCase, path: _Path) -> list[tuple[str, _Params]]:
        if source.params is None and source.matrix is None:
            return [("", {})]
        rows = self._param_rows(source, path)
        if source.matrix:
            rows = [
                ("-".join(filter(None, (row_id, cell_id))), {**row, **cell})
                for row_id, row in rows
                for cell_id, cell in _multiplied(source.matrix)
            ]
        return list(zip(make_unique([row_id for row_id, _ in rows]), [row for _, row in rows], strict=True))

    def _param_rows(self, source: BrowserCase, path: _Path) -> list[tuple[str, _Params]]:
        params = source.params
        if params is None:
            return [("", {})]
        if isinstance(params, list):
            return [(id_of_mapping(row, number), row) for number, row in enumerate(params)]
        file = params.get("from")
        if not isinstance(file, str):
            return _multiplied(params)
        rows: list[_Params] = [escape(row) for row in self._rows_of(file)]
        if not rows:
            problem = Problem(message=f"{file!r} has no rows below its header", location=self._locate((*path, "params")))
            raise ConfigError([problem])
        return [(id_of_mapping(row, number), row) for number, row in enumerate(rows)]

    def _unfold_fallback(self, policy: str, scope: _Params, *, prefix: str) -> list[PlannedStep]:
        """The steps of a policy's fallback; policies in it have none of their own, or they could go round in a circle."""
        fallback = self._config.policies[policy].fallback
        if fallback is None:
            return []
        group = self._config.groups[fallback.group]
        inner = _in_scope(fallback.with_, scope)
        return self._unfold(group.steps, ("groups", fallback.group, "steps"), inner, prefix=prefix, is_spare=True)

    def _unfold(
        self,
        steps: Sequence[Step],
        path: _Path,
        scope: _Params,
        *,
        prefix: str = "",
        places: Sequence[Location | None] | None = None,
        is_spare: bool = False,
    ) -> list[PlannedStep]:
        """The steps as planned ones; a used group gives its steps in place of the step that uses it."""
        planned: list[PlannedStep] = []
        for index, step in enumerate(steps):
            ((action, value),) = step.items()
            number = f"{prefix}{index + 1}"
            if action == "use":
                use = cast("Use", value)
                group = self._config.groups[use.group]
                inner = _in_scope(use.with_, scope)
                planned += self._unfold(group.steps, ("groups", use.group, "steps"), inner, prefix=f"{number}.", is_spare=is_spare)
                continue
            location = self._locate((*path, index)) if places is None else places[index]
            is_late = self._is_late(value)
            step_planned = PlannedStep(number=number, action=action, value=value, location=location, scope=scope, is_late=is_late)
            name = getattr(value, "policy", None)
            planned.append(step_planned if name is None else self._under_policy(step_planned, name, is_spare=is_spare))
        return planned

    def _under_policy(self, step: PlannedStep, name: str, *, is_spare: bool) -> PlannedStep:
        policy = self._step_policy(name)
        if is_spare or not policy.fallback:
            return replace(step, policy=replace(policy, fallback=""))
        return replace(step, policy=policy, fallback=tuple(self._unfold_fallback(name, step.scope, prefix=f"{step.number} fallback ")))

    def _is_late(self, value: object) -> bool:
        # By its identity: every case of a parametrised one has the same step, which the config keeps alive.
        if id(value) not in self._late:
            self._late[id(value)] = "${" in repr(value)
        return self._late[id(value)]


def _index_of(config: Config, suite: StepsSuite) -> int:
    for index, candidate in enumerate(config.suites):
        if candidate is suite or candidate.name == suite.name:
            return index
    raise ValueError(f"the suite {suite.name!r} is not in this config")


def _multiplied(values: Mapping[str, Any]) -> list[tuple[str, _Params]]:
    columns = [list(enumerate(column)) for column in values.values()]
    rows: list[tuple[str, _Params]] = []
    for cells in product(*columns):
        named = [(name, index, value) for name, (index, value) in zip(values, cells, strict=True)]
        rows.append((id_of_values(named), {name: value for name, _, value in named}))
    return rows


def _joined(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))


def _in_scope(values: Mapping[str, Any], scope: _Params) -> _Params:
    """A group's values with the outer params filled in; secrets and saved values stay for later."""

    def of_scope(reference: Reference) -> object:
        return part_of(scope, reference.name) if reference.kind == "params" else KEEP

    filled: _Params = resolve_partly(values, of_scope)
    return filled


def _skip(skip: SkipConfig | None, params: _Params) -> Skip | None:
    return Skip(_filled(skip.reason, params)) if skip is not None and truth(_filled(skip.if_, params)) else None


def _xfail(xfail: XfailConfig | None, params: _Params) -> Xfail | None:
    return Xfail(_filled(xfail.reason, params), strict=xfail.strict) if xfail is not None and truth(_filled(xfail.if_, params)) else None


def _filled(value: Any, params: _Params) -> Any:
    return resolve(value, lambda reference: part_of(params, reference.name))
