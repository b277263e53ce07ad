// What is remembered of an element and what the page of now has: the fields of maestro_fabric.healing.Fingerprint.
// names.js and `isVisible` stand before this text. Nothing is left in the page, and no value of a field is read.

const MOST_ELEMENTS = 3000, MOST_OTHERS = 60, MOST_AROUND = 8, LONGEST = 200;
const cut = (text) => fold(text).slice(0, LONGEST);
const INTERACTIVE = 'a[href],button,input:not([type=hidden]),textarea,select,summary,label,[role=button],[role=link],[role=tab],[role=menuitem],'
  + '[role=checkbox],[role=radio],[role=switch],[role=option],[contenteditable=""],[contenteditable=true],[onclick],h1,h2,h3';
const LANDMARKS = {MAIN: 'main', NAV: 'navigation', HEADER: 'banner', FOOTER: 'contentinfo', ASIDE: 'complementary', FORM: 'form', DIALOG: 'dialog', SECTION: 'section'};
const UNTOLD = new Set(['id', 'class', 'style', 'name', 'href', 'alt', 'type', 'role', 'placeholder', 'value', 'src', 'srcset', 'aria-label']);
const SECRET = /pass|secret|token|csrf|nonce|auth|session|key|card|cvc|cvv|otp|pin\b/i;

const UNSEEN = new Set(['HTML', 'HEAD', 'BODY', 'SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE', 'META', 'LINK', 'TITLE', 'BASE', 'BR']);
const FIELDS = new Set(['INPUT', 'TEXTAREA', 'SELECT']);
const PRESSED = new Set(['button', 'submit', 'reset']);
const CAN_BE_LANDMARK = /^(dialog|navigation|main|region|form|tabpanel|search|banner|contentinfo|complementary|group)$/;

// What `make` gives for a key, made once: nothing of the page changes while it is described.
function once(make) {
  const made = new Map();
  return (key) => {
    let value = made.get(key);
    if (value === undefined) made.set(key, value = make(key));
    return value;
  };
}

