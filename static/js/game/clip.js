/** Clip: rings of land cut into squares, so that a tile need not fill a continent. */

/** Rings cut along the squares' edges: an array of squares, row by row, each with its rings. */
export function filled(rings, units, across) {
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

/** [x0, y0, x1, y1] of a flat list of points. */
export function bounds(line) {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < line.length; i += 2) {
    x0 = Math.min(x0, line[i]);
    x1 = Math.max(x1, line[i]);
    y0 = Math.min(y0, line[i + 1]);
    y1 = Math.max(y1, line[i + 1]);
  }
  return [x0, y0, x1, y1];
}
