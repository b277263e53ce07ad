"""How elements looked when their locators worked: one small picture of a page serves all elements in it that are learnt there."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from maestro_fabric.folders import make_folder
from maestro_fabric.model import CaseId

__all__ = ["CROP", "Looks"]

_STALE_S = 86_400.0
_MOST_FILES = 600
Box = tuple[float, float, float, float]

CROP = """async ([picture, wide, box]) => {
  const bytes = Uint8Array.from(atob(picture), (one) => one.charCodeAt(0));
  const whole = await createImageBitmap(new Blob([bytes]));
  const scale = whole.width / wide, beside = 120 * scale, above = 40 * scale;
  const [x, y, width, height] = box.map((side) => side * scale);
  const left = Math.max(0, Math.floor(x - beside)), top = Math.max(0, Math.floor(y - above));
  const right = Math.min(whole.width, x + width + beside), bottom = Math.min(whole.height, y + height + above);
  const canvas = new OffscreenCanvas(right - left, bottom - top);
  const pen = canvas.getContext('2d');
  pen.drawImage(whole, -left, -top);
  pen.strokeStyle = '#d6336c';
  pen.lineWidth = 3;
  pen.strokeRect(x - left - 4, y - top - 4, width + 8, height + 8);
  const cut = new Uint8Array(await (await canvas.convertToBlob({type: 'image/jpeg', quality: 0.85})).arrayBuffer());
  let text = '';
  for (const one of cut) text += String.fromCharCode(one);
  return btoa(text);
}"""
"""``([picture in base64, its width in CSS pixels, box]) → the element with a little around it, outlined, as a JPEG in base64``."""


@dataclass(slots=True)
class Looks:
    """The pictures of elements in one case, kept in a folder beside those of the runs when the case has passed.

    Attributes:
        folder: Where pictures lie, with a note for each element: which picture, and where in it.
    """

    folder: Path
    _pages: dict[str, tuple[str, Box]] = field(default_factory=dict)
    _pictures: dict[str, bytes] = field(default_factory=dict)
    _notes: dict[str, str] = field(default_factory=dict)

    def note(self, case: CaseId, locator: str, told: Mapping[str, Any], take: Callable[[], bytes] | None) -> None:
        """Have a picture of an element, unless there is a fresh one or it cannot be seen now.

        Args:
            case: Whose element it is; the cases of a suite share what they have pictured.
            locator: Its locator, in JSON.
            told: What the page said: ``page``, ``view`` (left, top, width, height of what is seen) and the ``element`` with its ``box``.
            take: Takes a picture of what is seen, as JPEG; without it only one that was taken before serves.
        """
        name = _name_of(case, locator)
        if name in self._notes or not told.get("view") or _is_fresh(self.folder / f"{name}.json"):
            return
        box = told["element"]["box"]
        picture, view = self._pages.get(told["page"], ("", told["view"]))
        if not picture or not _is_within(box, view):
            view = told["view"]
            if take is None or not _is_within(box, view):
                return
            taken = take()
            picture = hashlib.blake2b(taken, digest_size=12).hexdigest()
            self._pages[told["page"]] = picture, view
            self._pictures[picture] = taken
        place = (box[0] - view[0], box[1] - view[1], box[2], box[3])
        self._notes[name] = json.dumps({"picture": f"{picture}.jpg", "wide": view[2], "box": place})

    def keep(self) -> None:
        """Write what was pictured; the oldest files go when there are too many.

        Raises:
            OSError: when it cannot be written.
        """
        if not self._notes:
            return
        make_folder(self.folder)
        for name, picture in self._pictures.items():
            (self.folder / f"{name}.jpg").write_bytes(picture)
        for name, note in self._notes.items():
            (self.folder / f"{name}.json").write_text(note, encoding="utf-8")
        self._pictures.clear()
        self._notes.clear()
        files = sorted(self.folder.iterdir(), key=lambda file: file.stat().st_mtime)
        for file in files[: max(0, len(files) - _MOST_FILES)]:
            file.unlink(missing_ok=True)

    def find(self, case: CaseId, locator: str) -> tuple[str, float, Box] | None:
        """What `CROP` takes of how an element looked; ``None`` when there is no picture of it."""
        try:
            note = json.loads((self.folder / f"{_name_of(case, locator)}.json").read_text("utf-8"))
            picture = (self.folder / note["picture"]).read_bytes()
        except (OSError, ValueError):
            return None
        return base64.b64encode(picture).decode(), note["wide"], tuple(note["box"])


def _name_of(case: CaseId, locator: str) -> str:
    return hashlib.blake2b("\0".join((case.project, case.suite, locator)).encode(), digest_size=12).hexdigest()


def _is_fresh(note: Path) -> bool:
    try:
        return time.time() - note.stat().st_mtime < _STALE_S
    except OSError:
        return False


def _is_within(box: Box, view: Box) -> bool:
    return view[0] <= box[0] and view[1] <= box[1] and box[0] + box[2] <= view[0] + view[2] and box[1] + box[3] <= view[1] + view[3]
