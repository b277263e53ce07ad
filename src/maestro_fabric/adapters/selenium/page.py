"""The script of ours that finds and acts in the page, with the calls that are made of it."""

from __future__ import annotations

from functools import cache

from maestro_fabric.adapters.browser.scripts import finding_script, script_text

__all__ = ["LEAVING", "SETTLED", "VALUE_OF", "act", "find_frame", "on_all"]

VALUE_OF = """
const source = arguments[0];
let value;
try { value = (0, eval)('(' + source + '\\n)'); } catch (error) {
  if (!(error instanceof SyntaxError)) throw error;
  value = (0, eval)(source);
}
return typeof value === 'function' ? value(arguments[1]) : value;
"""
"""``(expression or function, arg) → its value``, as Playwright's ``evaluate`` takes them."""

SETTLED = """
const [moment, limit] = arguments;
const until = performance.now() + limit;
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const code = () => location.protocol === 'chrome-error:' ? (document.body.innerText.match(/ERR_[A-Z_]+/) || ['ERR_FAILED'])[0] : '';
if (code()) return code();
const isLoaded = () => document.readyState === 'complete';
const count = () => performance.getEntriesByType('resource').length;
for (let seen = -1, since = 0; moment === 'load' || moment === 'networkidle'; await wait(10)) {
  if (isLoaded() && (moment === 'load' || (count() === seen && performance.now() - since >= 500))) return '';
  if (count() !== seen) { seen = count(); since = performance.now(); }
  if (performance.now() >= until) return null;
}
return '';
"""
"""``(moment, limit in ms) → ""`` when the page is that far, ``None`` when it is not in time, or Chromium's error code."""


@cache
def _library() -> str:
    return finding_script() + script_text(__package__, "page.js")


@cache
def _call(text: str) -> str:
    return f"{_library()}\n{text}"


def act() -> str:
    """``(locator, wanted, limit, deed, argument) → what `ready` in page.js gives``."""
    return _call("return act(...arguments);")


def find_frame() -> str:
    """``(css) → [frame, left, top]`` of the inside of the first frame that matches; ``None`` when there is none."""
    return _call(
        "const frame = css(arguments[0])[0]; if (!frame) return null; const box = frame.getBoundingClientRect();"
        "const style = getComputedStyle(frame);"
        "const inset = (side) => parseFloat(style['border' + side + 'Width']) + parseFloat(style['padding' + side]);"
        "return [frame, box.x + inset('Left'), box.y + inset('Top')];"
    )


LEAVING = "return new Promise((done) => setTimeout(() => done(window[Symbol.for('maestro-leaving')] === true), 0))"
"""Whether the page is about to be replaced by another one, since the last call of `act`."""


@cache
def on_all(script: str) -> str:
    """``(locator, arg) → script(elements, arg)`` for all elements that match."""
    return _call(f"return ({script})(find(arguments[0]), arguments[1]);")
