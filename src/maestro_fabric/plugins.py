"""Plugins, ours and others', from the entry-point group ``maestro_fabric``. A broken one is named and left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import cast

import pluggy

from maestro_fabric import hookspecs
from maestro_fabric.config.models import SuiteConfig
from maestro_fabric.events import Event
from maestro_fabric.ports import ADAPTER_API, Adapter

__all__ = ["ENTRY_POINT_GROUP", "HookSink", "PluginInfo", "Plugins", "load_plugins"]

ENTRY_POINT_GROUP = hookspecs.HOOK_NAMESPACE


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginInfo:
    """A plugin that was found: its name, the package that brings it, its adapters, and why it was left out (or nothing)."""

    name: str
    package: str
    adapters: tuple[str, ...] = ()
    problem: str = ""


class Plugins:
    """The plugins that could be loaded.

    Attributes:
        adapters: The adapters by their names.
        found: Every plugin that was found, also the broken ones, by name.
        warnings: One line for each plugin or adapter that was left out.
    """

    def __init__(self, entries: Iterable[EntryPoint]) -> None:
        self._manager = pluggy.PluginManager(hookspecs.HOOK_NAMESPACE)
        self._manager.add_hookspecs(hookspecs)
        self.adapters: dict[str, Adapter] = {}
        self.found: list[PluginInfo] = []
        self.warnings: list[str] = []
        for entry in sorted(entries, key=lambda entry: entry.name):
            self._add(entry)

    @property
    def suite_models(self) -> Mapping[str, type[SuiteConfig]]:
        """The model of each adapter's suites, by the adapter's name."""
        return {name: adapter.suite_model for name, adapter in self.adapters.items()}

    def secret(self, name: str) -> str | None:
        """The value that the first plugin which knows the secret gives; ``None`` when none does."""
        return cast("str | None", self._manager.hook.maestro_secret(name=name))

    def event_sink(self) -> HookSink:
        """A sink that hands every event to the plugins' ``maestro_event``."""
        return HookSink(self._manager)

    def register(self, plugin: object, name: str) -> None:
        """Add a plugin that is no entry point, e.g. one from a test or a notebook.

        Raises:
            PluginValidationError: when a hook of it does not have the arguments that the hook has.
        """
        self._manager.register(plugin, name=name)
        self.found.append(PluginInfo(name=name, package="", adapters=self._take_adapters(name)))

    def _add(self, entry: EntryPoint) -> None:
        package = f"{entry.dist.name} {entry.dist.version}" if entry.dist else ""
        try:
            self.register(entry.load(), entry.name)
        except Exception as exc:
            # The border to other people's code: whatever it raises, the rest must still work.
            if self._manager.has_plugin(entry.name):
                self._manager.unregister(name=entry.name)
            self._leave_out(entry.name, package, f"{type(exc).__name__}: {exc}")
        else:
            self.found[-1] = PluginInfo(name=entry.name, package=package, adapters=self.found[-1].adapters)

    def _leave_out(self, name: str, package: str, problem: str) -> None:
        first_line = problem.splitlines()[0]
        self.found.append(PluginInfo(name=name, package=package, problem=first_line))
        origin = f" of {package}" if package else ""
        self.warnings.append(f"the plugin {name!r}{origin} is left out: {first_line}")

    def _take_adapters(self, name: str) -> tuple[str, ...]:
        others = [plugin for plugin in self._manager.get_plugins() if self._manager.get_name(plugin) != name]
        given = self._manager.subset_hook_caller("maestro_adapters", others)()
        taken = []
        for adapter in (adapter for adapters in given for adapter in adapters):
            problem = self._problem_of(adapter)
            if problem:
                self.warnings.append(f"an adapter of the plugin {name!r} is left out: {problem}")
            else:
                self.adapters[adapter.name] = adapter
                taken.append(adapter.name)
        return tuple(taken)

    def _problem_of(self, adapter: Adapter) -> str:
        missing = [part for part in ("name", "api", "suite_model", "check", "discover", "open") if not hasattr(adapter, part)]
        if missing:
            return f"{type(adapter).__name__} has no {', '.join(missing)}"
        if adapter.api != ADAPTER_API:
            return f"{adapter.name!r} was written for version {adapter.api} of the adapter interface, this is version {ADAPTER_API}"
        if adapter.name in self.adapters:
            return f"another plugin brings an adapter named {adapter.name!r} already"
        return ""


class HookSink:
    """Hands events to plugins; one that raises is named once, and hears nothing more.

    Attributes:
        warnings: One line for each plugin that raised.
    """

    def __init__(self, manager: pluggy.PluginManager) -> None:
        self.warnings: list[str] = []
        self._manager = manager
        self._listeners = {impl.plugin_name: impl.plugin for impl in manager.hook.maestro_event.get_hookimpls()}

    def receive(self, event: Event) -> None:
        """Hand over one event."""
        for name in list(self._listeners):
            others = [plugin for other, plugin in self._manager.list_name_plugin() if other != name and plugin is not None]
            try:
                self._manager.subset_hook_caller("maestro_event", others)(event=event)
            except Exception as exc:
                # The border to other people's code, as above.
                del self._listeners[name]
                self.warnings.append(f"the plugin {name!r} hears no more events: its maestro_event raised {type(exc).__name__}: {exc}")

    def close(self) -> None:
        """Nothing to do: hooks keep nothing open."""


def load_plugins() -> Plugins:
    """Every plugin installed here."""
    return Plugins(entry_points(group=ENTRY_POINT_GROUP))
