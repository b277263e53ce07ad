"""Where the evidence of an attempt is kept, and under which names."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from maestro_fabric.errors import ConfigError
from maestro_fabric.folders import make_folder
from maestro_fabric.model import Artifact, CaseId

__all__ = ["Evidence", "below_root", "slug"]

_MAX_SLUG = 80


@dataclass(slots=True)
class Evidence:
    """The folder of one attempt: ``<artifacts>/<suite>/<case>/<attempt>``, made when first written to.

    Attributes:
        artifacts: The run's folder.
        case: Whose evidence it is.
        attempt: The attempt's number, from 1.
        kept: What was written, in order.
    """

    artifacts: Path
    case: CaseId
    attempt: int
    kept: list[Artifact] = field(default_factory=list)
    _folder: Path | None = None

    def keep(self, kind: str, name: str) -> Path:
        """The path for a file that the caller writes now; it is listed as kept."""
        path = self._free(name)
        self.kept.append(Artifact(kind=kind, path=path.relative_to(self.artifacts).as_posix()))
        return path

    def keep_text(self, kind: str, name: str, text: str) -> None:
        """Write a text file."""
        self.keep(kind, name).write_text(text, encoding="utf-8", errors="replace")

    def scratch(self, name: str) -> Path:
        """A free path in the folder for a file that the caller removes again."""
        return self._free(f"scratch-{name}")

    def written(self) -> tuple[Artifact, ...]:
        """What was kept and is really there: the writing of evidence may fail."""
        return tuple(artifact for artifact in self.kept if (self.artifacts / artifact.path).is_file())

    def _free(self, name: str) -> Path:
        if self._folder is None:
            self._folder = self.artifacts / slug(self.case.suite) / slug(self.case.title) / str(self.attempt)
            make_folder(self._folder)
        wanted = self._folder / safe_name(name)
        path, number = wanted, 1
        while path.exists():
            number += 1
            path = wanted.with_stem(f"{wanted.stem}-{number}")
        return path


def slug(text: str) -> str:
    """A folder's name for a title. Different titles get different names: a changed one ends with a part of its hash."""
    plain = re.sub(r"[^A-Za-z0-9_.]+", "-", text).strip("-.")[:_MAX_SLUG]
    return plain if plain == text else f"{plain}-{hashlib.sha256(text.encode()).hexdigest()[:6]}"


def safe_name(name: str) -> str:
    """A file name without folders and special characters."""
    return re.sub(r"[^\w.() -]+", "_", name.replace("\\", "/").rsplit("/", 1)[-1]).strip(". ") or "file"


def below_root(root: Path, path: str) -> Path:
    """The file that a step names, relative to the config's folder.

    Raises:
        ConfigError: when it is not below that folder, or missing.
    """
    found = (root / path).resolve()
    if not found.is_relative_to(root.resolve()):
        raise ConfigError(f"{path!r} is not below the config's folder")
    if not found.is_file():
        raise ConfigError(f"{path!r} is not there (looked for {found})")
    return found
