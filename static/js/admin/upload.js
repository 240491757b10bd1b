/** Upload: only wires. Dropped or chosen files are sent; the page tells how far it is, and what became of each file. */

import { chosenFiles, droppedFiles } from "./dropped.js";
import { openBoxes } from "./boxes.js";
import { follow } from "./progress.js";
import { openSending } from "./sending.js";
import { decide, post, say } from "./server.js";

const REDRAW_MS = 2000; // between two looks at the list of files
const root = document.getElementById("upload");
const part = (name) => root.querySelector(`[data-shows=${name}]`);
let [sending, isSending, key, stale, looks] = [null, false, null, null, 0];

const shown = document.getElementById("import").dataset;
if (shown.import && shown.finished === "no") watch(Number(shown.import));
openBoxes();
if (root) openDrop();
document.getElementById("import").dataset.state = "ready";

function openDrop() {
  const drop = root.querySelector(".drop");
  if (!("webkitdirectory" in document.createElement("input")) || window.matchMedia("(pointer: coarse)").matches) {
    root.querySelector(".only-folders").hidden = true; // phones have no folders to choose
  }
  for (const name of ["choose-files", "choose-folder"]) {
    const field = document.getElementById(name);
    field.addEventListener("change", () => { bring(chosenFiles(field.files)); field.value = ""; });
  }
  // Anywhere on the page: a file that misses the frame would be opened by the browser, and the page gone.
  document.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("is-over"); });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) drop.classList.remove("is-over"); });
  document.addEventListener("drop", async (event) => {
    event.preventDefault();
    drop.classList.remove("is-over");
    bring(await droppedFiles(event.dataTransfer));
  });
  root.querySelector("[data-does=again]").addEventListener("click", () => { trouble(""); sending?.goOn(); });
  root.querySelector("[data-does=finish]")?.addEventListener("click", async (event) => {
    if (await decide(`${root.dataset.open}${event.target.dataset.import}/close/`)) location.reload();
  });
  window.addEventListener("beforeunload", (event) => { if (isSending) event.preventDefault(); });
}

async function bring(files) {
  if (!files.length) { say(gettext("There are no files in that."), true); return; }
  const answer = await post(root.dataset.open);
  if (!answer?.ok) { say(answer?.news.error ?? gettext("That did not reach the server. Try again."), true); return; }
  const number = answer.news.import;
  root.querySelector(".way").hidden = false;
  if (key !== number || !sending) {
    sending = openSending(`${root.dataset.open}${number}/`, { changed: showSent, stuck: trouble, done: () => close(number) });
    history.replaceState(null, "", `${root.dataset.here}?import=${number}`);
    part("leaving").textContent = ""; // what was said of an earlier import holds no longer
    redraw();
  }
  isSending = true;
  if (await sending.add(files)) watch(number);
}

async function close(number) {
  isSending = false;
  part("leaving").textContent = gettext("All has arrived. You may leave this page; the work goes on, and you can come back.");
  const answer = await post(`${root.dataset.open}${number}/close/`);
  if (answer?.ok) sending = null; // whatever is dropped now is a new upload
  watch(number);
}

function showSent({ sent, all, files, left }) {
  part("sent").parentElement.hidden = false; // what a service sends does not go by this page
  Object.assign(part("sent"), { max: all || 1, value: sent });
  part("sent-words").textContent = interpolate(gettext("%s of %s files"), [files - left, files]);
  if (left) part("leaving").textContent = gettext("Keep this page open until all is sent. What has arrived stays, even if the line breaks.");
}

function trouble(words) {
  root.querySelector(".way").hidden = false;
  root.querySelector(".way-trouble").hidden = !words;
  part("trouble").textContent = words;
}

function watch(number) {
  if (key === number) return;
  key = number;
  const open = root?.dataset.open ?? shown.progress.replace(/\d+\/progress\/$/, "");
  follow({ root: root?.dataset.root ?? "/", address: `${open}${number}/progress/`, key: number }, hear);
}

function hear(news) {
  if (root) {
    const isEmpty = news.finished && !news.total; // a service that gave nothing
    root.querySelector(".way").hidden = isEmpty;
    Object.assign(part("worked"), { max: news.total || 1, value: news.done });
    part("worked-words").textContent = interpolate(gettext("%s of %s files"), [news.done, news.total]);
    if (news.finished && !isEmpty) part("leaving").textContent = gettext("All is done.");
  }
  for (const place of document.querySelectorAll("#import [data-count]")) {
    place.textContent = { ...news.counts, total: news.total }[place.dataset.count] ?? place.textContent;
  }
  const isRead = document.getElementById("import").contains(document.activeElement); // by keyboard: nothing jumps away
  if (news.finished) redraw();
  else if (!isRead) stale ??= setTimeout(redraw, REDRAW_MS);
}

/** Fetch the list of files anew; of two that were asked for the later one counts. */
async function redraw() {
  clearTimeout(stale);
  stale = null;
  looks += 1;
  const mine = looks;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!answer.ok || mine !== looks) return;
    for (const which of ["#import", ".set-tabs", ".set-next"]) {
      if (fresh.querySelector(which)) document.querySelector(which)?.replaceWith(fresh.querySelector(which));
    }
  } catch {
    // the next news bring it
  }
}
