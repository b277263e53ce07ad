"""Plugins, ours and others', from the entry-point group ``maestro_fabric``. A broken one is named and left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal, cast, get_args, get_origin

import pluggy

from maestro_fabric import hookspecs
from maestro_fabric.config.models import SuiteConfig
from maestro_fabric.events import AttemptFinished, BreakerChanged, Event, Healed
from maestro_fabric.model import Status
from maestro_fabric.ports import ADAPTER_API, OLDEST_ADAPTER_API, Adapter, HealDecision, HealRequest

__all__ = ["ENTRY_POINT_GROUP", "HookSink", "PluginInfo", "Plugins", "has_strangers", "load_plugins"]

ENTRY_POINT_GROUP = hookspecs.HOOK_NAMESPACE
_OUR_PACKAGE = "pytest-maestro"
_TOLD = ("maestro_event", "maestro_attempt_finished", "maestro_breaker_changed", "maestro_healed")
_VERDICTS = ("failed", "error", "blocked")
_PARTS = ("name", "api", "suite_model", "check", "discover", "open")


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginInfo:
    """A plugin that was found.

    Attributes:
        name: Its entry point's name.
        package: The distribution that brings it, with its version; empty when it was registered by hand.
        entry_point: What the entry point names, ``module`` or ``module:object``; empty when it was registered by hand.
        adapters: The names of its adapters, in its order.
        api: The version of the adapter interface that each of them was written for.
        hooks: The hooks that it implements, sorted.
        problem: Why it was left out, on one line; empty when it was not.
    """

    name: str
    package: str = ""
    entry_point: str = ""
    adapters: tuple[str, ...] = ()
    api: tuple[int, ...] = ()
    hooks: tuple[str, ...] = ()
    problem: str = ""


class Plugins:
    """The plugins that could be loaded.

    Attributes:
        adapters: The adapters by their names.
        found: Every plugin that was found, also the broken ones: ours first, then by name.
        warnings: One line for each plugin or adapter that was left out.
        left_out: The same lines by the name of the plugin or adapter.
    """

    def __init__(self, entries: Iterable[EntryPoint]) -> None:
        self._manager = pluggy.PluginManager(hookspecs.HOOK_NAMESPACE)
        self._manager.add_hookspecs(hookspecs)
        self.adapters: dict[str, Adapter] = {}
        self.found: list[PluginInfo] = []
        self.warnings: list[str] = []
        self.left_out: dict[str, str] = {}
        # Ours first, so that nobody takes the name of one of our adapters.
        for entry in sorted(entries, key=lambda entry: (_package_of(entry).partition(" ")[0] != _OUR_PACKAGE, entry.name, entry.value)):
            self._add(entry)

    @property
    def suite_models(self) -> Mapping[str, type[SuiteConfig]]:
        """The model of each adapter's suites, by the adapter's name."""
        return {name: adapter.suite_model for name, adapter in self.adapters.items()}

    def secret(self, name: str) -> str | None:
        """The value that the first plugin which knows the secret gives; ``None`` when none does."""
        return cast("str | None", self._manager.hook.maestro_secret(name=name))

    def classify(self, exception: BaseException) -> Status | None:
        """What an exception means by the first plugin that knows it; ``None`` when none does. A plugin that raises is warned of."""
        if not self._manager.hook.maestro_classify_error.get_hookimpls():
            return None
        try:
            answer = self._manager.hook.maestro_classify_error(exception=exception)
        except Exception as exc:
            # The border to other people's code, as below.
            self._warn("maestro_classify_error", f"maestro_classify_error raised {type(exc).__name__}: {exc}")
            return None
        if answer is None or answer in _VERDICTS:
            return None if answer is None else Status(answer)
        known = ", ".join(_VERDICTS)
        self._warn(
            "maestro_classify_error", f"maestro_classify_error answered {answer!r} to {type(exception).__name__}: it is one of {known}"
        )
        return None

    def heal(self, request: HealRequest) -> HealDecision | None:
        """What the first plugin that has an answer decides of a lost element; ``None`` when none does. One that raises is warned of."""
        try:
            return cast("HealDecision | None", self._manager.hook.maestro_heal(request=request))
        except Exception as exc:
            # The border to other people's code, as below.
            self._warn("maestro_heal", f"maestro_heal raised {type(exc).__name__}: {exc}")
            return None

    def event_sink(self) -> HookSink:
        """A sink that hands every event to the plugins' ``maestro_event``."""
        return HookSink(self._manager)

    def register(self, plugin: object, name: str) -> None:
        """Add a plugin that is no entry point, e.g. one from a test or a notebook.

        Raises:
            PluginValidationError: when a hook of it does not have the arguments that the hook has.
            ValueError: when there is a plugin of that name already.
        """
        self._register(plugin, PluginInfo(name=name))

    def _add(self, entry: EntryPoint) -> None:
        info = PluginInfo(name=entry.name, package=_package_of(entry), entry_point=entry.value)
        if self._manager.has_plugin(entry.name):
            self._leave_out(info, f"another plugin is called {entry.name!r} already")
            return
        try:
            self._register(entry.load(), info)
        except (Exception, SystemExit) as exc:
            # The border to other people's code: whatever it raises, the rest must still work.
            if self._manager.has_plugin(entry.name):
                self._manager.unregister(name=entry.name)
            self._leave_out(info, f"{type(exc).__name__}: {exc}")

    def _register(self, plugin: object, info: PluginInfo) -> None:
        self._manager.register(plugin, name=info.name)
        taken = self._take_adapters(info.name)
        hooks = sorted(caller.name for caller in self._manager.get_hookcallers(plugin) or ())
        names, api = tuple(adapter.name for adapter in taken), tuple(adapter.api for adapter in taken)
        self.found.append(replace(info, adapters=names, api=api, hooks=tuple(hooks)))

    def _leave_out(self, info: PluginInfo, problem: str) -> None:
        first_line = problem.splitlines()[0]
        self.found.append(replace(info, problem=first_line))
        origin = f" of {info.package}" if info.package else ""
        self._warn(info.name, f"the plugin {info.name!r}{origin} is left out: {first_line}")

    def _warn(self, name: str, line: str) -> None:
        if line not in self.warnings:
            self.warnings.append(line)
        self.left_out.setdefault(name, line)

    def _take_adapters(self, name: str) -> list[Adapter]:
        others = [plugin for plugin in self._manager.get_plugins() if self._manager.get_name(plugin) != name]
        given = self._manager.subset_hook_caller("maestro_adapters", others)()
        problems = [(adapter, _problem_of(adapter)) for adapters in given for adapter in adapters]
        taken = []
        for adapter, unfit in problems:
            problem = unfit or (f"another plugin brings an adapter named {adapter.name!r} already" if adapter.name in self.adapters else "")
            if problem:
                self._warn(str(getattr(adapter, "name", name)), f"an adapter of the plugin {name!r} is left out: {problem}")
            else:
                self.adapters[adapter.name] = adapter
                taken.append(adapter)
        return taken


