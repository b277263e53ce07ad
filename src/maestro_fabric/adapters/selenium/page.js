// What Selenium's own commands do not know: locators by role, label and text that enter open shadow roots, and waiting
// until an element can be acted on. Meanings are Playwright's (packages/injected), so that a journey means the same on both.
// `isVisible` stands before this text, see page.py. Nothing is left in the page.

const fold = (text) => (text || '').replace(/[\u200b\u00ad]/g, '').trim().replace(/\s+/g, ' ');
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
// A tab in the background draws no frames.
const nextFrame = () => Promise.race([new Promise((done) => requestAnimationFrame(done)), wait(100)]);
const parentOf = (element) => element.parentElement || (element.parentNode && element.parentNode.host) || null;

function matcher(wanted, exact) {
  const text = fold(wanted);
  return exact ? (seen) => fold(seen) === text : (seen) => fold(seen).toLowerCase().includes(text.toLowerCase());
}

// ── trees and CSS ──

function* walk(root) {
  for (const element of root.children || []) {
    yield element;
    if (element.shadowRoot) yield* walk(element.shadowRoot);
    yield* walk(element);
  }
}

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
  if (!element || !element.matches(chain[at].compound)) return false;
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

const isSkipped = (element) => ['SCRIPT', 'NOSCRIPT', 'STYLE'].includes(element.nodeName) || (document.head && document.head.contains(element));

function textOf(element) {
  if (isSkipped(element)) return '';
  if (element.nodeName === 'INPUT' && ['submit', 'button'].includes(element.type)) return element.value;
  const parts = (node) => [...node.childNodes].map((child) => child.nodeType === 3 ? child.nodeValue : child.nodeType === 1 ? textOf(child) : '');
  return parts(element).join('') + (element.shadowRoot ? parts(element.shadowRoot).join('') : '');
}

// The innermost elements with the text.
function byText(text, exact) {
  const isMeant = matcher(text, exact);
  const matches = (element) => !isSkipped(element) && isMeant(textOf(element));
  const children = (element) => [...element.children, ...(element.shadowRoot ? element.shadowRoot.children : [])];
  return [...walk(document)].filter((element) => matches(element) && !children(element).some(matches));
}

const byIds = (element, name) => (element.getAttribute(name) || '').split(/\s+/).filter(Boolean)
  .map((id) => element.getRootNode().querySelector('#' + CSS.escape(id))).filter(Boolean);

function labelsOf(element) {
  const labelled = byIds(element, 'aria-labelledby');
  if (labelled.length) return labelled.map(textOf);
  const label = element.getAttribute('aria-label');
  if (label !== null && label.trim()) return [label];
  const canHave = ['BUTTON', 'METER', 'OUTPUT', 'PROGRESS', 'SELECT', 'TEXTAREA'].includes(element.nodeName)
    || (element.nodeName === 'INPUT' && element.type !== 'hidden');
  return canHave && element.labels ? [...element.labels].map(textOf) : [];
}

function byLabel(text, exact) {
  const isMeant = matcher(text, exact);
  return [...walk(document)].filter((element) => labelsOf(element).some(isMeant));
}

function byAttribute(name, value, exact) {
  const isMeant = exact ? (seen) => seen === value : (seen) => seen.toLowerCase().includes(value.toLowerCase());
  return [...walk(document)].filter((element) => element.hasAttribute(name) && isMeant(element.getAttribute(name)));
}

// ── roles and names: WAI-ARIA 1.2, HTML-AAM, accname 1.2 ──

const INPUT_ROLES = {button: 'button', submit: 'button', reset: 'button', image: 'button', checkbox: 'checkbox', radio: 'radio',
  range: 'slider', number: 'spinbutton', search: 'searchbox', hidden: '', file: 'button'};
