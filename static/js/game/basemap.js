/** Base map: the world as Leaflet tiles painted in the browser, coarse at once and finer when it has come. */

import { loadAtlas } from "./atlas.js";
import { placeLabels } from "./labels.js";
import { inks, paintLabels, paintShapes } from "./paint.js";

const FINE_FROM = 4; // zoom from which the fine file is drawn
export const SMALLEST = -1; // zoom; tiles of zoom 0 are drawn smaller for it
const TILE = 256; // CSS pixels

const World = L.GridLayer.extend({
  createTile({ x, y, z }) {
    const tile = document.createElement("canvas");
    const sharp = Math.min(2, window.devicePixelRatio || 1);
    tile.width = tile.height = TILE * sharp;
    const pen = tile.getContext("2d", { alpha: false });
    pen.scale(sharp, sharp);
    const [atlas, colours] = [this.atlasAt(z), this.colours];
    paintShapes(pen, atlas, colours, { world: TILE * 2 ** z, left: x * TILE, top: y * TILE, width: TILE, height: TILE });
    paintLabels(pen, this.labelsAt(z)(x, y), colours, x * TILE, y * TILE);
    return tile;
  },

  atlasAt(zoom) {
    return this.fine && zoom >= FINE_FROM ? this.fine : this.coarse;
  },

  labelsAt(zoom) {
    this.labels ??= new Map();
    if (!this.labels.has(zoom)) this.labels.set(zoom, placeLabels(this.atlasAt(zoom), zoom));
    return this.labels.get(zoom);
  },
});

/** Load the world and lay it under a map; returns the coarse atlas, which small pictures of the world use too. */
export async function addBaseMap(map, { coarseUrl, fineUrl }) {
  const world = new World({ attribution: gettext("Map: Natural Earth"), minZoom: SMALLEST, minNativeZoom: 0,
    maxNativeZoom: 12, updateWhenZooming: false });
  world.coarse = await loadAtlas(coarseUrl, 4);
  world.colours = inks(map.getContainer());
  world.addTo(map);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    world.colours = inks(map.getContainer());
    world.redraw();
  });
  loadAtlas(fineUrl, 32).then((fine) => {
    world.fine = fine;
    world.labels = new Map();
    if (map.getZoom() >= FINE_FROM) world.redraw();
  }, () => {}); // without the fine file the coarse one still serves
  return world.coarse;
}
