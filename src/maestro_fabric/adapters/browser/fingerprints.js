// What is remembered of an element and what the page of now has: the fields of maestro_fabric.healing.Fingerprint.
// names.js and `isVisible` stand before this text. Nothing is left in the page, and no value of a field is read.

const MOST_ELEMENTS = 3000, MOST_OTHERS = 60, LONGEST = 200;
const cut = (text) => fold(text).slice(0, LONGEST);
const INTERACTIVE = 'a[href],button,input:not([type=hidden]),textarea,select,summary,label,[role=button],[role=link],[role=tab],[role=menuitem],'
  + '[role=checkbox],[role=radio],[role=switch],[role=option],[contenteditable=""],[contenteditable=true],[onclick],h1,h2,h3';
const LANDMARKS = {MAIN: 'main', NAV: 'navigation', HEADER: 'banner', FOOTER: 'contentinfo', ASIDE: 'complementary', FORM: 'form', DIALOG: 'dialog', SECTION: 'section'};
const UNTOLD = new Set(['id', 'class', 'style', 'name', 'href', 'alt', 'type', 'role', 'placeholder', 'value', 'src', 'srcset', 'aria-label']);
const SECRET = /pass|secret|token|csrf|nonce|auth|session|key|card|cvc|cvv|otp|pin\b/i;

function describer(testIdAttribute) {
  const paths = new Map(), heads = new Map();
  // Heading that stands before an element in its nearest landmark, filled while the page is walked in its order.
  const segment = (element) => {
    let place = 1;
    for (let one = element.previousElementSibling; one; one = one.previousElementSibling) if (one.nodeName === element.nodeName) place++;
    return `${element.nodeName.toLowerCase()}[${place}]`;
  };
  const path = (element) => {
    let known = paths.get(element);
    if (known === undefined) {
      const parent = parentOf(element);
      known = (parent ? path(parent) : '') + '/' + segment(element);
      paths.set(element, known);
    }
    return known;
  };
  const idPath = (element) => {
    let rest = '';
    for (let one = element; one; one = one.parentElement) {
      if (one.id) return `//*[@id='${one.id.replace(/'/g, '')}']${rest}`;
      rest = '/' + segment(one) + rest;
    }
    return '';
  };
  const short = (element) => {
    if (element.id && element.ownerDocument.querySelectorAll('#' + CSS.escape(element.id)).length === 1) return '#' + CSS.escape(element.id);
    const tag = element.nodeName.toLowerCase();
    for (const name of ['name', 'title', 'src']) {
      const value = element.getAttribute(name);
      if (value && element.ownerDocument.querySelectorAll(`${tag}[${name}=${JSON.stringify(value)}]`).length === 1) return `${tag}[${name}=${JSON.stringify(value)}]`;
    }
    return `${tag}:nth-of-type(${/\[(\d+)\]$/.exec(segment(element))[1]})`;
  };
  const frameOf = (document) => {
    const frames = [];
    for (let view = document.defaultView; view && view !== view.parent; view = view.parent) {
      let element = null;
      try { element = view.frameElement; } catch (error) { break; }
      if (!element) break;
      frames.unshift(short(element));
    }
    return frames;
  };
  const shadowOf = (element) => {
    const hosts = [];
    for (let root = element.getRootNode(); root.host; root = root.host.getRootNode()) hosts.unshift(root.host.nodeName.toLowerCase());
    return hosts.join(' ');
  };
  const textOfShown = (element) => {
    if (element.matches('input,textarea,select')) return element.matches('input') && ['button', 'submit', 'reset'].includes(element.type) ? element.value : '';
    // A box with much in it says less of itself than of what it holds, and its text is dear.
    if (element.getElementsByTagName('*').length > 12) return '';
    return element.childElementCount ? element.innerText ?? element.textContent : element.textContent;
  };
  const nearOf = (element, own) => {
    const parent = parentOf(element);
    if (!parent || parent === document.body || parent.getElementsByTagName('*').length > 40) return '';
    return cut(parent.textContent.replace(own, ' '));
  };
  const above = (element) => {
    const found = [];
    for (let one = parentOf(element); one && found.length < 4; one = parentOf(one)) {
      const landmark = one.getAttribute('role') || LANDMARKS[one.nodeName];
      if (!landmark || !(one.nodeName in LANDMARKS || /^(dialog|navigation|main|region|form|tabpanel|search|banner|contentinfo|complementary|group)$/.test(landmark))) continue;
      let head = heads.get(one);
      if (head === undefined) {
        const heading = one.querySelector('h1,h2,h3,h4,h5,h6,legend,caption');
        head = fold((one.getAttribute('aria-label') || '') + ' ' + (heading ? heading.textContent : '')).slice(0, 60);
        heads.set(one, head);
      }
      found.push(head ? `${landmark} ${head}` : landmark);
    }
    return found;
  };
  const attributesOf = (element) => {
    const found = {};
    if (element.type === 'password') return found;
    for (const {name, value} of element.attributes) {
      if (!UNTOLD.has(name) && name !== testIdAttribute && value.length <= 40 && !SECRET.test(name) && !name.startsWith('on')) found[name] = value;
    }
    return found;
  };
  return (element, offset = [0, 0], light = false) => {
    const text = cut(textOfShown(element));
    const box = element.getBoundingClientRect();
    const isField = element.matches('input,textarea,select');
    const role = roleOf(element);
    const found = {
      tag: element.nodeName.toLowerCase(), type: isField ? element.type || '' : '', role,
      accessible_name: element.matches(INTERACTIVE) || FROM_CONTENT.has(role) ? cut(nameOf(element)) : cut(element.getAttribute('aria-label') || ''),
      label: isField ? cut(labelsOf(element)[0] || '') : '', placeholder: cut(element.getAttribute('placeholder') || ''),
      test_id: element.getAttribute(testIdAttribute) || '', id: element.id || '', name: element.getAttribute('name') || '',
      classes: cut(element.getAttribute('class') || ''), href: (element.getAttribute('href') || '').slice(0, LONGEST), alt: cut(element.getAttribute('alt') || ''),
      text, is_button: role === 'button', xpath: path(element), id_xpath: idPath(element),
      box: [Math.round(box.x + scrollX + offset[0]), Math.round(box.y + scrollY + offset[1]), Math.round(box.width), Math.round(box.height)],
      frame: frameOf(element.ownerDocument).join(' >> '), shadow: shadowOf(element),
    };
    if (!light) {
      found.neighbor_text = nearOf(element, element.textContent || '');
      found.landmarks = above(element);
      found.attributes = attributesOf(element);
    }
    for (const key of Object.keys(found)) if (found[key] === '' || found[key] === false || (Array.isArray(found[key]) && !found[key].length)) delete found[key];
    return found;
  };
}

