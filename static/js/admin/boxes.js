/** Boxes: an area for a service is whatever its map shows. */

import { openWorld } from "./pinmap.js";

/** Let each service's form choose its area on a map. */
export function openBoxes() {
  for (const form of document.querySelectorAll("form[data-service]")) {
    form.querySelector("[data-does=box]").addEventListener("click", (event) => {
      event.target.hidden = true;
      form.querySelector(".box-map").hidden = false;
      const map = openWorld(form.querySelector(".map"));
      map.on("moveend", () => { form.elements.box.value = shown(map.getBounds()); });
      map.setView([22, 8], 2);
    });
  }
}

function shown(bounds) {
  const [south, north] = [Math.max(-85, bounds.getSouth()), Math.min(85, bounds.getNorth())];
  const [west, east] = [Math.max(-180, bounds.getWest()), Math.min(180, bounds.getEast())];
  return [south, west, north, east].map((each) => each.toFixed(4)).join(", ");
}
