/** Atlas: the shapes of the base map, read from static/geo and sorted into squares so that a tile finds its own. */

import { bounds, filled } from "./clip.js";

const PIECE = 40; // points of a line that are kept together

/** Fetch one of the two files and sort it; `across` squares in each direction. */
export async function loadAtlas(url, across) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  const file = await answer.json();
  const atlas = { units: file.units, across, countries: file.countries, cities: file.cities };
  const [land, lakes] = [file.land.map(points), file.lakes.map(points)];
  atlas.land = filled(land, file.units, across);
  atlas.lakes = filled(lakes, file.units, across);
  atlas.coast = stroked([...land, ...lakes].flatMap((ring) => withoutFrame(ring, file.units)), file.units, across);
  atlas.borders = stroked(file.borders.map(points), file.units, across);
  atlas.regions = stroked(file.regions.map(points), file.units, across);
  return atlas;
}

/** The pieces of one layer that may touch the rectangle given in the atlas's units. */
export function inside(atlas, layer, x0, y0, x1, y1) {
  const cell = atlas.units / atlas.across;
  const [last, found] = [atlas.across - 1, new Set()];
  for (let row = clamp(y0 / cell, last); row <= clamp(y1 / cell, last); row += 1) {
    for (let column = clamp(x0 / cell, last); column <= clamp(x1 / cell, last); column += 1) {
      for (const piece of atlas[layer][row * atlas.across + column] ?? []) found.add(piece);
    }
  }
  return found;
}

function clamp(value, last) {
  return Math.max(0, Math.min(last, Math.floor(value)));
}

/** First point and steps, as the file has them, to points. */
function points(steps) {
  const line = new Float32Array(steps.length);
  line.set(steps.slice(0, 2));
  for (let i = 2; i < steps.length; i += 1) line[i] = line[i - 2] + steps[i];
  return line;
}

/** A ring's lines without those that only run along the edge of the map. */
function withoutFrame(ring, units) {
  const lines = [];
  let start = 0;
  const onEdge = (i) => ring[i] <= 0 || ring[i] >= units || ring[i + 1] >= units;
  for (let i = 2; i < ring.length; i += 2) {
    if (!onEdge(i) || !onEdge(i - 2)) continue;
    if (i - start > 2) lines.push(ring.subarray(start, i));
    start = i;
  }
  if (ring.length - start > 2) lines.push(ring.subarray(start));
  return lines;
}

function stroked(lines, units, across) {
  const squares = [];
  const cell = units / across;
  for (const line of lines) {
    for (let start = 0; start + 2 < line.length; start += 2 * PIECE) {
      const piece = line.subarray(start, start + 2 * PIECE + 2); // one point more: pieces meet
      const [x0, y0, x1, y1] = bounds(piece);
      for (let row = clamp(y0 / cell, across - 1); row <= clamp(y1 / cell, across - 1); row += 1) {
        for (let column = clamp(x0 / cell, across - 1); column <= clamp(x1 / cell, across - 1); column += 1) {
          (squares[row * across + column] ??= []).push(piece);
        }
      }
    }
  }
  return squares;
}
