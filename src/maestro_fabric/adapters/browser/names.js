// What an element is called and what it is, by the rules that browsers follow; shared by what finds elements and by what remembers them.

const fold = (text) => (text || '').replace(/[\u200b\u00ad]/g, '').trim().replace(/\s+/g, ' ');
// A form answers to the names of its fields first: where one is called "id", `form.id` is that field. These ask past them.
const idOf = (element) => element.getAttribute('id') || '';
const ask = (name) => { const {get} = Object.getOwnPropertyDescriptor(Element.prototype, name); return (element) => get.call(element); };
const attributesAt = ask('attributes'), childrenAt = ask('children');
const childrenOf = (node) => node.nodeName.startsWith('#') ? node.children : childrenAt(node);
const isOne = (element, selector) => Element.prototype.matches.call(element, selector);

const parentOf = (element) => element.parentElement || (element.parentNode && element.parentNode.host) || null;

function* walk(root) {
  for (const element of childrenOf(root)) {
    yield element;
    if (element.shadowRoot) yield* walk(element.shadowRoot);
    yield* walk(element);
  }
}

const isSkipped = (element) => ['SCRIPT', 'NOSCRIPT', 'STYLE'].includes(element.nodeName) || (document.head && document.head.contains(element));

function textOf(element) {
  if (isSkipped(element)) return '';
  if (element.nodeName === 'INPUT' && ['submit', 'button'].includes(element.type)) return element.value;
  const parts = (node) => [...node.childNodes].map((child) => child.nodeType === 3 ? child.nodeValue : child.nodeType === 1 ? textOf(child) : '');
  return parts(element).join('') + (element.shadowRoot ? parts(element.shadowRoot).join('') : '');
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

const closest = (element, selector) => { for (let one = parentOf(element); one; one = parentOf(one)) if (isOne(one, selector)) return one; return null; };
const isFocusable = (e) => e.tabIndex >= 0 && !isOne(e, ':disabled');

function roleOf(element) {
  const explicit = (element.getAttribute('role') || '').split(/\s+/).find((role) => KNOWN_ROLES.has(role));
  if (explicit && !(['none', 'presentation'].includes(explicit) && (isFocusable(element) || named(element)))) return explicit;
  const role = ROLES[element.nodeName.toUpperCase()];
  return typeof role === 'function' ? role(element) : role || '';
}

// What was found out of elements while nothing can change, which whoever describes a whole page knows.
let hiddenWhileStill = null;
function stayStill(look) {
  hiddenWhileStill = new Map();
  try { look(); } finally { hiddenWhileStill = null; }
}

function isAriaHidden(element) {
  if (!hiddenWhileStill) return isHiddenNow(element);
  let known = hiddenWhileStill.get(element);
  if (known === undefined) hiddenWhileStill.set(element, known = isHiddenNow(element));
  return known;
}

function isHiddenNow(element) {
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

const isInSummary = (element, details) => [...childrenOf(details)].some((child) => child.nodeName === 'SUMMARY' && child.contains(element));

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
  const firstChild = (tag) => [...childrenOf(element)].find((child) => child.nodeName.toUpperCase() === tag);
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
