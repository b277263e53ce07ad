// Elements by their locators: by role, label and text too, and into open shadow roots. Meanings are Playwright's (packages/injected).
// names.js stands before this text. Nothing is left in the page.

function matcher(wanted, exact) {
  const text = fold(wanted);
  return exact ? (seen) => fold(seen) === text : (seen) => fold(seen).toLowerCase().includes(text.toLowerCase());
}

// ── trees and CSS ──

const hasShadow = () => { for (const element of document.querySelectorAll('*')) if (element.shadowRoot) return true; return false; };

function css(selector) {
  const plain = [...document.querySelectorAll(selector)];
  if (!hasShadow()) return plain;
  const chains = splitSelector(selector);
  return [...walk(document)].filter((element) => chains.some((chain) => matchesChain(element, chain, chain.length - 1)));
}

// [[{compound, combinator before it}, …], …]: one chain for each selector of the list.
function splitSelector(selector) {
  const chains = [[]];
  let text = '', depth = 0, quote = '', combinator = '';
  const push = () => { if (text.trim()) { chains.at(-1).push({compound: text.trim(), combinator}); combinator = ''; } text = ''; };
  for (let at = 0; at < selector.length; at++) {
    const char = selector[at];
    if (char === '\\') { text += char + (selector[++at] || ''); continue; }
    if (quote) { if (char === quote) quote = ''; } else if (char === '"' || char === "'") quote = char;
    else if (char === '[' || char === '(') depth++; else if (char === ']' || char === ')') depth--;
    if (quote || depth || !/[\s>+~,]/.test(char)) { text += char; continue; }
    push();
    if (char === ',') chains.push([]);
    else if (chains.at(-1).length) combinator = /\s/.test(char) ? combinator || ' ' : char;
  }
  push();
  return chains;
}

function matchesChain(element, chain, at) {
  if (!element || !isOne(element, chain[at].compound)) return false;
  if (at === 0) return true;
  const how = chain[at].combinator;
  if (how === '+') return matchesChain(element.previousElementSibling, chain, at - 1);
  const next = how === '~' ? (one) => one.previousElementSibling : parentOf;
  for (let other = next(element); other; other = how === '>' ? null : next(other)) if (matchesChain(other, chain, at - 1)) return true;
  return false;
}

function xpath(expression) {
  const found = document.evaluate(expression, document, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE, null);
  return Array.from({length: found.snapshotLength}, (_, at) => found.snapshotItem(at)).filter((node) => node.nodeType === 1);
}

// ── texts and labels ──

// The innermost elements with the text.
function byText(text, exact) {
  const isMeant = matcher(text, exact);
  const matches = (element) => !isSkipped(element) && isMeant(textOf(element));
  const children = (element) => [...childrenOf(element), ...(element.shadowRoot ? element.shadowRoot.children : [])];
  return [...walk(document)].filter((element) => matches(element) && !children(element).some(matches));
}

function byLabel(text, exact) {
  const isMeant = matcher(text, exact);
  return [...walk(document)].filter((element) => labelsOf(element).some(isMeant));
}

function byAttribute(name, value, exact) {
  const isMeant = exact ? (seen) => seen === value : (seen) => seen.toLowerCase().includes(value.toLowerCase());
  return [...walk(document)].filter((element) => element.hasAttribute(name) && isMeant(element.getAttribute(name)));
}

function byRole(role, name, exact) {
  const isMeant = name === null ? () => true : matcher(name, exact);
  return [...walk(document)].filter((element) => roleOf(element) === role && !isAriaHidden(element) && (name === null || isMeant(nameOf(element))));
}

// ── finding ──

const FINDERS = {
  css: (one) => css(one.value), xpath: (one) => xpath(one.value), text: (one) => byText(one.value, one.exact),
  label: (one) => byLabel(one.value, one.exact), placeholder: (one) => byAttribute('placeholder', one.value, one.exact),
  test_id: (one) => byAttribute(one.attribute, one.value, true), role: (one) => byRole(one.value, one.name, one.exact),
};

function find(locator) {
  const found = FINDERS[locator.key](locator);
  return locator.nth === null ? found : found.slice(...(locator.nth === -1 ? [-1] : [locator.nth, locator.nth + 1]));
}