def _package_of(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else ""


def _problem_of(adapter: Any) -> str:
    """Why an adapter does not fit the interface; empty when it does. One that cannot be asked raises what it raises."""
    missing = [part for part in _PARTS if not hasattr(adapter, part)]
    if missing:
        return f"{type(adapter).__name__} has no {', '.join(missing)}"
    if not isinstance(adapter.api, int) or adapter.api < OLDEST_ADAPTER_API:
        return f"{adapter.name!r} was written for version {adapter.api} of the adapter interface, this is version {ADAPTER_API}: update it"
    if adapter.api > ADAPTER_API:
        return (
            f"{adapter.name!r} needs version {adapter.api} of the adapter interface, this is version {ADAPTER_API}: update {_OUR_PACKAGE}"
        )
    if not isinstance(adapter.suite_model, type) or not issubclass(adapter.suite_model, SuiteConfig):
        return f"the suite_model of {adapter.name!r} is no subclass of maestro_fabric.config.models.SuiteConfig"
    # Without it, pydantic cannot tell the suites of a file apart, and no config at all could be read.
    named = adapter.suite_model.model_fields["adapter"].annotation
    if get_origin(named) is not Literal or get_args(named) != (adapter.name,):
        return f"the suite_model of {adapter.name!r} must say adapter: Literal[{adapter.name!r}]"
    uncallable = [part for part in ("check", "discover", "open") if not callable(getattr(adapter, part))]
    return f"{', '.join(uncallable)} of {adapter.name!r} cannot be called" if uncallable else ""


class HookSink:
    """Hands events to plugins; one that raises is named once, and hears nothing more.

    Attributes:
        warnings: One line for each plugin that raised.
    """

    def __init__(self, manager: pluggy.PluginManager) -> None:
        self.warnings: list[str] = []
        self._manager = manager
        self._listeners = {hook: _names_of(manager, hook) for hook in _TOLD}

    def receive(self, event: Event) -> None:
        """Hand over one event."""
        self._tell("maestro_event", event=event)
        if isinstance(event, AttemptFinished):
            self._tell("maestro_attempt_finished", case=event.case, attempt=event.attempt, is_last=event.is_last)
        elif isinstance(event, BreakerChanged):
            self._tell("maestro_breaker_changed", change=event)
        elif isinstance(event, Healed):
            self._tell("maestro_healed", event=event)

    def _tell(self, hook: str, **told: object) -> None:
        for name in list(self._listeners[hook]):
            others = [plugin for other, plugin in self._manager.list_name_plugin() if other != name and plugin is not None]
            try:
                self._manager.subset_hook_caller(hook, others)(**told)
            except Exception as exc:
                # The border to other people's code, as above.
                self._listeners[hook].remove(name)
                self.warnings.append(f"the plugin {name!r} hears no more events: its {hook} raised {type(exc).__name__}: {exc}")

    def close(self) -> None:
        """Nothing to do: hooks keep nothing open."""


def _names_of(manager: pluggy.PluginManager, hook: str) -> list[str]:
    return [impl.plugin_name for impl in getattr(manager.hook, hook).get_hookimpls()]


def has_strangers() -> bool:
    """Whether plugins of others are installed; nothing is loaded to find that out."""
    return any(_package_of(entry).partition(" ")[0] != _OUR_PACKAGE for entry in entry_points(group=ENTRY_POINT_GROUP))


def load_plugins() -> Plugins:
    """Every plugin installed here."""
    return Plugins(entry_points(group=ENTRY_POINT_GROUP))
