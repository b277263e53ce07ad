// What Selenium's own commands do not know: waiting until an element can be acted on. Meanings are Playwright's (packages/injected),
// so that a journey means the same on both. `isVisible`, names.js and locators.js stand before this text, see page.py. Nothing is left
// in the page.

const wait = (ms) => new Promise((done) => setTimeout(done, ms));
// A tab in the background draws no frames.
const nextFrame = () => Promise.race([new Promise((done) => requestAnimationFrame(done)), wait(100)]);

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
