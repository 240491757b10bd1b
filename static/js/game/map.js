/** Map: the world that people put their pin on. Clicks become places here, and places marks. */

import { addBaseMap, SMALLEST } from "./basemap.js";
import { icon } from "./marks.js";
import { nearLng, wrapLng } from "./sphere.js";
import { drawReveal } from "./trails.js";

const HOME = { center: [22, 8], zoom: 1 };
const WORLDS = [[-85, -540], [85, 540]]; // three copies side by side: nobody comes to the edge
const CLOSE = 4; // zoom at which a typed place is shown
const DEEPEST = 11; // the shapes say nothing new beyond
const DEEPEST_WITH_TILES = 18;
export const stillness = window.matchMedia("(prefers-reduced-motion: reduce)");

/** Open the map in an element whose data say where the shapes lie. `onPin` hears of each place the pin comes to. */
export function openMap(element, onPin) {
  const { tileUrl, tileCredit, coarseUrl, fineUrl } = element.dataset;
  const map = L.map(element, {
    ...HOME, minZoom: 0, maxZoom: tileUrl ? DEEPEST_WITH_TILES : DEEPEST, attributionControl: false,
    maxBoundsViscosity: 1, zoomControl: false, keyboardPanDelta: 60,
  });
  L.control.zoom({ position: "topright", zoomInTitle: gettext("Zoom in"), zoomOutTitle: gettext("Zoom out") }).addTo(map);
  L.control.attribution({ prefix: false, position: "bottomright" }).addTo(map);
  const atlas = addBaseMap(map, { coarseUrl, fineUrl });
  if (tileUrl) L.tileLayer(tileUrl, { attribution: tileCredit, maxZoom: DEEPEST_WITH_TILES }).addTo(map);
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(element);

  let [pin, revealed, isOpen, me] = [null, null, false, null];

  function place(latlng, isNew) {
    if (!isOpen) return;
    put(latlng, isNew);
    onPin(pinned());
  }

  function put({ lat, lng }, isNew) {
    const here = L.latLng(Math.max(-85, Math.min(85, lat)), lng);
    if (pin && !isNew) return pin.setLatLng(here);
    pin?.remove();
    pin = L.marker(here, { icon: icon(me, isNew), draggable: isOpen, autoPan: true, keyboard: false }).addTo(map);
    pin.on("drag", () => onPin(pinned()));
    return pin;
  }

  function pinned() {
    const { lat, lng } = pin.getLatLng();
    return { lat, lng: wrapLng(lng) };
  }

  map.on("click", (event) => place(event.latlng, true));
  // The pin keeps to the copy of the world that is being looked at.
  map.on("moveend", () => pin && put(shifted(pin.getLatLng(), map.getCenter()), false));

  return {
    atlas,
    place: (at) => {
      if (!isOpen) return;
      place(shifted(at, map.getCenter()), true);
      map.setView(pin.getLatLng(), Math.max(map.getZoom(), CLOSE), { animate: !stillness.matches });
    },
    placeAtCentre: () => {
      const centre = map.getCenter();
      const isThere = pin && map.latLngToContainerPoint(pin.getLatLng()).distanceTo(map.getSize().divideBy(2)) < 3;
      if (!isThere) place(centre, true);
      return isThere;
    },
    startRound: (player, at, open) => {
      revealed?.remove();
      pin?.remove();
      [pin, revealed, isOpen, me] = [null, null, open, player];
      element.classList.toggle("is-open", open);
      map.setMaxBounds(WORLDS).setMinZoom(0);
      map.setView(at ?? HOME.center, HOME.zoom, { animate: false }); // after a reload the pin wants to be seen
      if (at) put(at, false);
    },
    lock: (at) => {
      isOpen = false;
      element.classList.remove("is-open");
      pin?.dragging?.disable();
      if (at) put(shifted(at, map.getCenter()), false);
    },
    reveal: (reveal, players, seat, padding, moving) => {
      isOpen = false;
      revealed?.remove();
      pin?.remove();
      pin = null;
      element.classList.remove("is-open");
      map.setMaxBounds(null).setMinZoom(SMALLEST); // beside or above the card the world may end, or be small
      map.invalidateSize({ animate: false });
      revealed = drawReveal(map, reveal, players, seat, padding, moving && !stillness.matches);
    },
  };
}

function shifted({ lat, lng }, centre) {
  return { lat, lng: nearLng(lng, centre.lng) };
}
