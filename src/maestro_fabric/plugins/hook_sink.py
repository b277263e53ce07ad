"""Events for plugins: each is handed to the hooks that tell of it."""

from __future__ import annotations

import pluggy

from maestro_fabric.events import AttemptFinished, BreakerChanged, Event, Healed

__all__ = ["HookSink"]

_TOLD = ("maestro_event", "maestro_attempt_finished", "maestro_breaker_changed", "maestro_healed")


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
