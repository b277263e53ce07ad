"""Functions that pages are asked again and again, kept where Playwright's own are: beside a page, in a world apart from its scripts."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Selectors

__all__ = ["KeptScripts"]

# A selector engine is Playwright's public way into that world. This one is given the elements, one by one, and finds nothing, until it
# is given the document: then it makes an element whose text is the answer.
_ENGINE = """{
  queryAll(root, body) {
    if (body !== this.body) { this.body = body; this.elements = []; }
    if (root.nodeType !== Node.DOCUMENT_NODE) { this.elements.push(root); return []; }
    const arg = JSON.parse(decodeURIComponent(body.slice(body.indexOf(':') + 1))), made = root.createElement('p');
    made.textContent = JSON.stringify((%s)(this.elements, arg));
    this.body = this.elements = null;
    return [made];
  },
  query(root, body) { return this.queryAll(root, body)[0]; },
}"""


_PATIENCE_MS = 500.0


class KeptScripts:
    """Functions of elements and an argument, by their text; what they give must be JSON.

    What ``evaluate`` and ``evaluate_all`` are given is sent and read anew by each call, and the first one in a page waits until
    Playwright has put its tools into the page's own world, which clicks, fills and its own expectations do without. Measured on a small
    page: reading an element for the first time takes 16.3 ms by ``evaluate_all`` and 2.7 ms in this way (2.7 ms Playwright's ``expect``),
    and 2.1 against 1.5 ms when another one is read.

    Args:
        selectors: Playwright's.
    """

    def __init__(self, selectors: Selectors) -> None:
        self._selectors = selectors
        self._names: dict[str, str] = {}
        self._asked = 0

    def ask(self, page: Page, script: str, arg: Any) -> Any:
        """What a function of ``arg`` gives in a page.

        Raises:
            playwright.sync_api.Error: when the function raises an error, or the page does not answer.
        """
        from playwright.sync_api import Error

        # A page that was loaded before the function was kept does not have it; and of what is really wrong the plain call tells.
        with suppress(Error):
            return _read(page.locator(self._selector(f"(_elements, arg) => ({script})(arg)", arg)))
        return page.evaluate(script, arg)

    def ask_all(self, page: Page, locator: Locator, script: str, arg: Any) -> Any:
        """What a function of all elements that match now, and of ``arg``, gives.

        Args:
            page: Whose main frame the locator is for.
            locator: Finds the elements.
            script: The function.
            arg: Its argument.

        Raises:
            playwright.sync_api.Error: when the function raises an error, the locator cannot be read, or the page does not answer.
        """
        from playwright.sync_api import Error

        selector = self._selector(script, arg)
        with suppress(Error):
            return _read(locator.locator(selector).or_(page.locator(selector)))
        return locator.evaluate_all(script, arg)

    def _selector(self, script: str, arg: Any) -> str:
        if script not in self._names:
            name = f"maestro_{len(self._names)}"
            self._selectors.register(name, script=_ENGINE.replace("%s", script), content_script=True)
            self._names[script] = name
        self._asked += 1
        # Each question by a number of its own. The text of a selector means something: nothing of the kind is left in it.
        return f"{self._names[script]}={self._asked}:{quote(json.dumps(arg), safe='')}"


def _read(answer: Locator) -> Any:
    # It is there at once, but Playwright would ask a page that is replaced again and again for ever.
    return json.loads(answer.text_content(timeout=_PATIENCE_MS) or "null")
