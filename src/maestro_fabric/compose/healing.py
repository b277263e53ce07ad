"""Puts a healer together from the file, the command line, the environment and what earlier runs have left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from maestro_fabric.config.models import Config, HealingConfig
from maestro_fabric.folders import make_folder
from maestro_fabric.model import CaseId
from maestro_fabric.plugins import Plugins
from maestro_fabric.ports import Clock, Healer, RunOptions

if TYPE_CHECKING:
    from maestro_fabric.healing.healer import Knowledge

__all__ = ["make_healer", "make_plain_healer"]


def make_healer(
    config: Config, options: RunOptions, *, environ: Mapping[str, str], store: Path, artifacts: Path, plugins: Plugins, clock: Clock
) -> Healer | None:
    """The healer of a process; ``None`` when healing is off. Nothing is read or imported before an element is asked for.

    Args:
        config: The whole config.
        options: The command line's; its mode goes before the file's.
        environ: ``CI`` in it makes ``propose`` the default.
        store: The history.
        artifacts: The run's folder, in which its processes count their heals together.
        plugins: Asked before the matcher.
        clock: Time.
    """
    return _make(config.healing, config.project, options, environ, options.store or store, artifacts, plugins, clock)


def make_plain_healer(
    project: str,
    options: RunOptions,
    *,
    environ: Mapping[str, str],
    artifacts: Path,
    plugins: Plugins | None,
    clock: Clock,
    settings: Mapping[str, Any] = {},
) -> Healer | None:
    """The same for a process without a config.

    Args:
        project: Whose tests these are.
        options: The command line's; nothing is known without its store.
        environ: ``CI`` in it makes ``propose`` the default.
        artifacts: The run's folder.
        plugins: Asked before the matcher; ``None`` for none.
        clock: Time.
        settings: ``healing`` of the config; without them those of a config that says nothing.
    """
    if options.store is None:
        return None
    return _make(HealingConfig(**settings), project, options, environ, options.store, artifacts, plugins, clock)


def _make(
    settings: HealingConfig,
    project: str,
    options: RunOptions,
    environ: Mapping[str, str],
    store: Path,
    artifacts: Path,
    plugins: Plugins | None,
    clock: Clock,
) -> Healer | None:
    mode = options.healing or settings.mode or ("propose" if environ.get("CI") else "heal")
    if mode == "off":
        return None

    def make() -> Healer:
        from maestro_fabric.healing.healer import LearntHealer

        return LearntHealer(
            lambda suite: _read(store, project, suite),
            now=clock.now,
            destructive=settings.destructive,
            ask_plugins=plugins.heal if plugins is not None else lambda _request: None,
            is_rejected=_Rejected(store),
            take_one=_budget(artifacts / "heals", settings.budget),
            only_proposes="healing only proposes here" if mode == "propose" else "",
        )

    return cast("Healer", _WhenAsked(make))


class _WhenAsked:
    """A healer that is made when it is first asked: a run without browsers does not pay for its import."""

    def __init__(self, make: Callable[[], Healer]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> Any:
        return getattr(self._healer, name)

    @cached_property
    def _healer(self) -> Healer:
        return self._make()


class _Rejected:
    """Whether a person rejected a heal, read from the store when an element is lost for the first time."""

    def __init__(self, store: Path) -> None:
        self._store = store

    def __call__(self, suite: str, old: str, new: str) -> bool:
        return (suite, old, new) in self._all

    @cached_property
    def _all(self) -> frozenset[tuple[str, str, str]]:
        from maestro_fabric.aggregator.heals import heal_rows

        return frozenset((row.case.suite, row.old, row.new) for row in heal_rows(self._store, where="heal.verdict = 2"))


def _read(store: Path, project: str, suite: str) -> Knowledge:
    from maestro_fabric.aggregator.heals import remembered
    from maestro_fabric.healing.healer import Knowledge, Known

    elements: dict[tuple[CaseId, str, str], Known] = {}
    by_locator: dict[str, Known] = {}
    for one in remembered(store, project, suite):  # oldest first, so that the newest stays
        elements[one.case, one.step, one.locator] = by_locator[one.locator] = one
    return Knowledge(elements=elements, by_locator=by_locator)


def _budget(folder: Path, limit: int) -> Callable[[], bool]:
    """Takes one of so many places, which all processes of a run share: each is a file that one of them can make."""

    def take_one() -> bool:
        make_folder(folder)
        for number in range(1, limit + 1):
            try:
                (folder / str(number)).touch(exist_ok=False)
            except FileExistsError:
                continue
            return True
        return False

    return take_one
