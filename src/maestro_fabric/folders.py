"""Makes the folders that stores and evidence are kept in."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

__all__ = ["OWN_FOLDER", "make_folder"]

OWN_FOLDER = ".maestro"
"""The folder of ours in a project, unless its config says otherwise."""


def make_folder(path: Path) -> None:
    """Make a folder with all above it; one there is stays as it is. A new ``.maestro`` tells git to leave it alone.

    Raises:
        OSError: when it cannot be made.
    """
    own = next((folder for folder in (path, *path.parents) if folder.name == OWN_FOLDER), None)
    if own is not None:
        own.parent.mkdir(parents=True, exist_ok=True)
        # Only who makes it writes into it: a person who took the file away wants the folder to be committed.
        with suppress(FileExistsError):
            own.mkdir()
            (own / ".gitignore").write_text("*\n", encoding="utf-8")
    path.mkdir(parents=True, exist_ok=True)