const sectioning = 'article,aside,main,nav,section,[role=article],[role=complementary],[role=main],[role=navigation],[role=region]';
const named = (element) => element.hasAttribute('aria-label') || element.hasAttribute('aria-labelledby') || element.hasAttribute('title');
const outside = (role) => (element) => closest(element, sectioning) ? '' : role;
const cellRole = (role) => (element) => { const table = closest(element, 'table'); const own = table && table.getAttribute('role');
  return own === 'grid' || own === 'treegrid' ? 'gridcell' : role; };
const ROLES = {
  A: (e) => e.hasAttribute('href') ? 'link' : '', AREA: (e) => e.hasAttribute('href') ? 'link' : '', ARTICLE: 'article', ASIDE: 'complementary',
  BLOCKQUOTE: 'blockquote', BUTTON: 'button', CAPTION: 'caption', CODE: 'code', DATALIST: 'listbox', DD: 'definition', DEL: 'deletion',
  DETAILS: 'group', DFN: 'term', DIALOG: 'dialog', DT: 'term', EM: 'emphasis', FIELDSET: 'group', FIGURE: 'figure',
  FOOTER: outside('contentinfo'), FORM: (e) => named(e) ? 'form' : '', H1: 'heading', H2: 'heading', H3: 'heading', H4: 'heading',
  H5: 'heading', H6: 'heading', HEADER: outside('banner'), HR: 'separator', HTML: 'document',
  IMG: (e) => e.getAttribute('alt') === '' && !named(e) && isNaN(parseInt(e.getAttribute('tabindex'))) ? 'presentation' : 'img',
  INPUT: (e) => { const list = e.getAttribute('list'), type = e.type;
    if (list && ['text', 'email', 'tel', 'url', 'search'].includes(type) && e.list) return 'combobox';
    return type in INPUT_ROLES ? INPUT_ROLES[type] : 'textbox'; },
  INS: 'insertion', LI: 'listitem', MAIN: 'main', MARK: 'mark', MATH: 'math', MENU: 'list', METER: 'meter', NAV: 'navigation', OL: 'list',
  OPTGROUP: 'group', OPTION: 'option', OUTPUT: 'status', P: 'paragraph', PROGRESS: 'progressbar', SEARCH: 'search',
  SECTION: (e) => named(e) ? 'region' : '', SELECT: (e) => e.multiple || e.size > 1 ? 'listbox' : 'combobox', STRONG: 'strong',
  SUB: 'subscript', SUP: 'superscript', SVG: 'img', TABLE: 'table', TBODY: 'rowgroup', TD: cellRole('cell'), TEXTAREA: 'textbox',
  TFOOT: 'rowgroup', TH: (e) => e.getAttribute('scope') === 'row' || e.getAttribute('scope') === 'rowgroup' ? 'rowheader' : 'columnheader',
  THEAD: 'rowgroup', TIME: 'time', TR: 'row', UL: 'list'};
const KNOWN_ROLES = new Set(('alert alertdialog application article banner blockquote button caption cell checkbox code columnheader combobox '
  + 'complementary contentinfo definition deletion dialog directory document emphasis feed figure form generic grid gridcell group heading img '
  + 'insertion link list listbox listitem log main mark marquee math meter menu menubar menuitem menuitemcheckbox menuitemradio navigation none '
  + 'note option paragraph presentation progressbar radio radiogroup region row rowgroup rowheader scrollbar search searchbox separator slider '
  + 'spinbutton status strong subscript superscript switch tab table tablist tabpanel term textbox time timer toolbar tooltip tree treegrid '
  + 'treeitem').split(' '));
const FROM_CONTENT = new Set(['button', 'cell', 'checkbox', 'columnheader', 'gridcell', 'heading', 'link', 'menuitem', 'menuitemcheckbox',
  'menuitemradio', 'option', 'radio', 'row', 'rowheader', 'switch', 'tab', 'tooltip', 'treeitem']);
// Inside a named element, these are read though they do not name themselves.
const READ_INSIDE = new Set(['', 'caption', 'code', 'contentinfo', 'definition', 'deletion', 'emphasis', 'insertion', 'list', 'listitem', 'mark',
  'none', 'paragraph', 'presentation', 'region', 'row', 'rowgroup', 'section', 'strong', 'subscript', 'superscript', 'table', 'term', 'time']);

