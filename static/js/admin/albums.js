/** Albums: photos are put in order by dragging, or by the buttons beneath each; every change is told at once. */

import { decide, inTurn } from "./server.js";

const root = document.getElementById("albums");
const MOVES = {
  earlier: (item) => item?.previousElementSibling?.before(item),
  later: (item) => item?.nextElementSibling?.after(item),
  out: (item) => item?.remove(),
  dissolve: (item, strip) => strip.replaceChildren(),
};
let dragged = null;

root.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  const [does, pk] = [button?.dataset.does, button?.closest("li")?.dataset.pk];
  if (does === "time") tell(albumOf(button), "order", { photos: null });
  if (does in MOVES) change(albumOf(button), (strip) => MOVES[does](itemOf(strip, pk), strip));
});
root.addEventListener("submit", (event) => {
  event.preventDefault();
  tell(albumOf(event.target), "rename", { name: event.target.elements.name.value });
});
root.addEventListener("dragstart", (event) => {
  dragged = event.target.closest("[draggable=true]");
  if (!dragged) return;
  dragged.classList.add("is-dragged");
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.pk);
});
root.addEventListener("dragover", (event) => {
  const over = overOf(event);
  if (!over) return;
  event.preventDefault();
  mark(over);
});
root.addEventListener("drop", (event) => {
  const over = overOf(event);
  if (!over) return;
  event.preventDefault();
  const isAfter = event.clientX > over.getBoundingClientRect().left + over.offsetWidth / 2;
  const [pk, at] = [dragged.dataset.pk, over.dataset.pk];
  change(albumOf(over), (strip) => {
    const item = itemOf(strip, pk); // it may have left meanwhile
    if (item) itemOf(strip, at)?.[isAfter ? "after" : "before"](item);
  });
});
root.addEventListener("dragend", () => {
  dragged?.classList.remove("is-dragged");
  mark(null);
  dragged = null;
});

/** The photo that another of its album is dragged over. */
function overOf(event) {
  const over = event.target.closest(".strip li");
  return dragged && over?.parentElement === dragged.parentElement ? over : null;
}

function mark(over) {
  for (const item of root.querySelectorAll(".strip li")) item.classList.toggle("is-target", item === over);
}

function albumOf(element) {
  return element.closest(".album");
}

function itemOf(album, pk) {
  return album.querySelector(`li[data-pk="${pk}"]`);
}

function keys(album) {
  return [...album.querySelectorAll(".strip li")].map((item) => Number(item.dataset.pk));
}

/** Move photos of an album and tell their order; where that is refused they are as they were. */
function change(album, move) {
  inTurn(async () => {
    const strip = album.querySelector(".strip");
    const [before, seen] = [[...strip.children], keys(album)];
    keepingFocus(album, () => move(strip));
    const photos = keys(album);
    if (photos.join() === seen.join()) return; // it is the first or the last already
    if (!await post(album, "order", { photos, seen })) keepingFocus(album, () => strip.replaceChildren(...before));
  });
}

function tell(album, verb, body) {
  inTurn(() => post(album, verb, body));
}

/** Post a verb about an album; the server says how it is shown then. */
async function post(album, verb, body) {
  const news = await decide(`${root.dataset.verbs}${verb}/`, { album: album.dataset.name, ...body });
  if (news?.album) keepingFocus(album, () => redraw(album, news.album));
  else if (news) close(album);
  return Boolean(news);
}

function redraw(album, html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").querySelector(".album");
  album.dataset.name = fresh.dataset.name;
  album.setAttribute("aria-label", fresh.dataset.name);
  album.replaceChildren(...fresh.childNodes);
}

function close(album) {
  const following = album.nextElementSibling ?? album.previousElementSibling;
  album.remove();
  (following?.querySelector("h2") ?? root).focus();
}

/** Change an album; the button that has the focus keeps it, or where its photo is gone that of the next one has it. */
function keepingFocus(album, act) {
  const [focused, pks] = [document.activeElement, keys(album)];
  const isInside = album.contains(focused);
  const [does, at] = [focused.dataset.does, pks.indexOf(Number(focused.closest("li")?.dataset.pk))];
  act();
  if (!isInside || document.activeElement === focused) return;
  const buttons = at < 0 ? [album.querySelector(`.album-head [data-does=${does}]`)]
    : [...pks.slice(at), ...pks.slice(0, at).reverse()].map((pk) => itemOf(album, pk)?.querySelector(`[data-does=${does}]`));
  (buttons.find(Boolean) ?? album.querySelector("summary") ?? album.querySelector("h2")).focus();
}
