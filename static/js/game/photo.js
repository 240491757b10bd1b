/** Photo: the photograph on a surface that can be zoomed and dragged, like a map of itself. */

import { leastWidth, sized } from "./sizes.js";

const MOST_CROP = 1.3; // the first view fills the window, but never hides more than a quarter of the picture
const DEEPEST = 2; // zoom: four screen pixels for one of the photograph

/** Open the viewer in an element that holds `.photo-view`, `.photo-note` and `.photo-others`; without zoom it stands still. */
export function openPhoto(element, hasZoom) {
  const view = element.querySelector(".photo-view");
  const note = element.querySelector(".photo-note");
  const map = L.map(view, {
    crs: L.CRS.Simple, attributionControl: false, zoomControl: false, zoomSnap: 0, zoomDelta: 0.5, maxZoom: DEEPEST,
    wheelPxPerZoomLevel: 90, maxBoundsViscosity: 1, inertia: true, minZoom: -6,
    ...(hasZoom ? {} : { dragging: false, touchZoom: false, scrollWheelZoom: false, doubleClickZoom: false, boxZoom: false, keyboard: false }),
  });
  if (hasZoom) L.control.zoom({ position: "bottomleft", zoomInTitle: gettext("Zoom in"), zoomOutTitle: gettext("Zoom out") }).addTo(map);
  map.setView([0, 0], 0);
  let [overlay, photos, shown, width, tried, last, veil, veilUrl] = [null, [], null, null, 0, null, null, null];

  /** Fill the window as far as that hides little, and let nobody zoom out beyond the whole picture. */
  function fit() {
    if (!shown) return;
    map.invalidateSize({ animate: false });
    const [size, bounds] = [map.getSize(), L.latLngBounds([0, 0], [shown.height, shown.width])];
    if (!size.x || !size.y) return;
    const whole = Math.min(size.x / shown.width, size.y / shown.height);
    const full = Math.max(size.x / shown.width, size.y / shown.height);
    map.setMinZoom(-10).setMaxBounds(null).setMaxZoom(Math.max(DEEPEST, Math.log2(full) + 2));
    // What spoke for a place may lie at the very edge, and who cannot zoom must see everything.
    const crop = !hasZoom || element.closest(".shows-why") ? 1 : MOST_CROP;
    map.setView(bounds.getCenter(), Math.log2(Math.min(full, whole * crop)), { animate: false });
    map.setMaxBounds(bounds.pad(0.02)).setMinZoom(Math.log2(whole));
  }

  const wanted = () => leastWidth(shown.width * 2 ** map.getZoom());

  /** Seen closer, the whole photograph is fetched; the smaller one stays until that is here, or where it does not come. */
  function sharpen() {
    if (!width || element.dataset.state !== "ready" || (wanted() ?? Infinity) <= width) return;
    const [photo, image, before] = [shown, new Image(), width];
    width = null;
    image.onload = () => { if (photo === shown) overlay.setUrl(image.src); };
    image.onerror = () => { if (photo === shown) width = before; };
    image.src = sized(shown.url, null, tried);
  }

  function load() {
    overlay?.remove();
    note.textContent = gettext("Developing the photograph…");
    element.dataset.state = "loading";
    width = wanted();
    const url = sized(shown.url, width, tried);
    element.querySelector(".photo-backdrop").src = url;
    overlay = L.imageOverlay(url, [[0, 0], [shown.height, shown.width]], { alt: gettext("The photograph to be placed") });
    overlay.on("load", () => { element.dataset.state = "ready"; note.textContent = ""; });
    overlay.on("error", failed);
    overlay.addTo(map);
  }

  function failed() {
    element.dataset.state = "failed";
    note.textContent = gettext("The photograph did not arrive. ");
    const again = document.createElement("button");
    again.type = "button";
    again.className = "button";
    again.textContent = gettext("Try again");
    again.addEventListener("click", () => { tried += 1; load(); });
    note.append(again);
  }

  function look(photo) {
    [shown, tried] = [photo, 0];
    element.dataset.state = "loading";
    element.style.setProperty("--photo-colour", photo.colour);
    fit();
    load();
    drawVeil();
  }

  /** Lay a picture over the middle square of the last photograph, which is the one that the machine looks at. */
  function drawVeil() {
    veil?.remove();
    veil = null;
    const isVeiled = veilUrl !== null && shown === last;
    element.classList.toggle("is-veiled", isVeiled);
    if (!isVeiled) return;
    const [side, { width, height }] = [Math.min(last.width, last.height), last];
    const square = [[(height - side) / 2, (width - side) / 2], [(height + side) / 2, (width + side) / 2]];
    veil = L.imageOverlay(veilUrl, square, { className: "why-veil", zIndex: 2 }).addTo(map);
  }

  new ResizeObserver(fit).observe(view);
  map.on("zoomend", sharpen);
  return {
    show: (others) => {
      photos = others;
      last = photos[photos.length - 1];
      look(last);
      offer(element.querySelector(".photo-others"), photos, look);
    },
    /** The same photographs at new addresses: the old ones run out. */
    renew: (others) => others.forEach(({ url }, i) => { photos[i].url = url; }),
    showLast: () => {
      if (shown !== last) element.querySelector(".photo-others").lastElementChild.click();
    },
    isSquare: () => last.width === last.height,
    veil: (url) => {
      if (url === veilUrl) return; // news of the round comes often; the colours do not blink at each
      veilUrl = url;
      drawVeil();
    },
    fit,
  };
}

/** One button for each photo of an exhibit that has several. */
function offer(list, photos, look) {
  list.replaceChildren();
  if (photos.length < 2) return;
  photos.forEach((photo, i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = i + 1;
    button.setAttribute("aria-label", interpolate(gettext("Photograph %s of %s"), [i + 1, photos.length]));
    button.setAttribute("aria-pressed", i === photos.length - 1);
    button.addEventListener("click", () => {
      for (const other of list.children) other.setAttribute("aria-pressed", other === button);
      look(photo);
    });
    list.append(button);
  });
}
