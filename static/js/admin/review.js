/** Review: only wires. The grid says which photo is looked at and which are chosen, the server what became of them. */

import { openDecisions } from "./decisions.js";
import { openForms } from "./forms.js";
import { openGrid } from "./grid.js";
import { openLarge } from "./large.js";
import { reload, say } from "./server.js";

const root = document.getElementById("review");
const notDone = document.getElementById("not-done");
const records = JSON.parse(document.getElementById("records").textContent);
const mayDecide = root.dataset.decides === "yes";
const VERBS = { a: "accept", r: "reject", u: "reopen" };
const GO_ON = ["accept", "reject"]; // after these the next photo is looked at
let wantsAll = false; // all that the filter finds, on other pages too
let lost = []; // lists of the photos of decisions that were not done, since somebody was last told

const grid = openGrid(document.getElementById("grid"), records, {
  onLook: (record, isAsked) => large.show(record, isAsked),
  onChoice: (chosen) => { wantsAll = false; showChoice(chosen.length); },
});
const large = openLarge(document.getElementById("large"), mayDecide, (verb, body) => {
  const { pk } = large.shown();
  return send(verb, { photos: [pk], ...body });
}, () => grid.focus());
const decisions = openDecisions(root.dataset.verbs, {
  reviewOf: (pk) => grid.record(pk)?.review,
  underWay: (pks) => grid.markPost(pks, "waiting"),
  done: (body, news) => {
    if ("asked" in body) { reload(); return; }
    grid.markPost(body.photos, "");
    draw(news);
  },
  failed: (pks, why, news) => {
    grid.markPost(pks, "failed");
    draw(news);
    if (large.shown()) large.show(large.shown(), false); // a flag that was dragged is where it was
    if (grid.has(pks[0]) && (pks.length > 1 || grid.looked()?.pk !== pks[0])) leadBack(pks, why);
  },
});

function send(verb, body) {
  return decisions.send(verb, { ...body, filter: root.dataset.asked });
}

function draw({ photos = [], found = root.dataset.found }) {
  photos.forEach(grid.draw);
  root.dataset.found = found;
  showChoice(grid.chosen().length);
  const shown = photos.find((each) => each.pk === large.shown()?.pk);
  if (shown) large.show(shown, false);
}

/** Tell of a decision that was not done by a dialog: keys that are meant for other photos end in it, until it is read. */
function leadBack(pks, why) {
  if (!notDone.open) lost = [];
  lost.push(pks);
  notDone.querySelector("[data-shows=why]").textContent = why;
  if (!notDone.open) notDone.showModal();
}
notDone.addEventListener("close", () => {
  if (lost.length === 1 && lost[0].length > 1) lost[0].forEach((pk) => grid.toggle(pk, true));
  grid.look(lost[0][0], false);
});

/** Do a verb to what is chosen, or to the photo that is looked at; go on to the next one, whatever the server says. */
function toChosen(verb, body = {}) {
  const [chosen, looked] = [grid.chosen(), grid.looked()];
  if (wantsAll) return send(verb, { asked: root.dataset.asked, ...body });
  if (verb === "reopen" && !chosen.length) return takeBack();
  if (!chosen.length && !looked) { grid.step(1); return false; }
  const isDone = send(verb, { photos: chosen.length ? chosen : [looked.pk], ...body });
  if (chosen.length) grid.none();
  else if (GO_ON.includes(verb) && !large.covers()) grid.step(1);
  return isDone;
}

function takeBack() {
  const photos = decisions.last();
  if (!photos) { say(gettext("On this page nothing is left to take back. Choose photos to take back what was decided about them."), true); return false; }
  if (grid.has(photos[0])) grid.look(photos[0], false);
  return send("reopen", { photos }).then((isDone) => { if (!isDone && photos.length) decisions.keep(photos); return isDone; });
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
document.querySelector(".set-skip").addEventListener("click", (event) => { event.preventDefault(); grid.focus(); });

if (new URLSearchParams(location.search).has("photo") || window.matchMedia("(min-width: 64rem)").matches) {
  grid.look(records[0].pk, false);
}

openForms(root, {
  count: () => {
    if (!wantsAll && !grid.chosen().length && !grid.looked()) grid.step(1);
    return wantsAll ? Number(root.dataset.found) : grid.chosen().length || 1;
  },
  all: () => { grid.all(); wantsAll = true; showChoice(records.length); },
  send: toChosen,
});

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select, dialog[open], .map");
  if (event.key === "Escape" && !event.target.closest("dialog")) { large.close(); return; }
  if (isTyping || !mayDecide || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.toLowerCase();
  if (key in VERBS) toChosen(VERBS[key]);
  else if (key === "p" && grid.looked()) { large.show(grid.looked(), true); large.toMap(); event.preventDefault(); }
});

for (const select of document.querySelectorAll(".review-filters select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}
