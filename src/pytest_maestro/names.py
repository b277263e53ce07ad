"""From pytest's node ids, which depend on where pytest was started, to the identities of the history, which do not."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from maestro_fabric.adapters.pytest.identity import native_case_id, root_relative
from maestro_fabric.model import Case, CaseId, Location

if TYPE_CHECKING:
    from maestro_fabric.plan import Plan, PlannedSuite

__all__ = ["NATIVE_ADAPTER", "NATIVE_SUITE", "Names", "NativePath", "project_of"]

NATIVE_ADAPTER = "pytest"
"""The adapter whose suites are collected as what they are."""
NATIVE_SUITE = "tests"
"""The suite of tests that no config knows."""

_GROUP_SUFFIX = re.compile(r"@[^\]@]+$")


@dataclass(frozen=True, slots=True)
class NativePath:
    """A path of a native suite, absolute, and the class or function in it when it is a node id."""

    path: Path
    names: str
    suite: PlannedSuite

    @property
    def argument(self) -> str:
        """As pytest's command line has it."""
        return f"{self.path}::{self.names}" if self.names else str(self.path)

    def owns(self, path: Path, names: str) -> bool:
        """Whether a test lies below this path."""
        if not path.is_relative_to(self.path):
            return False
        return not self.names or names == self.names or names.startswith((f"{self.names}::", f"{self.names}["))


class Names:
    """The identity of each node id.

    Args:
        project: The project of all identities.
        rootdir: What node ids are relative to.
        root: What the module paths in names are relative to: the config's folder, or the rootdir.
        config_path: The qa.yaml; ``None`` without one.
        plan: The suites of the config; ``None`` without one.
        natives: The paths of the native suites.
        suite: The suite of tests that none of them owns.
        has_groups: Whether node ids may end with ``@group``, as ``--dist loadgroup`` makes them.

    Attributes:
        tags: The marks that native tests of suites have of their own, by node id.
    """

    def __init__(
        self,
        *,
        project: str,
        rootdir: Path,
        root: Path,
        config_path: Path | None = None,
        plan: Plan | None = None,
        natives: Sequence[NativePath] = (),
        suite: str = NATIVE_SUITE,
        has_groups: bool = False,
    ) -> None:
        self.project = project
        self._rootdir = rootdir
        self._root = root
        self.tags: dict[str, Sequence[str]] = {}
        self._default = suite
        self._has_groups = has_groups
        # The most specific path owns a test: `tests` and `tests/api` may be two suites.
        self._natives = sorted(natives, key=lambda native: (len(native.path.parts), len(native.names)), reverse=True)
        self._cases: dict[str, Case] = {}
        self._suites: dict[str, PlannedSuite] = {}
        # By file: its suite, unless that depends on the test, and the beginning of its tests' names.
        self._files: dict[str, tuple[str | None, str]] = {}
        if config_path is not None and plan is not None:
            self._add_cases(os.path.relpath(config_path, rootdir).replace(os.sep, "/"), plan)

    def plain(self, nodeid: str) -> tuple[str, str, str]:
        """A native test's suite, name and parameter id. Called for each test: it must be quick."""
        path, _, rest = nodeid.partition("::")
        names, bracket, params = rest.partition("[")
        suite, prefix = self._files.get(path) or self._add_file(path)
        if suite is None:
            owner = self.native_suite(nodeid)
            suite = self._default if owner is None else owner.name
        if self._has_groups:
            names, params = (names, _GROUP_SUFFIX.sub("", params)) if bracket else (_GROUP_SUFFIX.sub("", names), "")
        name = f"{prefix}.{names.replace('::', '.')}" if names else prefix
        return suite, name, params.removesuffix("]") if bracket else ""

    def case(self, nodeid: str, location: tuple[str, int | None, str] | None = None) -> Case:
        """The case of a node id; for a native test with the place that pytest gives."""
        own_tags = self.tags.get(nodeid, ())
        if self._has_groups and nodeid not in self._cases:
            nodeid = _GROUP_SUFFIX.sub("", nodeid)
        case = self._cases.get(nodeid)
        if case is not None:
            return case
        suite_name, name, params = self.plain(nodeid)
        place = None
        if location is not None and location[1] is not None:
            place = Location(location[0], location[1] + 1)
        case_id = CaseId(self.project, suite_name, name, params)
        suite = self.native_suite(nodeid)
        if suite is None:
            return Case(id=case_id, location=place)
        config = suite.config
        return Case(
            id=case_id,
            location=place,
            tags=tuple(dict.fromkeys([*config.tags, *own_tags])),
            owner=config.owner,
            links=tuple(config.links),
            services=tuple(config.services),
        )

    def suite(self, nodeid: str) -> PlannedSuite | None:
        """The suite of a node id; ``None`` for a test that no suite names."""
        return self._suites.get(nodeid) or self._suites.get(_GROUP_SUFFIX.sub("", nodeid)) or self.native_suite(nodeid)

    def native_suite(self, nodeid: str) -> PlannedSuite | None:
        """The native suite that owns a test or a file."""
        if not self._natives:
            return None
        path, _, names = nodeid.partition("::")
        whole = Path(os.path.normpath(self._rootdir / path))
        return next((native.suite for native in self._natives if native.owns(whole, names)), None)

    def _add_cases(self, file: str, plan: Plan) -> None:
        for suite in plan.suites:
            for case in suite.cases:
                nodeid = f"{file}::{suite.name}::{case.id.title}"
                self._cases[nodeid] = case
                self._suites[nodeid] = suite

    def _add_file(self, path: str) -> tuple[str | None, str]:
        whole = Path(os.path.normpath(self._rootdir / path))
        suite = self.native_suite(path)
        name = self._default if suite is None else suite.name
        prefix = native_case_id(self.project, name, path, root_relative(whole, self._root)).name
        depends_on_test = any(native.names and native.path == whole for native in self._natives)
        self._files[path] = None if depends_on_test else name, prefix
        return self._files[path]


def project_of(rootdir: Path) -> str:
    """The name under which tests without a config are remembered: pyproject.toml's, else the folder's."""
    file = rootdir / "pyproject.toml"
    if not file.exists():
        return rootdir.name or "tests"
    import tomllib  # a tenth of what is imported to record a suite

    try:
        name = tomllib.loads(file.read_text(encoding="utf-8")).get("project", {}).get("name")
    except (OSError, ValueError):
        name = None
    return name if isinstance(name, str) and name else rootdir.name or "tests"
