"""Plugins as they are installed: those of others are imported at once, ours when their adapter is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint
from typing import TypeVar, cast

import pluggy

from maestro_fabric import hookspecs
from maestro_fabric.config.models import SuiteConfig
from maestro_fabric.errors import PluginError
from maestro_fabric.model import Status
from maestro_fabric.plugins.entries import OUR_PACKAGE, by_origin, installed
from maestro_fabric.plugins.fitting import problem_of
from maestro_fabric.plugins.hook_sink import HookSink
from maestro_fabric.ports import Adapter, HealDecision, HealRequest

__all__ = ["PluginInfo", "Plugins", "load_plugins"]

T = TypeVar("T")
_VERDICTS = ("failed", "error", "blocked")


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
        adapters: The adapters by their names; going through the names imports none, asking for one of ours imports it.
        suite_models: The model of each adapter's suites, in the same way.
        warnings: One line for each plugin or adapter that was left out.
        left_out: The same lines by the name of the plugin or adapter.
    """

    def __init__(self, entries: Iterable[EntryPoint]) -> None:
        self._manager = pluggy.PluginManager(hookspecs.HOOK_NAMESPACE)
        self._manager.add_hookspecs(hookspecs)
        self._found: list[PluginInfo] = []
        self._adapters: dict[str, Adapter] = {}
        self.adapters: Mapping[str, Adapter] = _ByName(self._names, self._adapter)
        self.suite_models: Mapping[str, type[SuiteConfig]] = _ByName(self._names, lambda name: self._adapter(name).suite_model)
        self.warnings: list[str] = []
        self.left_out: dict[str, str] = {}
        ours, others = by_origin(entries)
        # Each of ours brings nothing but the adapter of its name. A file uses one or two of them, and all together take as long to
        # import as the rest of a start.
        self._waiting = {entry.name: entry for entry in ours}
        for entry in others:
            self._add(entry)

    @property
    def found(self) -> list[PluginInfo]:
        """Every plugin that was found, also the broken ones, all of them imported: ours first, then by name."""
        for name in list(self._waiting):
            self._add(self._waiting.pop(name))
        return sorted(self._found, key=lambda info: (info.package.partition(" ")[0] != OUR_PACKAGE, info.name))

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

    def _names(self) -> Iterator[str]:
        return iter((*self._waiting, *self._adapters))

    def _adapter(self, name: str) -> Adapter:
        if name in self._waiting:
            self._add(self._waiting.pop(name))
            if name not in self._adapters:
                raise PluginError(self.left_out[name])
        return self._adapters[name]

    def _add(self, entry: EntryPoint) -> None:
        info = PluginInfo(name=entry.name, package=_package_of(entry), entry_point=entry.value)
        if entry.name in self._waiting or self._manager.has_plugin(entry.name):
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
        self._found.append(replace(info, adapters=names, api=api, hooks=tuple(hooks)))

    def _leave_out(self, info: PluginInfo, problem: str) -> None:
        first_line = problem.splitlines()[0]
        self._found.append(replace(info, problem=first_line))
        origin = f" of {info.package}" if info.package else ""
        self._warn(info.name, f"the plugin {info.name!r}{origin} is left out: {first_line}")

    def _warn(self, name: str, line: str) -> None:
        if line not in self.warnings:
            self.warnings.append(line)
        self.left_out.setdefault(name, line)

    def _take_adapters(self, name: str) -> list[Adapter]:
        others = [plugin for plugin in self._manager.get_plugins() if self._manager.get_name(plugin) != name]
        given = self._manager.subset_hook_caller("maestro_adapters", others)()
        problems = [(adapter, problem_of(adapter)) for adapters in given for adapter in adapters]
        taken = []
        for adapter, unfit in problems:
            is_known = not unfit and adapter.name in tuple(self._names())
            problem = unfit or (f"another plugin brings an adapter named {adapter.name!r} already" if is_known else "")
            if problem:
                self._warn(str(getattr(adapter, "name", name)), f"an adapter of the plugin {name!r} is left out: {problem}")
            else:
                self._adapters[adapter.name] = adapter
                taken.append(adapter)
        return taken


class _ByName(Mapping[str, T]):
    """Values that are made when they are asked for."""

    def __init__(self, names: Callable[[], Iterator[str]], value_of: Callable[[str], T]) -> None:
        self._names = names
        self._value_of = value_of

    def __getitem__(self, name: str) -> T:
        return self._value_of(name)

    def __iter__(self) -> Iterator[str]:
        return self._names()

    def __len__(self) -> int:
        return sum(1 for _ in self._names())

    def __contains__(self, name: object) -> bool:
        return name in list(self._names())


def _package_of(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else ""


def load_plugins() -> Plugins:
    """Every plugin installed here."""
    return Plugins(installed())