const closest = (element, selector) => { for (let one = parentOf(element); one; one = parentOf(one)) if (one.matches(selector)) return one; return null; };
const isFocusable = (e) => e.tabIndex >= 0 && !e.matches(':disabled');

function roleOf(element) {
  const explicit = (element.getAttribute('role') || '').split(/\s+/).find((role) => KNOWN_ROLES.has(role));
  if (explicit && !(['none', 'presentation'].includes(explicit) && (isFocusable(element) || named(element)))) return explicit;
  const role = ROLES[element.nodeName.toUpperCase()];
  return typeof role === 'function' ? role(element) : role || '';
}

function isAriaHidden(element) {
  if (['STYLE', 'SCRIPT', 'NOSCRIPT', 'TEMPLATE'].includes(element.nodeName)) return true;
  // `visibility` is inherited and may be set back; `display` and `aria-hidden` count for all that is inside.
  const style = getComputedStyle(element);
  if (element.nodeName !== 'OPTION' && element.nodeName !== 'OPTGROUP' && style.display !== 'contents' && style.visibility !== 'visible') return true;
  for (let one = element; one; one = parentOf(one)) {
    if (one.getAttribute('aria-hidden') === 'true' || getComputedStyle(one).display === 'none') return true;
    if (one.nodeName === 'DETAILS' && !one.open && one !== element && !isInSummary(element, one)) return true;
    if (one.parentElement && one.parentElement.shadowRoot && !one.assignedSlot) return true;
  }
  return false;
}

const isInSummary = (element, details) => [...details.children].some((child) => child.nodeName === 'SUMMARY' && child.contains(element));

const contentOf = (element, pseudo) => {
  const content = getComputedStyle(element, pseudo).content;
  return /^"(.*)"$/s.test(content) ? content.slice(1, -1) : '';
};

function nameOf(element) {
  if (['caption', 'code', 'definition', 'deletion', 'emphasis', 'generic', 'insertion', 'mark', 'paragraph', 'presentation', 'strong',
    'subscript', 'suggestion', 'superscript', 'term', 'time', 'none'].includes(roleOf(element))) return '';
  return fold(compute(element, {visited: new Set(), own: true}));
}

// accname 1.2 by its steps; `own` for the element that is named, `forced` where content counts whatever the role.
function compute(element, {visited, own = false, forced = false, hidden = false, inLabel = false}) {
  if (visited.has(element)) return '';
  if (!own && !hidden && isAriaHidden(element)) { visited.add(element); return ''; }                                      // 2A
  if (!inLabel) {
    const labelled = byIds(element, 'aria-labelledby');                                                                    // 2B
    const text = labelled.map((one) => compute(one, {visited: new Set(), forced: true, hidden: isAriaHidden(one), inLabel: true})).join(' ');
    if (text.trim()) return text;
  }
  const role = roleOf(element);
  if (!own && (inLabel || forced || visited.size)) {                                                                        // 2C
    if (!(inLabel && visited.size === 0)) {
      if (role === 'textbox') { visited.add(element); return 'value' in element ? element.value : element.textContent; }
      if (role === 'combobox' || role === 'listbox') {
        visited.add(element);
        const chosen = element.nodeName === 'SELECT' ? [...element.selectedOptions] : [...element.querySelectorAll('[role=option][aria-selected=true]')];
        return chosen.length ? chosen.map((one) => one.textContent).join(' ') : element.value || '';
      }
      if (['progressbar', 'scrollbar', 'slider', 'spinbutton', 'meter'].includes(role)) {
        visited.add(element);
        return element.getAttribute('aria-valuetext') ?? element.getAttribute('aria-valuenow') ?? element.value ?? '';
      }
      if (role === 'menu') { visited.add(element); return ''; }
    }
  }
  const label = (element.getAttribute('aria-label') || '').trim();                                                          // 2D
  if (label) { visited.add(element); return label; }
  if (!['none', 'presentation'].includes(role)) {
    const native = nativeName(element, visited, inLabel);                                                                    // 2E
    if (native !== null) { visited.add(element); return native; }
  }
  if (FROM_CONTENT.has(role) || (!own && (forced || inLabel || READ_INSIDE.has(role)))) {                                   // 2F
    visited.add(element);
    const text = contentName(element, {visited, hidden, inLabel});
    if (own ? text.trim() : text) return text;
  }
  visited.add(element);
  if (!['none', 'presentation'].includes(role) || element.nodeName === 'IFRAME') return element.getAttribute('title') || '';  // 2I
  return '';
}

