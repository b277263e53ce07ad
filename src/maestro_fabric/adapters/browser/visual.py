"""Two pictures compared, and where a stored one is."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from maestro_fabric.adapters.browser.evidence import safe_name, slug
from maestro_fabric.errors import PluginError
from maestro_fabric.model import CaseId

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["FREEZE", "MASK", "THAW", "Comparison", "compare", "path_of"]

# Transitions and finite animations are ended, endless ones stopped, the caret is hidden; a sheet that is constructed is
# allowed by every Content-Security-Policy.
FREEZE = """async () => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('*, *::before, *::after { caret-color: transparent !important; scroll-behavior: auto !important; }');
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  window.__maestroFrozen = {sheet, paused: []};
  for (const animation of document.getAnimations()) {
    const timing = animation.effect ? animation.effect.getComputedTiming() : {endTime: Infinity};
    if (animation.playbackRate > 0 && Number.isFinite(timing.endTime)) animation.finish();
    else { animation.pause(); animation.currentTime = 0; window.__maestroFrozen.paused.push(animation); }
  }
  await document.fonts.ready;
}"""
"""``() → when nothing moves any more``."""

THAW = """() => {
  document.querySelectorAll('[data-maestro-mask]').forEach((mask) => mask.remove());
  const frozen = window.__maestroFrozen;
  if (!frozen) return;
  document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== frozen.sheet);
  frozen.paused.forEach((animation) => animation.play());
  delete window.__maestroFrozen;
}"""
"""``() → after what FREEZE and MASK did was undone``."""

MASK = """(elements) => {
  for (const element of elements) {
    const box = element.getBoundingClientRect();
    const mask = element.ownerDocument.createElement('div');
    mask.setAttribute('data-maestro-mask', '');
    const at = {position: 'absolute', left: `${box.left + scrollX}px`, top: `${box.top + scrollY}px`, width: `${box.width}px`,
      height: `${box.height}px`, background: '#f0f', zIndex: '2147483647', margin: '0', pointerEvents: 'none'};
    Object.assign(mask.style, at);
    element.ownerDocument.documentElement.append(mask);
  }
  return elements.length;
}"""
"""``(elements) → how many are covered now``."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two pictures differ.

    Attributes:
        wanted_size: Width and height of the stored one.
        seen_size: Width and height of the other.
        different: How many pixels differ; all of them when the sizes do.
        pixels: How many there are.
        picture: The difference as PNG: what differs is red on the faded stored picture.
    """

    wanted_size: tuple[int, int]
    seen_size: tuple[int, int]
    different: int
    pixels: int
    picture: bytes

    @property
    def has_other_size(self) -> bool:
        """Whether they cannot be compared pixel by pixel."""
        return self.wanted_size != self.seen_size

    @property
    def share(self) -> float:
        """The share of pixels that differ, from 0 to 1."""
        return self.different / self.pixels if self.pixels else 0.0

    def is_within(self, tolerance: float) -> bool:
        """Whether so little differs that it is the same picture."""
        return not self.has_other_size and self.share <= tolerance


def path_of(root: Path, case: CaseId, picture: str, engine: str) -> Path:
    """Where the stored picture is: ``__screenshots__/<suite>/<case>/<picture>-<engine>.png`` beside the config."""
    return root / "__screenshots__" / slug(case.suite) / slug(case.title) / f"{safe_name(picture)}-{engine}.png"


def compare(wanted: bytes, seen: bytes, *, threshold: float) -> Comparison:
    """Compare two pictures.

    Args:
        wanted: The stored one.
        seen: The one that was taken.
        threshold: From which share of the range, 0 to 1, a colour channel counts as different.

    Raises:
        PluginError: when the package that reads pictures is missing.
    """
    try:
        # Imported late: only suites with pictures pay for it.
        from PIL import Image, ImageChops
    except ImportError as exc:
        raise PluginError('check_visual needs an extra: pip install "pytest-maestro[visual]"') from exc
    one, two = (Image.open(io.BytesIO(data)).convert("RGB") for data in (wanted, seen))
    if one.size == two.size and one.tobytes() == two.tobytes():
        return Comparison(one.size, two.size, 0, one.width * one.height, b"")
    size = max(one.width, two.width), max(one.height, two.height)
    left, right = (_on_canvas(picture, size) for picture in (one, two))
    red, green, blue = ImageChops.difference(left, right).split()
    most = ImageChops.lighter(red, ImageChops.lighter(green, blue))
    mask = most.point([255 if value > threshold * 255 else 0 for value in range(256)])
    faded = Image.blend(left.convert("L").convert("RGB"), Image.new("RGB", size, "white"), 0.7)
    shown = io.BytesIO()
    Image.composite(Image.new("RGB", size, "red"), faded, mask).save(shown, "PNG")
    return Comparison(one.size, two.size, mask.histogram()[255], size[0] * size[1], shown.getvalue())


def _on_canvas(picture: Image, size: tuple[int, int]) -> Image:
    """The picture in the top left corner of a larger one, whose rest is unlike any other picture's."""
    if picture.size == size:
        return picture
    from PIL import Image

    canvas = Image.new("RGB", size, "#0f0" if picture.width < size[0] else "#00f")
    canvas.paste(picture, (0, 0))
    return canvas
