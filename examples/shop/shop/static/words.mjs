// What the pages say and how lists are sorted: plain functions of values, tested by web/words.test.mjs.

export function starLabel(stars) {
  return stars === 1 ? "1 star" : `${stars} stars`;
}

export function ratingText(stars, of = 5) {
  return `You gave ${stars} of ${of} stars`;
}

export function reviewCount(count) {
  return count === 1 ? "1 review" : `${count} reviews`;
}

export function reviewLine({ author, text }) {
  return `${author}: ${text}`;
}

// The list after one of its entries was dropped on another: from above it lands below that, from below above.
export function afterDrop(list, held, target) {
  const from = list.indexOf(held);
  const to = list.indexOf(target);
  if (from < 0 || to < 0 || from === to) return [...list];
  const rest = list.filter((each) => each !== held);
  return [...rest.slice(0, to), held, ...rest.slice(to)];
}