function contentName(element, {visited, hidden, inLabel}) {
  const parts = [contentOf(element, '::before')];
  const nodes = element.nodeName === 'SLOT' && element.assignedNodes().length ? element.assignedNodes()
    : [...(element.shadowRoot ? element.shadowRoot.childNodes : []), ...[...element.childNodes].filter((one) => !one.assignedSlot)];
  for (const node of [...nodes, ...byIds(element, 'aria-owns')]) {
    if (node.nodeType === 3) { parts.push(node.nodeValue); continue; }
    if (node.nodeType !== 1) continue;
    const text = compute(node, {visited, forced: false, hidden, inLabel});
    const display = getComputedStyle(node).display;
    parts.push(display === 'inline' && node.nodeName !== 'BR' ? text : ` ${text} `);
  }
  parts.push(contentOf(element, '::after'));
  return parts.join('');
}

function nativeName(element, visited, inLabel) {
  const fromLabels = () => {
    const labels = !inLabel && element.labels ? [...element.labels] : [];
    const text = labels.map((one) => compute(one, {visited: new Set([element]), forced: true, inLabel: true})).filter(Boolean).join(' ');
    return text.trim() ? text : '';
  };
  const title = element.getAttribute('title') || '';
  const firstChild = (tag) => [...element.children].find((child) => child.nodeName.toUpperCase() === tag);
  const ofChild = (tag) => { const child = firstChild(tag); return child ? compute(child, {visited: new Set(), forced: true}) : null; };
  switch (element.nodeName.toUpperCase()) {
    case 'INPUT': {
      if (['button', 'submit', 'reset'].includes(element.type)) {
        const labelled = fromLabels();
        return labelled || element.value.trim() || {submit: 'Submit', reset: 'Reset'}[element.type] || title;
      }
      if (element.type === 'image') return fromLabels() || (element.getAttribute('alt') || '').trim() || title.trim() || 'Submit';
      if (element.type === 'file') return fromLabels() || title || 'Choose File';
      return fromLabels() || title || (['text', 'password', 'search', 'tel', 'email', 'url', 'number'].includes(element.type) ? element.placeholder : '');
    }
    case 'TEXTAREA': return fromLabels() || title || element.placeholder;
    case 'SELECT': case 'OUTPUT': case 'METER': case 'PROGRESS': { const text = fromLabels(); return text || (element.nodeName === 'OUTPUT' ? null : title); }
    case 'BUTTON': return fromLabels() || null;
    case 'FIELDSET': return ofChild('LEGEND') ?? title;
    case 'FIGURE': return ofChild('FIGCAPTION') ?? title;
    case 'TABLE': return ofChild('CAPTION') ?? (element.getAttribute('summary') || title);
    case 'IMG': case 'AREA': { const alt = element.getAttribute('alt') || ''; return alt.trim() ? alt : title; }
    case 'SVG': { const child = firstChild('TITLE'); return child ? child.textContent : null; }
    default: return null;
  }
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

// ── acting ──

const isDisabled = (element) => element.matches(':disabled') || !!(element.closest('[aria-disabled="true"]'));
const control = (element) => element.nodeName === 'LABEL' && element.control ? element.control : closest(element, 'label')?.control ?? element;
const isField = (element) => element.matches('input,textarea,select,[contenteditable]:not([contenteditable="false"])') || element.isContentEditable;
const retarget = (element, how) => how === 'control' && !isField(element) && !element.matches('[role=checkbox],[role=radio],[role=switch]') ? control(element) : element;
const buttonOf = (element) => element.closest('button,[role=button],a,[role=link]') || element;

function notReady(element, states) {
  for (const state of states) {
    if (state === 'visible' && !isVisible(element)) return 'not visible';
    if (state === 'enabled' && isDisabled(buttonOf(element))) return 'not enabled';
    if (state === 'editable' && (isDisabled(element) || element.readOnly || element.getAttribute('aria-readonly') === 'true'))
      return isDisabled(element) ? 'not enabled' : 'not editable';
  }
  return '';
}

function preview(element) {
  const copy = element.cloneNode(false);
  const shown = copy.outerHTML.slice(0, 120);
  return element.childNodes.length ? shown.replace(/(<\/[^>]+>)$/, (element.childElementCount ? '…' : fold(element.textContent).slice(0, 50)) + '$1') : shown;
}

const boxOf = (element) => { const box = element.getBoundingClientRect(); return [box.x, box.y, box.width, box.height].join(); };

async function isStill(element) {
  const before = boxOf(element);
  await nextFrame();
  return boxOf(element) === before;
}

function showOnScreen(element) {
  const box = [...element.getClientRects()].find((one) => one.width * one.height > 0.99) || element.getBoundingClientRect();
  const x = box.x + box.width / 2, y = box.y + box.height / 2;
  const isShown = x >= 0 && y >= 0 && x < innerWidth && y < innerHeight && isHit(element, x, y);
  if (!isShown) element.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'});
}

const deepest = (x, y) => {
  let found = document.elementFromPoint(x, y);
  while (found && found.shadowRoot) {
    const inner = found.shadowRoot.elementFromPoint(x, y);
    if (!inner || inner === found) break;
    found = inner;
  }
  return found;
};

function isHit(element, x, y) {
  const target = buttonOf(element);
  for (let one = deepest(x, y); one; one = one.assignedSlot || parentOf(one)) {
    if (one === element || one === target) return true;
    if (one.nodeName === 'LABEL' && one.control === element) return true;
  }
  return false;
}

function pointOf(element, position) {
  if (position) {
    const box = element.getBoundingClientRect(), style = getComputedStyle(element);
    return [box.x + parseInt(style.borderLeftWidth) + position[0], box.y + parseInt(style.borderTopWidth) + position[1]];
  }
  const boxes = [...element.getClientRects()];
  const box = boxes.find((one) => one.width * one.height > 0.99) || element.getBoundingClientRect();
  const clip = (low, high, max) => (Math.max(0, low) + Math.min(max, high)) / 2;
  return [clip(box.left, box.right, innerWidth), clip(box.top, box.bottom, innerHeight)];
}

// Waits until exactly one element matches and is as `wanted`, at most `limit` ms; then gives it, or what `then` makes of it.
//   wanted: {states, how, point: {position} or null}; gives {element, x, y, value}, {count} when several match, {reason} when none is ready.
async function ready(locator, wanted, limit, then) {
  const until = performance.now() + limit;
  const pauses = [0, 10, 20, 40];
  for (let turn = 0, reason = ''; ; turn++) {
    const found = find(locator);
    if (found.length > 1) return {count: found.length};
    reason = found.length ? await attempt(retarget(found[0], wanted.how), wanted, then) : '';
    if (typeof reason !== 'string') return reason;
    if (performance.now() >= until) return {reason: found.length ? reason : null};
    await wait(Math.max(1, Math.min(pauses[turn] ?? 60, until - performance.now())));
  }
}

// Tells, after a click, that the page is about to be replaced; a link or form that is followed fires this at once.
function watchLeaving() {
  const key = Symbol.for('maestro-leaving');
  if (key in window || !window.navigation) return;
  window[key] = false;
  // A form is sent a task later, and only then navigates.
  addEventListener('submit', (event) => {
    if (!event.defaultPrevented && !['_blank', 'dialog'].includes(event.target.target || event.target.method)) window[key] = true;
  });
  navigation.addEventListener('navigate', (event) => {
    if (!event.destination.sameDocument && event.downloadRequest === null && !event.defaultPrevented) window[key] = true;
  });
}

async function attempt(element, wanted, then) {
  watchLeaving();
  const trouble = notReady(element, wanted.states);
  if (trouble) return `it is ${trouble}`;
  if (wanted.point) {
    if (!await isStill(element)) return 'it is not stable';
    showOnScreen(element);
    const [x, y] = pointOf(element, wanted.point.position);
    if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) return 'it is outside of the viewport';
    if (!isHit(element, x, y)) { const cover = deepest(x, y); return cover ? `it is covered by ${preview(cover)}` : 'it is outside of the viewport'; }
    return {element, x: Math.floor(x), y: Math.floor(y), value: then ? then(element) : null};
  }
  const value = then ? then(element) : null;
  return value && value.retry ? value.retry : {element, value};
}

