/** Cell: an element with a text in it. `textContent`: people type names. */

/** Make one, a table's cell for example. */
export function cell(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}
