/** Albums: photos are put in order by dragging, or by the buttons beneath each; every change is told at once. */

import { decide } from "./server.js";

const root = document.getElementById("albums");
let dragged = null;

for (const album of root.querySelectorAll(".album")) openAlbum(album);

function openAlbum(album) {
  const strip = album.querySelector(".strip");
  album.querySelector("[data-does=time]")?.addEventListener("click", () => tell(null));
  if ("fixed" in strip.dataset) return;

  strip.addEventListener("click", (event) => {
    const [button, item] = [event.target.closest("button"), event.target.closest("li")];
    if (button) move(item, button);
  });
  strip.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("li");
    dragged.classList.add("is-dragged");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.pk);
  });
  strip.addEventListener("dragover", (event) => {
    const over = event.target.closest("li");
    if (!over || dragged?.parentElement !== strip) return;
    event.preventDefault();
    mark(over);
  });
  strip.addEventListener("drop", (event) => {
    const over = event.target.closest("li");
    if (!over || dragged?.parentElement !== strip) return;
    event.preventDefault();
    const isAfter = event.clientX > over.getBoundingClientRect().left + over.offsetWidth / 2;
    over[isAfter ? "after" : "before"](dragged);
    tell(keys());
  });
  strip.addEventListener("dragend", () => {
    dragged?.classList.remove("is-dragged");
    mark(null);
    dragged = null;
  });

  function mark(over) {
    for (const item of strip.children) item.classList.toggle("is-target", item === over);
  }

  function move(item, button) {
    const before = keys();
    if (button.dataset.does === "earlier") item.previousElementSibling?.before(item);
    if (button.dataset.does === "later") item.nextElementSibling?.after(item);
    if (button.dataset.does === "out") item.remove();
    else button.focus();
    if (keys().join() !== before.join()) tell(keys());
  }

  function keys() {
    return [...strip.children].map((item) => Number(item.dataset.pk));
  }

  /** Tell the order, null for that of the times; what the server says is shown. */
  async function tell(photos) {
    const news = await decide(root.dataset.order, { album: album.dataset.name, photos });
    if (!news) { location.reload(); return; } // as it is there
    const items = new Map([...strip.children].map((item) => [Number(item.dataset.pk), item]));
    strip.append(...news.photos.map((pk) => items.get(pk)).filter(Boolean));
    if (!news.photos.length) album.remove();
  }
}
