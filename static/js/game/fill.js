/** Fill: of a list that nobody scrolls, as much as there is room for. */

/** Fill a list with the most of `count` items that let nothing run over the edge of `box`; `shown(n)` are its elements with n of them. */
export function fill(list, box, count, shown) {
  const fits = (n) => {
    list.replaceChildren(...shown(n));
    return box.scrollHeight <= box.clientHeight && box.scrollWidth <= box.clientWidth;
  };
  if (fits(count)) return;
  let [most, tooMany] = [0, count];
  while (tooMany - most > 1) {
    const middle = Math.floor((most + tooMany) / 2);
    if (fits(middle)) most = middle;
    else tooMany = middle;
  }
  fits(most);
}

/** Fill a list with its first rows, and those for which `stays(i)`; `others(count)` is a row that tells of the rest. */
export function fillFromTop(list, box, rows, stays, others) {
  fill(list, box, rows.length, (n) => {
    const kept = rows.filter((_, i) => i < n || stays(i));
    if (kept.length < rows.length) kept.splice(n, 0, others(rows.length - kept.length));
    return kept;
  });
}
