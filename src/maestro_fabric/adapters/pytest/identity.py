"""Which case a pytest item is, the same inside pytest and outside it."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from maestro_fabric.model import CaseId

__all__ = ["native_case_id", "root_relative"]


def native_case_id(project: str, suite: str, nodeid: str, root_relative: str) -> CaseId:
    """The identity of a pytest item, or of a module when the node id holds no ``::``.

    The name is the module's path with dots, then class and function; it does not depend on the folder pytest was called in.

    Args:
        project: The config's project.
        suite: The suite's name.
        nodeid: The item's node id.
        root_relative: The module's path relative to the config's folder (pytest's rootdir without a config), with ``/``.
    """
    _, _, rest = nodeid.partition("::")
    # A parameter id may hold `::` and `[`, a class's or function's name neither: the first bracket begins the parameters.
    names, bracket, params = rest.partition("[")
    parts = [*_module(root_relative), *(name for name in names.split("::") if name)]
    return CaseId(project, suite, ".".join(parts), params.removesuffix("]") if bracket else "")


def root_relative(path: Path, root: Path) -> str:
    """The path of a module as `native_case_id` wants it; for a module outside ``root``, with ``..`` for each step up."""
    ups = 0
    while not path.is_relative_to(root) and root != root.parent:
        root, ups = root.parent, ups + 1
    return PurePosixPath(*[".."] * ups, path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()).as_posix()


def _module(root_relative: str) -> list[str]:
    parts = [part for part in PurePosixPath(root_relative).parts if part not in ("..", ".", "/")]
    if parts:
        parts[-1] = parts[-1].removesuffix(".py")
    return parts
