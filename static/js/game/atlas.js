/** Atlas: the shapes of the base map, read from static/geo and sorted into squares so that a tile finds its own. */

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

function filled(rings, units, across) {
  const squares = [];
  const pad = units / across / 50; // squares overlap a little: no seams
  const scatter = (ring, column, row, size) => {
    if (size === 1) return (squares[row * across + column] ??= []).push(ring);
    const half = size / 2;
    const [west, east] = halves(ring, 0, ((column + half) * units) / across, pad);
    for (const [part, at] of [[west, column], [east, column + half]]) {
      if (!part.length) continue;
      const [north, south] = halves(part, 1, ((row + half) * units) / across, pad);
      if (north.length) scatter(north, at, row, half);
      if (south.length) scatter(south, at, row + half, half);
    }
    return null;
  };
  for (const ring of rings) scatter(ring, 0, 0, across);
  return squares;
}

/** A ring cut along one axis into the part before and the part behind, each reaching a little over the cut. */
function halves(ring, axis, cut, pad) {
  const box = bounds(ring);
  if (box[axis + 2] <= cut - pad) return [ring, []];
  if (box[axis] >= cut + pad) return [[], ring];
  return [clip(ring, axis, cut + pad, 1), clip(ring, axis, cut - pad, -1)];
}

/** Sutherland and Hodgman's clipping (1974) against one line; side 1 keeps what lies before it, -1 what lies behind. */
function clip(ring, axis, cut, side) {
  const kept = [];
  let [px, py] = [ring[ring.length - 2], ring[ring.length - 1]];
  for (let i = 0; i < ring.length; i += 2) {
    const [x, y] = [ring[i], ring[i + 1]];
    const [before, now] = axis ? [py, y] : [px, x];
    if ((cut - before) * side > 0 !== (cut - now) * side > 0) {
      const t = (cut - before) / (now - before);
      kept.push(px + t * (x - px), py + t * (y - py));
    }
    if ((cut - now) * side > 0) kept.push(x, y);
    [px, py] = [x, y];
  }
  return kept;
}

function bounds(line) {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < line.length; i += 2) {
    x0 = Math.min(x0, line[i]);
    x1 = Math.max(x1, line[i]);
    y0 = Math.min(y0, line[i + 1]);
    y1 = Math.max(y1, line[i + 1]);
  }
  return [x0, y0, x1, y1];
}