function describer(testIdAttribute) {
  const places = once((parent) => {
    const counts = {}, found = new Map();
    for (const child of childrenOf(parent)) found.set(child, counts[child.nodeName] = (counts[child.nodeName] || 0) + 1);
    return found;
  });
  const segment = (element) => {
    const parent = element.parentNode;
    return `${element.nodeName.toLowerCase()}[${parent ? places(parent).get(element) : 1}]`;
  };
  const path = once((element) => {
    const parent = parentOf(element);
    return (parent ? path(parent) : '') + '/' + segment(element);
  });
  const idPath = once((element) => {
    const id = idOf(element);
    if (id) return `//*[@id='${id.replace(/'/g, '')}']`;
    const above = element.parentElement ? idPath(element.parentElement) : '';
    return above && `${above}/${segment(element)}`;
  });
  const short = (element) => {
    const id = '#' + CSS.escape(idOf(element));
    if (id !== '#' && element.ownerDocument.querySelectorAll(id).length === 1) return id;
    const tag = element.nodeName.toLowerCase();
    for (const name of ['name', 'title', 'src']) {
      const value = element.getAttribute(name);
      if (value && element.ownerDocument.querySelectorAll(`${tag}[${name}=${JSON.stringify(value)}]`).length === 1) return `${tag}[${name}=${JSON.stringify(value)}]`;
    }
    return `${tag}:nth-of-type(${/\[(\d+)\]$/.exec(segment(element))[1]})`;
  };
  const frameOf = once((document) => {
    const frames = [];
    for (let view = document.defaultView; view && view !== view.parent; view = view.parent) {
      let element = null;
      try { element = view.frameElement; } catch (error) { break; }
      if (!element) break;
      frames.unshift(short(element));
    }
    return frames.join(' >> ');
  });
  const shadowOf = once((root) => {
    const hosts = [];
    for (; root.host; root = root.host.getRootNode()) hosts.unshift(root.host.nodeName.toLowerCase());
    return hosts.join(' ');
  });
  const textOfShown = (element) => {
    if (FIELDS.has(element.nodeName)) return element.nodeName === 'INPUT' && PRESSED.has(element.type) ? element.value : '';
    if (!element.childElementCount) return element.textContent;
    // A box with much in it says less of itself than of what it holds, and its text is dear.
    return element.getElementsByTagName('*').length > 12 ? '' : element.innerText ?? element.textContent;
  };
  const textAround = once((parent) => parent === document.body || parent.getElementsByTagName('*').length > 40 ? '' : parent.textContent);
  const nearOf = (element) => {
    const parent = parentOf(element);
    return parent ? cut(textAround(parent).replace(element.textContent || '', ' ')) : '';
  };
  const head = once((landmark) => {
    const heading = landmark.querySelector('h1,h2,h3,h4,h5,h6,legend,caption');
    return fold((landmark.getAttribute('aria-label') || '') + ' ' + (heading ? heading.textContent : '')).slice(0, 60);
  });
  const above = once((parent) => {
    if (!parent) return [];
    const landmark = parent.getAttribute('role') || LANDMARKS[parent.nodeName];
    const further = above(parentOf(parent));
    if (!landmark || !(parent.nodeName in LANDMARKS || CAN_BE_LANDMARK.test(landmark))) return further;
    return [head(parent) ? `${landmark} ${head(parent)}` : landmark, ...further].slice(0, 4);
  });
  const attributesOf = (element) => {
    const found = {};
    if (element.type === 'password') return found;
    for (const {name, value} of attributesAt(element)) {
      if (!UNTOLD.has(name) && name !== testIdAttribute && value.length <= 40 && !SECRET.test(name) && !name.startsWith('on')) found[name] = value;
    }
    return found;
  };
  // Where a link leads, and where a button sends its form: what a server knows it by.
  const goalOf = (element) => {
    const href = element.getAttribute('href');
    if (href !== null) return href;
    if (!element.form || !['submit', 'image'].includes(element.type)) return '';
    return element.getAttribute('formaction') ?? element.form.getAttribute('action') ?? '';
  };
  return (element, offset = [0, 0], light = false) => {
    const found = {};
    const tell = (key, value) => { if (value) found[key] = value; };
    const given = (name) => element.getAttribute(name) || '';
    const text = cut(textOfShown(element)), isField = FIELDS.has(element.nodeName), role = roleOf(element);
    tell('tag', element.nodeName.toLowerCase());
    if (isField) tell('type', element.type);
    tell('role', role);
    // Of what only surrounds the element a name counts where there is no text.
    if (!light || !text) tell('accessible_name', cut(FROM_CONTENT.has(role) || isOne(element, INTERACTIVE) ? nameOf(element) : given('aria-label')));
    if (isField) tell('label', cut(labelsOf(element)[0] || ''));
    tell('placeholder', cut(given('placeholder')));
    tell('test_id', given(testIdAttribute));
    tell('id', idOf(element));
    tell('name', given('name'));
    tell('classes', cut(given('class')));
    tell('href', goalOf(element).slice(0, LONGEST));
    tell('alt', cut(given('alt')));
    tell('text', text);
    tell('is_button', role === 'button');
    tell('xpath', path(element));
    tell('id_xpath', idPath(element));
    const box = element.getBoundingClientRect();
    found.box = [Math.round(box.x + scrollX + offset[0]), Math.round(box.y + scrollY + offset[1]), Math.round(box.width), Math.round(box.height)];
    tell('frame', frameOf(element.ownerDocument));
    tell('shadow', shadowOf(element.getRootNode()));
    if (light) return found;
    tell('neighbor_text', nearOf(element));
    const landmarks = above(parentOf(element));
    if (landmarks.length) found.landmarks = landmarks;
    found.attributes = attributesOf(element);
    return found;
  };
}

