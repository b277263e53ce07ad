// What a redesign may do to an element, done to a page on purpose. Each trap gives what undoes it.
// The element that a person would call the same carries a mark that no attribute shows.

const MARK = '__maestroLabel';

function swapNodes(one, other) {
  const [here, there] = [document.createComment(''), document.createComment('')];
  one.before(here);
  other.before(there);
  here.replaceWith(other);
  there.replaceWith(one);
}

function nearestAlike(element) {
  const isShown = (one) => one.getBoundingClientRect().width > 0 && one.getBoundingClientRect().height > 0;
  const alike = [...element.ownerDocument.querySelectorAll(element.nodeName)].filter(
    (one) => one !== element && !one.contains(element) && !element.contains(one) && isShown(one) && one.type === element.type);
  const {x, y} = element.getBoundingClientRect();
  const distance = (one) => Math.hypot(one.getBoundingClientRect().x - x, one.getBoundingClientRect().y - y);
  return alike.sort((one, other) => distance(one) - distance(other))[0] || null;
}

// The words of an element: its text nodes, or where it has none what it says in attributes, its label included.
function saying(element) {
  const texts = [];
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (walker.currentNode.data.trim()) texts.push(walker.currentNode);
  return texts;
}

function reword(element, words) {
  const undo = [];
  const change = (holder, key, value) => { const was = holder[key]; holder[key] = value; undo.push(() => { holder[key] = was; }); };
  for (const name of ['aria-label', 'title', 'placeholder']) {
    const was = element.getAttribute(name);
    if (was) { element.setAttribute(name, words); undo.push(() => element.setAttribute(name, was)); }
  }
  if (element.matches('input[type=submit],input[type=button]')) {
    const was = element.getAttribute('value');
    element.setAttribute('value', words);
    undo.push(() => element.setAttribute('value', was));
  }
  const label = element.labels && element.labels[0];
  const [first, ...rest] = saying(element.matches('input,select,textarea') && label ? label : element);
  if (first) { change(first, 'data', words); rest.forEach((text) => change(text, 'data', '')); }
  return undo.length ? () => undo.reverse().forEach((one) => one()) : null;
}

const TRAPS = {
  removed(element) {
    const place = document.createComment('');
    element.replaceWith(place);
    return () => place.replaceWith(element);
  },
  swapped(element, {other}) {
    const partner = other ? document.querySelector(other) : nearestAlike(element);
    if (!partner) return null;
    swapNodes(element, partner);
    return () => swapNodes(element, partner);
  },
  twin(element) {
    const twin = element.cloneNode(true);
    element.after(twin);
    return () => twin.remove();
  },
  text(element, {words}) {
    return words ? reword(element, words) : null;
  },
  frame(element) {
    const place = document.createComment('');
    const frame = document.createElement('iframe');
    frame.name = 'moved';
    frame.style.cssText = 'width: 500px; height: 120px';
    element.replaceWith(place);
    place.after(frame);
    frame.contentDocument.body.append(element);
    return () => { place.replaceWith(element); frame.remove(); };
  },
  dialog(element) {
    const place = document.createComment('');
    const dialog = document.createElement('div');
    dialog.setAttribute('role', 'dialog');
    dialog.setAttribute('aria-label', 'More');
    dialog.style.cssText = 'position: fixed; z-index: 99999; left: 30%; top: 30%; padding: 2em; background: white; border: 1px solid';
    element.replaceWith(place);
    dialog.append(element);
    document.body.append(dialog);
    return () => { place.replaceWith(element); dialog.remove(); };
  },
};

// Keep a trap on a page that is still being made, and made again: whenever the element stands there, it is caught.
function keepTrapped({kind, css, other, words, path}) {
  const caught = new WeakSet();
  const look = () => {
    if (path && !location.pathname.match(path)) return;
    const element = document.querySelector(css);
    if (!element || caught.has(element)) return;
    caught.add(element);
    element[MARK] = true;
    if (TRAPS[kind](element, {other, words}) === null) throw new Error(`no ${kind} for ${css}`);
    // Clones and partners may match as well, and are not the element.
    document.querySelectorAll(css).forEach((one) => caught.add(one));
  };
  new MutationObserver(look).observe(document, {childList: true, subtree: true});
  look();
}
