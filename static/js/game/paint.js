/** Paint: ink on a canvas. Knows the atlas's shapes and the theme's colours, and nothing of maps that move. */

import { inside } from "./atlas.js";

const REGIONS_FROM = 5; // zoom at which region borders begin to help

/** The map's colours, as the theme has them now. */
export function inks(element) {
  const style = getComputedStyle(element);
  const names = ["sea", "land", "coast", "border", "region", "country", "city", "halo"];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--map-${name}`).trim()]));
}

/** Draw a rectangle of the world; `world` is the width of the whole world in pixels, left and top count from 85° N 180° W. */
export function paintShapes(pen, atlas, colours, { world, left, top, width, height }) {
  const scale = world / atlas.units;
  const zoom = Math.log2(world / 256);
  const rectangle = [(left - 2) / scale, (top - 2) / scale, (left + width + 2) / scale, (top + height + 2) / scale];
  const path = (layer, closed) => trace(pen, inside(atlas, layer, ...rectangle), scale, left, top, closed);
  pen.fillStyle = colours.sea;
  pen.fillRect(0, 0, width, height);
  pen.lineJoin = "round";
  path("land", true);
  pen.fillStyle = colours.land;
  pen.fill(); // nonzero: the atlas's squares overlap a little
  path("lakes", true);
  pen.fillStyle = colours.sea;
  pen.fill();
  if (zoom >= REGIONS_FROM) stroke(pen, () => path("regions"), colours.region, zoom > 6 ? 1 : 0.7);
  stroke(pen, () => path("coast"), colours.coast, zoom > 4 ? 1 : 0.6);
  stroke(pen, () => path("borders"), colours.border, zoom > 5 ? 1.6 : zoom > 2 ? 1 : 0.6);
}

function stroke(pen, path, colour, width) {
  path();
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.stroke();
}

/** Put pieces on the pen's path, without the points nobody could tell apart. Both ends of a long stretch stay: where the
 * atlas has cut a shape, its edge runs there and back on the same line, and must not open into a sliver. */
function trace(pen, pieces, scale, left, top, closed) {
  pen.beginPath();
  for (const line of pieces) {
    let [lastX, lastY] = [line[0] * scale - left, line[1] * scale - top];
    pen.moveTo(lastX, lastY);
    for (let i = 2; i < line.length; i += 2) {
      const [x, y] = [line[i] * scale - left, line[i + 1] * scale - top];
      const next = Math.abs(line[i + 2] - line[i]) + Math.abs(line[i + 3] - line[i + 1]); // NaN at the end: kept
      if (Math.abs(x - lastX) + Math.abs(y - lastY) < 0.5 && next * scale < 2) continue;
      pen.lineTo(x, y);
      [lastX, lastY] = [x, y];
    }
    if (closed) pen.closePath();
  }
}

/** Write the names that touch a tile. */
export function paintLabels(pen, labels, colours, left, top) {
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  for (const label of labels) {
    pen.font = label.font;
    pen.strokeStyle = colours.halo;
    pen.fillStyle = label.country ? colours.country : colours.city;
    if (!label.country) dot(pen, label.x - left, label.y - top);
    pen.lineWidth = 3;
    label.lines.forEach((line, i) => {
      const y = label.textY - top + (i - (label.lines.length - 1) / 2) * label.size * 1.15;
      pen.strokeText(line, label.textX - left, y);
      pen.fillText(line, label.textX - left, y);
    });
  }
}

function dot(pen, x, y) {
  pen.beginPath();
  pen.arc(x, y, 2.4, 0, 2 * Math.PI);
  pen.lineWidth = 1.6;
  pen.stroke();
  pen.fill();
}