// ── what is done in the page ──

const changed = (element, ...kinds) => kinds.forEach((kind) => element.dispatchEvent(new Event(kind, {bubbles: true, composed: true})));

function fill(element, value) {
  if (!isField(element) || element.matches('select')) throw new Error('Element is not an <input>, <textarea> or [contenteditable] element');
  if (element.matches('input') && ['checkbox', 'radio', 'file', 'button', 'submit', 'reset', 'image', 'hidden'].includes(element.type))
    throw new Error(`Input of type "${element.type}" cannot be filled`);
  element.focus();
  if (element.matches('input') && ['color', 'date', 'datetime-local', 'month', 'range', 'time', 'week'].includes(element.type)) {
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(element, value);
    if (element.value !== value) throw new Error('Malformed value');
    changed(element, 'input', 'change');
    return;
  }
  if (element.matches('input') && element.type === 'number' && isNaN(Number(value))) throw new Error('Cannot type text into input[type=number]');
  if (element.matches('input,textarea')) element.select();
  else getSelection().selectAllChildren(element);
  if (value) document.execCommand('insertText', false, value);
  else document.execCommand('delete');
}

function select(element, wanted) {
  if (element.nodeName !== 'SELECT') throw new Error('Element is not a <select> element');
  const left = new Set(wanted), chosen = [];
  for (const option of element.options) {
    const hit = wanted.find((text) => left.has(text) && (option.value === text || fold(option.label) === fold(text)));
    if (hit === undefined) continue;
    left.delete(hit);
    chosen.push(option);
    if (!element.multiple) break;
  }
  if (element.multiple ? left.size : !chosen.length) return {retry: 'the list has no such option'};
  if (chosen.some((option) => option.disabled)) return {retry: 'it is not enabled'};
  element.focus();
  if (element.multiple) for (const option of element.options) option.selected = chosen.includes(option);
  else chosen[0].selected = true;
  changed(element, 'input', 'change');
  return null;
}

const isChecked = (element) => {
  if (element.matches('input[type=checkbox],input[type=radio]')) return element.checked;
  if (!element.matches('[role=checkbox],[role=radio],[role=switch],[role=menuitemcheckbox],[role=menuitemradio],[role=option],[role=treeitem]'))
    throw new Error('Not a checkbox or radio button');
  return element.getAttribute('aria-checked') === 'true';
};

const DEEDS = {
  fill: (value) => (element) => fill(element, value),
  select: (wanted) => (element) => select(element, wanted),
  checked: () => isChecked,
  text: () => (element) => element.innerText ?? element.textContent,
  value: () => (element) => { const field = control(element); if (!('value' in field)) throw new Error('Node is not an <input>, <textarea> or <select> element'); return field.value; },
  attribute: (name) => (element) => element.getAttribute(name),
  focus: () => (element) => { element.focus(); return null; },
  show: () => (element) => { showOnScreen(element); return null; },
};

const act = (locator, wanted, limit, deed, argument) => ready(locator, wanted, limit, deed ? DEEDS[deed](argument) : null);
