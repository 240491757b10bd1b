/** Pin map: one photo's place on the game's own map. The flag is dragged, set by a click, or by Enter in the middle. */

import { addBaseMap, SMALLEST } from "../game/basemap.js";
import { icon } from "../game/marks.js";
import { nearLng, wrapLng } from "../game/sphere.js";

const HOME = { center: [22, 8], zoom: 0 };
const CLOSE = 6; // zoom at which a place is shown
const [DEEPEST, DEEPEST_WITH_TILES] = [11, 18];
const POLE = 85; // degrees: where the map ends

/** A Leaflet map on the game's base map, in an element whose data say where the shapes lie. */
export function openWorld(element) {
  const { tileUrl, tileCredit, coarseUrl, fineUrl } = element.dataset;
  const map = L.map(element, { ...HOME, minZoom: SMALLEST, maxZoom: tileUrl ? DEEPEST_WITH_TILES : DEEPEST,
    attributionControl: false, zoomControl: false, worldCopyJump: true });
  L.control.zoom({ position: "topright", zoomInTitle: gettext("Zoom in"), zoomOutTitle: gettext("Zoom out") }).addTo(map);
  L.control.attribution({ prefix: false }).addTo(map);
  addBaseMap(map, { coarseUrl, fineUrl });
  if (tileUrl) L.tileLayer(tileUrl, { attribution: tileCredit, maxZoom: DEEPEST_WITH_TILES }).addTo(map);
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(element);
  element.addEventListener("keyup", () => element.classList.add("by-keys"));
  element.addEventListener("pointerdown", () => element.classList.remove("by-keys"), { capture: true });
  return map;
}

/** A place as it is sent: on this globe's own side. */
export function placeOf({ lat, lng }) {
  return { lat: Math.max(-POLE, Math.min(POLE, lat)), lng: wrapLng(lng) };
}

/** Open the map of one photo. `onPlace` hears where it was put; null means that it may not be moved. */
export function openPinMap(element, onPlace) {
  const map = openWorld(element);
  let [flag, hint] = [null, null];

  map.on("click", (event) => onPlace?.(placeOf(event.latlng)));
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target !== element) return;
    event.preventDefault();
    onPlace?.(placeOf(map.getCenter()));
  });

  /** Show where a photo is, and where its file hints that it may be; either may be null. */
  function show(place, offered, keepsView) {
    flag?.remove();
    hint?.remove();
    flag = place && L.marker(place, { icon: icon(null), draggable: Boolean(onPlace), autoPan: true, keyboard: false }).addTo(map);
    hint = offered && L.marker(offered, { icon: icon(null), keyboard: false, interactive: false }).addTo(map);
    hint?.getElement().classList.add("pin-hint");
    flag?.on("dragend", () => onPlace?.(placeOf(flag.getLatLng())));
    const at = place ?? offered;
    if (keepsView) return;
    if (at) map.setView([at.lat, nearLng(at.lng, 0)], CLOSE, { animate: false });
    else map.setView(HOME.center, HOME.zoom, { animate: false });
  }

  return { show, focus: () => { element.classList.add("by-keys"); element.focus(); } };
}
