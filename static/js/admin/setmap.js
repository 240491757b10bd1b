/** Set map: all photos of a set as flags, clustered. A flag that is dragged is put there; so is a lost photo by a click. */

import { icon } from "../game/marks.js";
import { openWorld, placeOf } from "./pinmap.js";
import { decide, heard, say } from "./server.js";

const root = document.getElementById("set-map");
const mayChange = root.dataset.may === "yes";
const map = openWorld(document.getElementById("whole-map"));
const group = L.markerClusterGroup({ chunkedLoading: true, showCoverageOnHover: false, maxClusterRadius: 56,
  iconCreateFunction: cluster, chunkProgress: (count, of) => { if (count === of) root.dataset.state = "ready"; } });
const Flag = L.DivIcon.extend({ createIcon: (before) => icon(null).createIcon(before) }); // made only where it is drawn
const FLAG = new Flag();
let placing = null; // the button of the lost photo that the next click puts somewhere
map.addLayer(group);

const answer = await fetch(root.dataset.points);
if (answer.ok) {
  const { photos } = await answer.json();
  // Before they are added: of thousands that takes a while, and only those of the view are drawn.
  if (photos.length) map.fitBounds(photos.map(([, lat, lng]) => [lat, lng]), { maxZoom: 8, padding: [40, 40], animate: false });
  else root.dataset.state = "ready";
  group.addLayers(photos.map(([pk, lat, lng, isOdd, title]) => flag(pk, { lat, lng }, isOdd, title)));
} else say(gettext("The photos could not be fetched. Load the page again."), true);

function flag(pk, place, isOdd, title) {
  const made = L.marker(place, { icon: FLAG, draggable: mayChange, autoPan: true, title, alt: title || gettext("photo"), isOdd });
  made.on("add", () => made.getElement()?.classList.toggle("pin-odd", Boolean(made.options.isOdd)));
  made.on("dragend", () => put(pk, placeOf(made.getLatLng()), made));
  made.on("click", () => peek(pk, made));
  made.kept = L.latLng(place);
  return made;
}

function cluster(some) {
  const count = some.getChildCount();
  const size = count < 10 ? 34 : count < 100 ? 42 : count < 1000 ? 50 : 60;
  const isOdd = some.getAllChildMarkers().some((each) => each.options.isOdd);
  const html = document.createElement("span");
  html.textContent = count;
  return L.divIcon({ className: `cluster ${isOdd ? "is-odd" : ""}`, html, iconSize: [size, size] });
}

/** Put a photo somewhere; where that is refused its flag goes back. */
async function put(pk, place, made) {
  const news = await decide(root.dataset.verbs.replace(/verb\/$/, "place/"), { photos: [pk], ...place });
  if (!news) { if (made) { group.removeLayer(made); made.setLatLng(made.kept); group.addLayer(made); } return null; }
  const [record] = news.photos;
  if (made) Object.assign(made, { kept: L.latLng(record.place) });
  if (made) made.options.isOdd = record.doubts.some((each) => each.severity > 1);
  made?.getElement()?.classList.toggle("pin-odd", made.options.isOdd);
  return record;
}

async function peek(pk, made) {
  const told = await fetch(root.dataset.photo.replace("/0/", `/${pk}/`));
  const record = await heard(told);
  if (!told.ok) { say(record.error, true); return; }
  const card = document.createElement("div");
  card.className = "peek";
  const image = Object.assign(document.createElement("img"), { src: record.small, alt: "" });
  const title = Object.assign(document.createElement("p"), { textContent: record.title || record.name });
  const odd = record.doubts.map((each) => Object.assign(document.createElement("p"), { textContent: `${each.title}: ${each.says}` }));
  const link = Object.assign(document.createElement("a"), { href: `${root.dataset.review}?photo=${pk}`, textContent: gettext("Look at it in the review") });
  card.append(image, title, ...odd, link);
  made.bindPopup(card, { minWidth: 240, maxWidth: 260 }).openPopup();
  made.once("popupclose", () => made.unbindPopup());
}

for (const button of root.querySelectorAll(".lost button")) button.addEventListener("click", () => choose(button));

function choose(button) {
  for (const each of root.querySelectorAll(".lost button")) each.setAttribute("aria-pressed", each === button);
  placing = button;
  root.classList.toggle("is-placing", Boolean(button));
  root.querySelector("[data-shows=how]").textContent = button
    ? gettext("Now click on the map where it was taken.") : gettext("Choose a photo, then click on the map where it was taken.");
}

async function putLost(place) {
  const button = placing;
  const record = await put(Number(button.dataset.pk), place, null);
  if (!record) return;
  const following = (button.parentElement.nextElementSibling ?? button.parentElement.previousElementSibling)?.querySelector("button") ?? null;
  button.parentElement.remove();
  group.addLayer(flag(record.pk, record.place, record.doubts.some((each) => each.severity > 1), record.title));
  choose(following);
  if (!following) root.querySelector(".lost").hidden = true;
  const count = root.querySelector("[data-shows=lost]");
  if (count) count.textContent = root.querySelectorAll(".lost li").length;
}

map.on("click", (event) => { if (placing) putLost(placeOf(event.latlng)); });
map.getContainer().addEventListener("keydown", (event) => {
  if (event.key === "Enter" && placing && event.target === map.getContainer()) { event.preventDefault(); putLost(placeOf(map.getCenter())); }
});
