"""What the types cannot say about policies: what they depend on, what they are used for, and how their tries multiply."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from maestro_fabric.config.findings import Finding, Path
from maestro_fabric.config.models import Config, PolicyConfig, StepsSuite, SuiteConfig
from maestro_fabric.config.nearest import did_you_mean
from maestro_fabric.config.policies import to_policy
from maestro_fabric.config.steps import Step, Target
from maestro_fabric.model import Breaker, Bulkhead

__all__ = ["check_policies"]

_HOST = re.compile(r"^(https?://[^/\s]+(/\S*)?|localhost|\[[0-9a-fA-F:]+\](:\d+)?|[\w-]+(\.[\w-]+)+(:\d+)?|[\w-]+:\d+)$")
_RERUNS = re.compile(r"^--reruns(?:=(\d+))?$")


def check_policies(config: Config) -> list[Finding]:
    """Everything found in the policies and in how they are used."""
    return [
        *_check_dependencies(config),
        *_check_services(config),
        *_check_rules(config),
        *_check_fallbacks(config),
        *_check_suites(config),
    ]


def _check_dependencies(config: Config) -> Iterator[Finding]:
    for name, policy in config.policies.items():
        of_service = any(service.policy == name for service in config.services.values())
        for key, part in (("breaker", policy.breaker), ("bulkhead", policy.bulkhead)):
            path = ("policies", name, key)
            if part is None:
                continue
            if part.dependency is None and not of_service:
                yield Finding(path, f"the {key} of {name!r} does not say for what", "add dependency: a service or a host", at_key=True)
            elif part.dependency is not None and part.dependency not in config.services and not _HOST.match(part.dependency):
                hint = did_you_mean(part.dependency, list(config.services)) or "a host is written staging.example.org, or with a port"
                yield Finding((*path, "dependency"), f"{part.dependency!r} is neither a service nor a host", hint)


def _check_services(config: Config) -> Iterator[Finding]:
    for name, service in config.services.items():
        if service.policy is None:
            continue
        path = ("services", name, "policy")
        policy = config.policies.get(service.policy)
        if policy is None:
            yield _unknown(service.policy, config, path)
            continue
        others = [key for key in policy.model_fields_set if key not in ("breaker", "bulkhead", "max_attempts_total")]
        if others or not (policy.breaker or policy.bulkhead):
            has = f"has {' and '.join(sorted(others))}" if others else "has neither"
            yield Finding(
                path,
                f"a service's policy has a breaker, a bulkhead or both; {service.policy!r} {has}",
                "the tries belong to cases and steps",
            )


def _check_rules(config: Config) -> Iterator[Finding]:
    """A dependency has one breaker and one bulkhead: cases under other policies share them."""
    seen: dict[tuple[str, str], tuple[object, str]] = {}
    for name, policy in config.policies.items():
        if 1 + policy.retry.times > policy.max_attempts_total:
            yield _too_many(1 + policy.retry.times, f"{name!r} alone", policy, ("policies", name, "retry", "times"))
        owners = [service for service, each in config.services.items() if each.policy == name]
        for owner in owners or [""]:
            resolved = to_policy(name, policy, service=owner)
            parts: tuple[Breaker | Bulkhead, ...] = (*resolved.breakers, *resolved.bulkheads)
            for part in parts:
                key = type(part).__name__.lower()
                first, other = seen.setdefault((key, part.dependency), (part, name))
                if part.dependency and first != part:
                    message = f"the {key} of {part.dependency!r} is another one in {name!r} than in {other!r}, and both share it"
                    yield Finding(("policies", name, key), message, "write the same in both", at_key=True)


def _check_fallbacks(config: Config) -> Iterator[Finding]:
    for name, policy in config.policies.items():
        if policy.fallback is None:
            continue
        path = ("policies", name, "fallback")
        group = config.groups.get(policy.fallback.group)
        if group is None:
            hint = did_you_mean(policy.fallback.group, list(config.groups)) or "a fallback is a group of steps, see groups"
            yield Finding(path, f"unknown group {policy.fallback.group!r}", hint)
            continue
        missing = [param for param in group.params if param not in policy.fallback.with_]
        if missing:
            yield Finding(path, f"the group {policy.fallback.group!r} needs {', '.join(missing)}", f"add with: {{{missing[0]}: …}}")


def _check_suites(config: Config) -> Iterator[Finding]:
    steps = _StepTries(config)
    yield from steps.check_groups()
    for index, suite in enumerate(config.suites):
        path: Path = ("suites", index)
        yield from _check_own_tries(config, suite, path)
        if not isinstance(suite, StepsSuite):
            continue
        yield from steps.check(suite.setup, (*path, "setup"))
        for number, case in enumerate(suite.cases):
            here = (*path, "cases", number)
            yield from steps.check(case.steps, (*here, "steps"))
            yield from _check_product(config, steps, case.policy, suite, case.steps, here)


def _check_own_tries(config: Config, suite: SuiteConfig, path: Path) -> Iterator[Finding]:
    """The tries of a suite whose cases are not written here, times those that its own framework was told to make."""
    name = suite.policy or config.policy
    policy = config.policies.get(name) if name is not None else None
    if policy is None:
        return
    if isinstance(suite, StepsSuite):
        return
    if policy.fallback is not None and suite.policy is not None:
        yield Finding(
            (*path, "policy"),
            f"the fallback of {name!r} is a group of steps, and a suite of {suite.adapter} has no steps",
            "give this suite a policy without one",
        )
    reruns = _reruns(getattr(suite, "args", ()))
    total = (1 + policy.retry.times) * (1 + reruns)
    if total > policy.max_attempts_total:
        how = f"{1 + policy.retry.times} of {name!r}" + (f" × {1 + reruns} of --reruns" if reruns else "")
        yield _too_many(total, how, policy, (*path, "policy") if suite.policy else (*path, "name"))


def _check_product(
    config: Config, steps: _StepTries, own: str | None, suite: SuiteConfig, written: Sequence[Step], path: Path
) -> Iterator[Finding]:
    name = own or suite.policy or config.policy
    policy = config.policies.get(name, PolicyConfig()) if name is not None else PolicyConfig()
    tries = 1 + policy.retry.times
    most, place, step_name = steps.most(written, (*path, "steps"))
    if tries * most <= policy.max_attempts_total:
        return
    words = [f"{tries} of the case ({name!r})" if name else "1 of the case", *([f"{most} of the step ({step_name!r})"] if most > 1 else [])]
    place = place or ((*path, "policy") if own else (*path, "name"))
    yield _too_many(tries * most, " × ".join(words), policy, place)


def _too_many(total: int, how: str, policy: PolicyConfig, place: Path) -> Finding:
    message = f"this can be tried {total} times ({how}), more often than max_attempts_total: {policy.max_attempts_total}"
    return Finding(place, message, "retry less, or raise max_attempts_total of the policy")


class _StepTries:
    """How often steps are tried by policies of their own."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._groups: dict[str, tuple[int, Path | None, str]] = {}

    def check_groups(self) -> Iterator[Finding]:
        """What is wrong with the policies of the groups' steps."""
        for name, group in self._config.groups.items():
            yield from self.check(group.steps, ("groups", name, "steps"))

    def check(self, steps: Sequence[Step], path: Path) -> Iterator[Finding]:
        """What is wrong with the policies of these steps."""
        for index, action, value in _told(steps):
            here = (*path, index, action)
            yield from self._check_nested(value, here)
            name = getattr(value, "policy", None)
            if name is None:
                continue
            policy = self._config.policies.get(name)
            if policy is None:
                yield _unknown(name, self._config, (*here, "policy"))
            elif policy.breaker is not None or policy.bulkhead is not None:
                yield Finding(
                    (*here, "policy"),
                    f"{name!r} has a breaker or a bulkhead, which guard whole attempts of a case",
                    "give it to the case, the suite or the service",
                )

    def most(self, steps: Sequence[Step], path: Path) -> tuple[int, Path | None, str]:
        """The most tries that one of these steps, or one in a group that they use, can have by itself, where, and by which policy."""
        best: tuple[int, Path | None, str] = (1, None, "")
        for index, action, value in _told(steps):
            found = self._in_group(value.group) if action == "use" else self._of(value, (*path, index, action))
            if found[0] > best[0]:
                best = found
        return best

    def _of(self, value: object, path: Path) -> tuple[int, Path | None, str]:
        name = getattr(value, "policy", None)
        policy = self._config.policies.get(name) if name is not None else None
        return (1, None, "") if policy is None else (1 + policy.retry.times, (*path, "policy"), str(name))

    def _in_group(self, name: str) -> tuple[int, Path | None, str]:
        if name not in self._groups:
            self._groups[name] = (1, None, "")  # a circle is told elsewhere
            group = self._config.groups.get(name)
            if group is not None:
                self._groups[name] = self.most(group.steps, ("groups", name, "steps"))
        return self._groups[name]

    def _check_nested(self, value: Any, path: Path) -> Iterator[Finding]:
        """A locator inside a step cannot have a policy: the step has it."""
        if not dataclasses.is_dataclass(value):
            return
        for field in dataclasses.fields(value):
            inner = getattr(value, field.name)
            if isinstance(inner, Target) and inner.policy is not None:
                key = "from" if field.name == "source" else field.name
                yield Finding((*path, key, "policy"), "a locator has no policy of its own", "move it up, to the step", at_key=True)


def _told(steps: Sequence[Step]) -> Iterator[tuple[int, str, Any]]:
    """The steps by their places; one with no action, or with two, is told elsewhere."""
    return ((index, action, value) for index, step in enumerate(steps) for action, value in step.items())


def _unknown(name: str, config: Config, path: Path) -> Finding:
    known = list(config.policies)
    some = f"known: {', '.join(known[:12])}" if known else "the file has no policies"
    return Finding(path, f"unknown policy {name!r}", did_you_mean(name, known) or some)


def _reruns(args: Iterable[str]) -> int:
    """What ``--reruns`` in a suite's arguments says."""
    words = list(args)
    for index, word in enumerate(words):
        match = _RERUNS.match(word)
        if match:
            number = match[1] or (words[index + 1] if index + 1 < len(words) else "")
            return int(number) if number.isdigit() else 0
    return 0