// The one element that a locator leads to, with what stands around it, and, unless this page is `known`, what else one can act on there.
function learn(elements, {testIdAttribute, known, offset = [0, 0]}) {
  if (elements.length !== 1) return null;
  const [own] = elements;
  const describe = describer(testIdAttribute), describeAll = (those) => those.map((one) => describe(one, offset, true));
  const all = [...own.ownerDocument.querySelectorAll(INTERACTIVE)];
  const told = {element: describe(own, offset), page: [pageOf(own), all.length].join(' ')};
  const view = viewOf();
  if (view) told.view = view;
  const beside = around(own);
  if (beside.length) told.element.around = describeAll(beside);
  if (!known.includes(told.page)) told.others = describeAll(nearest(own, all));
  return told;
}

// What of the page is seen: left, top, width, height. Inside of a frame nobody knows.
const viewOf = () => window === top ? [scrollX, scrollY, innerWidth, innerHeight] : null;

function pageOf(own) {
  let whole = '';
  try { whole = top.location.href; } catch (error) { whole = ''; }
  const frame = own.ownerDocument.URL;
  return frame === whole ? whole : `${whole} ${frame}`;
}

// From both sides the nearest that can be seen, and where one side has few, more of the other.
function nearest(own, all) {
  const at = all.findIndex((one) => one === own || own.compareDocumentPosition(one) & 4);
  const [before, after] = at < 0 ? [all, []] : [all.slice(0, at), all.slice(at)];
  const visible = (those) => {
    const chosen = [];
    for (const one of those) {
      if (chosen.length === MOST_OTHERS) break;
      if (isVisible(one)) chosen.push(one);
    }
    return chosen;
  };
  const left = visible(before.reverse()), right = visible(after);
  const fromLeft = Math.min(left.length, Math.max(MOST_OTHERS / 2, MOST_OTHERS - right.length));
  return [...left.slice(0, fromLeft).reverse(), ...right.slice(0, MOST_OTHERS - fromLeft)];
}

// Short texts beside it and beside the two boxes that it is in: a price, a note, what a person finds it by.
function around(own) {
  const found = [];
  const isText = (one) => one.textContent.length <= LONGEST && one.textContent.trim() && one.getElementsByTagName('*').length <= 3
    && !isOne(one, INTERACTIVE) && !one.querySelector(INTERACTIVE);
  for (let one = own, turn = 0; one && one.parentNode && turn < 3; turn++, one = one.parentElement) {
    for (const beside of childrenOf(one.parentNode)) {
      if (beside !== one && isText(beside) && isVisible(beside)) found.push(beside);
      if (found.length === MOST_AROUND) return found;
    }
  }
  return found;
}

// Where the one element that a locator leads to stands; null unless there is exactly one.
function placeOf(elements, testIdAttribute) {
  if (elements.length !== 1) return null;
  const {xpath, frame = '', shadow = '', box} = describer(testIdAttribute)(elements[0], [0, 0], true);
  return {xpath, frame, shadow, box, view: viewOf()};
}

// Every visible element of the page, of its open shadow roots and of its frames of the same origin.
function collect(testIdAttribute) {
  const found = [];
  const describe = describer(testIdAttribute);
  const isGray = (element) => isOne(element, ':disabled') || isOne(element, '[aria-disabled="true"], [aria-disabled="true"] *');
  const look = (root, offset) => {
    for (const element of root.querySelectorAll('*')) {
      if (found.length >= MOST_ELEMENTS) return;
      tell(element, offset);
      if (element.shadowRoot) look(element.shadowRoot, offset);
    }
  };
  const tell = (element, offset) => {
    if (UNSEEN.has(element.nodeName.toUpperCase()) || element.ownerSVGElement) return;
    const isSeen = isVisible(element);
    if (!isSeen && !isOne(element, 'input[type=file]')) return;
    const one = describe(element, offset);
    if (!isGray(element)) one.enabled = true;
    if (isSeen) one.visible = true;
    found.push(one);
    if (element.nodeName !== 'IFRAME' && element.nodeName !== 'FRAME') return;
    let inner = null;
    try { inner = element.contentDocument; } catch (error) { inner = null; }
    const box = element.getBoundingClientRect();
    if (inner) look(inner, [offset[0] + box.x, offset[1] + box.y]);
  };
  stayStill(() => look(document, [0, 0]));
  return found;
}
