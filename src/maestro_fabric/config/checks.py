"""What the types cannot say about a config: names that must exist, things that exclude each other, circles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from maestro_fabric.config.findings import Finding, Path
from maestro_fabric.config.models import BrowserCase, Config, StepsSuite, SuiteConfig
from maestro_fabric.config.nearest import did_you_mean
from maestro_fabric.config.policy_checks import check_policies
from maestro_fabric.config.step_checks import check_steps
from maestro_fabric.config.templates import references

__all__ = ["check_addresses", "check_config"]


def check_config(config: Config) -> list[Finding]:
    """Everything found, in no particular order; empty when the config can be used."""
    return [
        *_check_services(config),
        *_check_environments(config),
        *_known((config.policy,), config.policies, "policy", ("policy",), is_list=False),
        *_check_secrets(config),
        *_check_groups(config),
        *_check_suites(config),
        *_check_needs(config.suites),
        *check_policies(config),
    ]


def check_addresses(config: Config, base_url: str, external: frozenset[str]) -> list[Finding]:
    """Whether relative addresses have something to be relative to, and that is started.

    Args:
        config: The whole.
        base_url: The chosen environment's.
        external: Services that the chosen environment does not start.
    """
    needed = {reference.name for reference in references(base_url) if reference.kind == "services"} - external
    if base_url and not needed:
        return []
    findings = []
    for index, suite in enumerate(config.suites):
        place = _relative_open(suite, ("suites", index)) if isinstance(suite, StepsSuite) else None
        if place is None:
            continue
        if not base_url:
            findings.append(Finding(place, "a relative address needs a base_url", "add environments: {local: {base_url: …}}"))
        for name in sorted(needed.difference(suite.services)):
            message = f"base_url is the address of the service {name!r}, which this suite does not start"
            findings.append(Finding(("suites", index, "name"), message, f"add services: [{name}]"))
    return findings


def _relative_open(suite: StepsSuite, path: Path) -> Path | None:
    """The first step that opens a relative address in a case that does not name its own services."""
    for index, step in enumerate(suite.setup):
        if "open" in step and _is_relative(step["open"].url):
            return (*path, "setup", index, "open")
    for number, case in enumerate(suite.cases):
        for index, step in enumerate(case.steps):
            if "open" in step and not case.services and _is_relative(step["open"].url):
                return (*path, "cases", number, "steps", index, "open")
    return None


def _is_relative(url: str) -> bool:
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|\$\{", url) is None


def _check_services(config: Config) -> Iterator[Finding]:
    for name, service in config.services.items():
        path = ("services", name)
        if isinstance(service.command, str) and not service.shell:
            yield Finding((*path, "command"), "a command is a list of arguments", "write [program, argument, …], or add shell: true")
        elif isinstance(service.command, list) and service.shell:
            yield Finding((*path, "command"), "with shell: true the command is one text", "write it as one text, or take shell: true away")
        elif not service.command:
            yield Finding((*path, "command"), "the command is empty")
        given = [key for key in ("http", "tcp", "log") if getattr(service.ready, key) is not None]
        if len(given) != 1:
            found = f"this one has {' and '.join(given)}" if given else "this one has none"
            yield Finding((*path, "ready"), f"ready needs exactly one of http, tcp and log; {found}", at_key=True)


def _check_environments(config: Config) -> Iterator[Finding]:
    for name, environment in config.environments.items():
        path = ("environments", name, "services")
        for service in environment.services:
            if service not in config.services:
                yield _unknown("service", service, config.services, (*path, service), at_key=True)


def _check_secrets(config: Config) -> Iterator[Finding]:
    if config.secrets.source == "file" and config.secrets.path is None:
        yield Finding(("secrets",), "'path' is missing: source: file needs it", at_key=True)
    elif config.secrets.source != "file" and config.secrets.path is not None:
        yield Finding(
            ("secrets", "path"), f"source: {config.secrets.source} has no path", "take it away, or write source: file", at_key=True
        )


def _check_groups(config: Config) -> Iterator[Finding]:
    uses: dict[str, list[str]] = {}
    for name, group in config.groups.items():
        path = ("groups", name, "steps")
        yield from check_steps(group.steps, path, config.groups)
        uses[name] = [step["use"].group for step in group.steps if "use" in step]
        for index, param in enumerate(group.params):
            if param in group.params[:index]:
                yield Finding(("groups", name, "params", index), f"the parameter {param!r} is named twice")
    for circle in _circles(uses):
        yield Finding(("groups", circle[0]), f"groups use each other in a circle: {' → '.join(circle)}", at_key=True)


def _check_suites(config: Config) -> Iterator[Finding]:
    if not config.suites and "suites" in config.model_fields_set:
        # As it is said of the key without a value.
        yield Finding(("suites",), "'suites' is empty")
    names = [suite.name for suite in config.suites]
    for index, suite in enumerate(config.suites):
        path = ("suites", index)
        if names.index(suite.name) < index:
            yield Finding((*path, "name"), f"two suites are called {suite.name!r}", f"the other is suites[{names.index(suite.name)}]")
        yield from _known(suite.needs, names, "suite", (*path, "needs"))
        yield from _known((suite.policy,), config.policies, "policy", (*path, "policy"), is_list=False)
        yield from _known(suite.services, config.services, "service", (*path, "services"))
        if isinstance(suite, StepsSuite):
            yield from _check_journeys(config, suite, path)


def _check_journeys(config: Config, suite: StepsSuite, path: Path) -> Iterator[Finding]:
    yield from check_steps(suite.setup, (*path, "setup"), config.groups, suite)
    seen: dict[str, int] = {}
    for index, case in enumerate(suite.cases):
        here = (*path, "cases", index)
        first = seen.setdefault(case.name, index)
        if first != index:
            yield Finding((*here, "name"), f"two cases of this suite are called {case.name!r}", f"the other is cases[{first}]")
        if case.policy is not None:
            yield from _known((case.policy,), config.policies, "policy", (*here, "policy"), is_list=False)
        if case.services:
            yield from _known(case.services, config.services, "service", (*here, "services"))
        if case.params is not None or case.matrix is not None:
            yield from _check_params(case, here)
        findings = check_steps(case.steps, (*here, "steps"), config.groups, suite)
        if findings:
            yield from findings


def _check_params(case: BrowserCase, path: Path) -> Iterator[Finding]:
    params, matrix = case.params, case.matrix or {}
    if isinstance(params, list):
        yield from _check_rows(params, (*path, "params"))
        names = {name for row in params for name in row}
    else:
        columns: Mapping[str, Any] = {} if params is None or isinstance(params.get("from"), str) else params
        yield from _check_columns(columns, (*path, "params"))
        names = set(columns)
    yield from _check_columns(matrix, (*path, "matrix"))
    for name in matrix:
        if name in names:
            yield Finding((*path, "matrix", name), f"{name!r} is under params too", at_key=True)


def _check_columns(columns: Mapping[str, Any], path: Path) -> Iterator[Finding]:
    for name, values in columns.items():
        if not values:
            yield Finding((*path, name), f"{name!r} has no values, so there would be no case", at_key=True)


def _check_rows(rows: Sequence[Mapping[str, Any]], path: Path) -> Iterator[Finding]:
    if not rows:
        yield Finding(path, "params has no rows, so there would be no case", at_key=True)
    wanted = set().union(*rows) - {"id"}
    for index, row in enumerate(rows):
        missing = sorted(wanted - set(row))
        if missing:
            yield Finding((*path, index), f"{', '.join(map(repr, missing))} is missing: other rows have it")


def _check_needs(suites: Sequence[SuiteConfig]) -> Iterator[Finding]:
    names = [suite.name for suite in suites]
    for circle in _circles({suite.name: suite.needs for suite in suites}):
        message = "a suite needs itself" if len(circle) == 2 else f"suites need each other in a circle: {' → '.join(circle)}"
        yield Finding(("suites", names.index(circle[0]), "needs"), message, at_key=True)


def _known(names: Iterable[str | None], known: Iterable[str], what: str, path: Path, *, is_list: bool = True) -> Iterator[Finding]:
    """Findings for names that do not exist; ``None`` is no name."""
    for index, name in enumerate(names):
        if name is not None and name not in known:
            yield _unknown(what, name, known, (*path, index) if is_list else path)


def _unknown(what: str, name: str, known: Iterable[str], path: Path, *, at_key: bool = False) -> Finding:
    names = list(known)
    some = f"known: {', '.join(names[:12])}" if names else f"the file has no {'policies' if what == 'policy' else what + 's'}"
    return Finding(path, f"unknown {what} {name!r}", did_you_mean(name, names) or some, at_key=at_key)


def _circles(graph: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Each circle once, as ``[a, b, a]``, beginning with the name that stands first in the graph."""
    circles: list[list[str]] = []
    done: set[str] = set()

    for start in graph:
        # An own stack, because a chain of a thousand suites must not hit the interpreter's limit.
        trail: list[str] = []
        stack: list[tuple[str, Iterator[str]]] = [(start, iter(graph[start]))] if start not in done else []
        trail += [start] if stack else []
        while stack:
            _, following = stack[-1]
            after = next(following, None)
            if after is None:
                stack.pop()
                done.add(trail.pop())
            elif after in trail:
                circles.append([*trail[trail.index(after) :], after])
            elif after in graph and after not in done:
                trail.append(after)
                stack.append((after, iter(graph[after])))
    return circles