// The one element that a locator leads to, and the others of its page that one can act on or that head it.
function learn(elements, {testIdAttribute, withOthers}) {
  if (elements.length !== 1) return null;
  const [own] = elements;
  const describe = describer(testIdAttribute);
  if (!withOthers) return {element: describe(own)};
  const near = [...own.ownerDocument.querySelectorAll(INTERACTIVE), ...(own.parentElement ? own.parentElement.children : [])];
  const others = [...new Set(near)].filter((one) => one !== own && !one.contains(own) && !own.contains(one) && isVisible(one));
  const at = others.findIndex((one) => own.compareDocumentPosition(one) & 4);
  const from = Math.max(0, Math.min((at < 0 ? others.length : at) - MOST_OTHERS / 2, others.length - MOST_OTHERS));
  return {element: describe(own), others: others.slice(from, from + MOST_OTHERS).map((one) => describe(one, [0, 0], true))};
}

// Where the one element that a locator leads to stands; null unless there is exactly one.
function placeOf(elements, testIdAttribute) {
  if (elements.length !== 1) return null;
  const {xpath, frame = '', shadow = ''} = describer(testIdAttribute)(elements[0], [0, 0], true);
  return {xpath, frame, shadow};
}

// Every visible element of the page, of its open shadow roots and of its frames of the same origin.
function collect(testIdAttribute) {
  const found = [];
  const describe = describer(testIdAttribute);
  const isGray = (element) => element.matches(':disabled') || !!element.closest('[aria-disabled="true"]');
  const look = (root, offset) => {
    for (const element of walk(root)) {
      if (found.length >= MOST_ELEMENTS) return;
      const tag = element.nodeName.toUpperCase();
      if (['HTML', 'HEAD', 'BODY', 'SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE', 'META', 'LINK', 'TITLE', 'BASE', 'BR'].includes(tag)) continue;
      if (element.ownerSVGElement) continue;
      const isSeen = isVisible(element);
      if (!isSeen && !element.matches('input[type=file]')) continue;
      const one = describe(element, offset);
      if (!isGray(element)) one.enabled = true;
      if (isSeen) one.visible = true;
      found.push(one);
      if (tag === 'IFRAME' || tag === 'FRAME') {
        let inner = null;
        try { inner = element.contentDocument; } catch (error) { inner = null; }
        const box = element.getBoundingClientRect();
        if (inner) look(inner, [offset[0] + box.x, offset[1] + box.y]);
      }
    }
  };
  look(document, [0, 0]);
  return found;
}
