"""What is asked of a page: each question is one script and one round trip, the same for every browser driver."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Literal

__all__ = [
    "COLLECT_CANDIDATES",
    "DESCRIBE_MATCHES",
    "IS_VISIBLE",
    "ORIGIN",
    "READ_ELEMENTS",
    "finding_script",
    "fingerprint_script",
    "learn_found_script",
    "names_script",
    "script_text",
]


@cache
def names_script() -> str:
    """Functions that give an element's role, accessible name and labels."""
    return script_text(__package__, "names.js")


ORIGIN = """() => {
  const [entry] = performance.getEntriesByType('navigation');
  return entry ? [entry.name, entry.responseStatus || 0] : ['', 0];
}"""
"""``() → [address, status]`` of the answer that the page came from; the status is 0 in browsers that do not tell."""

IS_VISIBLE = """
const isVisible = (element) => {
  const style = getComputedStyle(element);
  if (style.display === 'contents') return [...element.children].some(isVisible);
  if (style.visibility !== 'visible') return false;
  const box = element.getBoundingClientRect();
  return box.width > 0 && box.height > 0;
};
"""
"""Visible as Playwright defines it: a box that is not empty, and no ``visibility: hidden``."""


@cache
def finding_script() -> str:
    """Functions that find elements by their locators, for the head of a script."""
    return IS_VISIBLE + names_script() + script_text(__package__, "locators.js")


@cache
def fingerprint_script(entry: Literal["learn", "placeOf", "collect"]) -> str:
    """A function of fingerprints.js that gives JSON: ``learn`` and ``placeOf`` take elements and what they say, ``collect`` only that."""
    # As text: a browser driver takes ten times as long for objects.
    return f"(...given) => {{{IS_VISIBLE}{names_script()}{_fingerprints()}\nreturn JSON.stringify({entry}(...given));\n}}"


@cache
def learn_found_script() -> str:
    """``([frames, locator, what learn takes]) → JSON``: finds the element, too, at half of the cost of having a browser driver find it."""
    # The functions look into the `document` of the frame that they are made for.
    return f"""([frames, locator, asked]) => {{
const within = (document) => {{{finding_script()}{_fingerprints()}
return {{css, find, learn}};
}};
let inside = document;
const offset = [0, 0];
for (const selector of frames) {{
  const [frame, second] = within(inside).css(selector);
  inside = second ? null : frame?.contentDocument;
  if (!inside) return 'null';
  const box = frame.getBoundingClientRect();
  offset[0] += box.x; offset[1] += box.y;
}}
const {{find, learn}} = within(inside);
return JSON.stringify(learn(find(locator), {{...asked, offset}}));
}}"""


@cache
def _fingerprints() -> str:
    return script_text(__package__, "fingerprints.js")


def script_text(package: str, name: str) -> str:
    """A script file of a package, without its comments and indentation: it is sent and read anew by each call."""
    lines = (line.strip() for line in (resources.files(package) / name).read_text("utf-8").splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


READ_ELEMENTS = (
    "(elements, names) => {"
    + IS_VISIBLE
    + """
// Past the names of a form's fields, which a form answers to first.
const isOne = (element, selector) => Element.prototype.matches.call(element, selector);
const isDisabled = (element) => isOne(element, ':disabled') || isOne(element, '[aria-disabled="true"], [aria-disabled="true"] *');
const isChecked = (element) => isOne(element, 'input') ? element.checked : element.getAttribute('aria-checked') === 'true';
return elements.map((element) => ({
  visible: isVisible(element),
  enabled: !isDisabled(element),
  checked: isChecked(element),
  field: isOne(element, 'input,textarea,select'),
  text: element.innerText ?? element.textContent ?? '',
  content: element.textContent ?? '',
  value: 'value' in element && element.value != null ? String(element.value) : null,
  attributes: Object.fromEntries(names.map((name) => [name, element.getAttribute(name)])),
}));
}"""
)
"""``(elements, attribute names) → one object an element``, read by `elements.read_elements`."""

# Roles by tag, for messages only: the driver's own engine decides what a role locator matches.
_DESCRIBE = """
const INPUT_ROLES = {button: 'button', submit: 'button', reset: 'button', image: 'button', checkbox: 'checkbox', radio: 'radio',
  range: 'slider', number: 'spinbutton', search: 'searchbox'};
const ROLES = {A: 'link', BUTTON: 'button', TEXTAREA: 'textbox', SELECT: 'combobox', OPTION: 'option', SUMMARY: 'button', IMG: 'img',
  H1: 'heading', H2: 'heading', H3: 'heading', H4: 'heading', H5: 'heading', H6: 'heading', NAV: 'navigation', TABLE: 'table',
  LI: 'listitem', FORM: 'form', DIALOG: 'dialog'};
const short = (text) => (text || '').replace(/\\s+/g, ' ').trim().slice(0, 80);
// Past the names of a form's fields, which a form answers to first.
const isOne = (element, selector) => Element.prototype.matches.call(element, selector);
const describe = (element) => {
  const isField = isOne(element, 'input,textarea,select');
  const label = isField && element.labels && element.labels.length ? short(element.labels[0].innerText) : '';
  const role = element.getAttribute('role')
    || (element.tagName === 'INPUT' ? INPUT_ROLES[element.type] || 'textbox' : ROLES[element.tagName]) || '';
  const text = isField ? '' : short(element.innerText ?? element.textContent);
  const own = element.tagName === 'INPUT' && INPUT_ROLES[element.type] === 'button' ? element.value : '';
  const name = short(element.getAttribute('aria-label')) || label || text || short(own) || short(element.getAttribute('alt'))
    || short(element.getAttribute('title')) || short(element.getAttribute('placeholder'));
  return {tag: element.tagName.toLowerCase(), role, name, text, label, id: element.getAttribute('id') || '',
    placeholder: element.getAttribute('placeholder') || '',
    test_id: element.getAttribute(testIdAttribute) || '', classes: typeof element.className === 'string' ? element.className : ''};
};
"""

DESCRIBE_MATCHES = "(elements, testIdAttribute) => {" + _DESCRIBE + "return elements.slice(0, 20).map(describe);}"
"""``(elements, test id attribute) → descriptions``, read by `candidates.Candidate`."""

COLLECT_CANDIDATES = (
    "(testIdAttribute) => {"
    + IS_VISIBLE
    + _DESCRIBE
    + """
const found = [];
const look = (root) => {
  for (const element of root.querySelectorAll('*')) {
    if (found.length >= 1000) return;
    const isLeaf = element.childElementCount === 0 && element.textContent.trim() !== '';
    const isNamed = element.hasAttribute('id') || element.hasAttribute(testIdAttribute);
    if ((isLeaf || isNamed || isOne(element, 'a,button,input,textarea,select,summary,img,[role],[onclick],h1,h2,h3,h4,h5,h6'))
        && !isOne(element, 'script,style,option') && isVisible(element)) found.push(element);
    if (element.shadowRoot) look(element.shadowRoot);
  }
};
look(document);
return found.map(describe);
}"""
)
"""``(test id attribute) → descriptions`` of what a person could mean on the page, open shadow roots included."""
