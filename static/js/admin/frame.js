/** Frame: the numbers on the tabs and what is to be done next, as the server tells them anew after a decision. */

export function reframe({ tabs = {}, next = null }) {
  for (const [name, count] of Object.entries(tabs)) {
    const number = document.querySelector(`.set-tabs [data-tab=${name}] b`);
    number.textContent = count;
    number.hidden = !count;
  }
  const place = document.getElementById("next");
  if (place && next !== null) place.innerHTML = next; // its own template, filled in by the server
}
