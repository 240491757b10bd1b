/** Review: only wires. The grid says which photo is looked at and which are chosen, the server what became of them. */

import { openGrid } from "./grid.js";
import { openLarge } from "./large.js";
import { decide as post } from "./server.js";

const root = document.getElementById("review");
const records = JSON.parse(document.getElementById("records").textContent);
const mayChange = root.dataset.may === "yes";
const VERBS = { a: "accept", r: "reject", u: "reopen" };
let wantsAll = false; // all that the filter finds, on other pages too

const grid = openGrid(document.getElementById("grid"), records, {
  onLook: (record, isAsked) => large.show(record, isAsked),
  onChoice: (chosen) => { wantsAll = false; showChoice(chosen.length); },
});
const large = openLarge(document.getElementById("large"), mayChange, (verb, body) => {
  const { pk } = large.shown();
  return send(verb, { photos: [pk], ...body });
}, () => grid.focus());

async function send(verb, body) {
  const news = await post(root.dataset.verbs.replace(/verb\/$/, `${verb}/`), { ...body, filter: root.dataset.asked });
  if (!news) return false;
  if (wantsAll && "asked" in body) { location.reload(); return true; }
  news.photos.forEach(grid.draw);
  root.dataset.found = news.found;
  showChoice(grid.chosen().length);
  const shown = news.photos.find((each) => each.pk === large.shown()?.pk);
  if (shown) large.show(shown, false);
  return true;
}

/** Do a verb to what is chosen, or to the photo that is looked at; then go on to the next one. */
async function toChosen(verb, body = {}) {
  const [chosen, looked] = [grid.chosen(), grid.looked()];
  if (wantsAll) return send(verb, { asked: root.dataset.asked, ...body });
  if (!chosen.length && !looked) { grid.step(1); return false; }
  const isDone = await send(verb, { photos: chosen.length ? chosen : [looked.pk], ...body });
  if (isDone && chosen.length) grid.none();
  else if (isDone && Object.values(VERBS).slice(0, 2).includes(verb) && !large.isOpen()) grid.step(1);
  return isDone;
}

function showChoice(count) {
  const found = Number(root.dataset.found);
  const words = wantsAll ? interpolate(gettext("all %s chosen"), [found])
    : count ? interpolate(ngettext("%s chosen", "%s chosen", count), [count])
      : found < records.length ? interpolate(gettext("%s of %s left"), [found, records.length])
        : interpolate(ngettext("%s photo", "%s photos", found), [found]);
  root.querySelector("[data-shows=count]").textContent = words;
  root.querySelector("[data-does=none]").hidden = !count && !wantsAll;
  root.querySelector("[data-does=all]").textContent = interpolate(gettext("Choose all %s"), [found]);
  root.querySelector("[data-does=all]").hidden = wantsAll || count < records.length || found <= records.length;
}

for (const button of root.querySelectorAll("[data-verb]")) {
  const isLarge = Boolean(button.closest("#large"));
  button.addEventListener("click", () => (isLarge ? send(button.dataset.verb, { photos: [large.shown().pk] }) : toChosen(button.dataset.verb)));
}
const does = {
  page: () => grid.all(),
  none: () => { wantsAll = false; grid.none(); showChoice(0); },
  all: () => { wantsAll = true; showChoice(grid.chosen().length); },
};
for (const [name, act] of Object.entries(does)) root.querySelector(`[data-does=${name}]`).addEventListener("click", act);

if (new URLSearchParams(location.search).has("photo") || window.matchMedia("(min-width: 64rem)").matches) {
  grid.look(records[0].pk, false);
}

for (const opener of root.querySelectorAll("[data-opens]")) {
  const dialog = document.getElementById(opener.dataset.opens);
  opener.addEventListener("click", open);
  function open() {
    if (!wantsAll && !grid.chosen().length && !grid.looked()) grid.step(1);
    const count = wantsAll ? Number(root.dataset.found) : grid.chosen().length || 1;
    dialog.querySelector("[data-shows=for]").textContent = interpolate(ngettext("For %s photo.", "For %s photos.", count), [count]);
    dialog.returnValue = "";
    dialog.showModal();
  }
  if (location.hash === `#${dialog.id}`) { // led here to write down what all of them lack
    history.replaceState(null, "", location.pathname + location.search);
    grid.all();
    wantsAll = true;
    showChoice(records.length);
    open();
  }
  dialog.addEventListener("close", () => { if (dialog.returnValue === "do") sendForm(dialog); });
}

function sendForm(dialog) {
  const words = Object.fromEntries([...new FormData(dialog.querySelector("form"))].filter(([, value]) => value.trim()));
  const list = (text = "") => text.split(",").map((each) => each.trim()).filter(Boolean);
  if (dialog.id === "tag-form") {
    Object.assign(words, { add: list(words.add), drop: list(words.drop) });
    if ("difficulty" in words) words.difficulty = Number(words.difficulty);
  }
  toChosen(dialog.id.replace("-form", ""), words).then((isDone) => { if (isDone) dialog.querySelector("form").reset(); });
}

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select, dialog[open], .map");
  if (event.key === "Escape" && !event.target.closest("dialog")) { large.close(); return; }
  if (isTyping || !mayChange || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.toLowerCase();
  if (key in VERBS) toChosen(VERBS[key]);
  else if (key === "p" && grid.looked()) { large.show(grid.looked(), true); large.toMap(); event.preventDefault(); }
});

for (const select of document.querySelectorAll(".review-filters select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}
