/** Labels: which names fit on the map at one zoom. The more important come first, and a name that would touch another
 * stays away. Placed once for the whole world, so that names stand still while the map is dragged. */

const TILE = 256; // CSS pixels
const LAST_COUNTRY_ZOOM = 6; // closer in, a country's name stands nowhere in particular
const COUNTRY_FONT = "600 {size}px system-ui, sans-serif";
const CITY_FONT = "{size}px system-ui, sans-serif";

/** Place the names for a zoom: a function from a tile's column and row to the names that touch it. */
export function placeLabels(atlas, zoom) {
  const pen = document.createElement("canvas").getContext("2d");
  const scale = (TILE * 2 ** zoom) / atlas.units;
  const [taken, tiles] = [new Map(), new Map()];
  for (const label of candidates(atlas, zoom)) {
    const placed = fit(label, scale, pen, taken);
    if (placed) each(placed.box, TILE, (_, column, row) => spread(tiles, placed, column, row, 2 ** zoom));
  }
  return (column, row) => tiles.get(`${column},${row}`) ?? [];
}

/** Give a name to a tile; over the date line, to the tile on the world's other side. */
function spread(tiles, label, column, row, across) {
  const turns = Math.floor(column / across);
  const shift = turns * across * TILE;
  const moved = shift ? { ...label, x: label.x - shift, textX: label.textX - shift } : label;
  put(tiles, `${column - turns * across},${row}`, moved);
}

function candidates(atlas, zoom) {
  const countries = zoom <= LAST_COUNTRY_ZOOM ? atlas.countries.filter((label) => label[3] <= zoom + 0.5) : [];
  const cities = atlas.cities.filter((label) => label[3] <= zoom);
  return [
    ...countries.map(([name, x, y, rank]) => ({ name, x, y, country: true, size: rank < 3 || zoom > 4 ? 13 : 11 })),
    ...cities.map(([name, x, y, rank]) => ({ name, x, y, country: false, size: rank <= zoom - 2 ? 13 : 12 })),
  ];
}

/** Try a few positions around the place; null if every one is taken. */
function fit(label, scale, pen, taken) {
  const [x, y] = [label.x * scale, label.y * scale];
  const font = (label.country ? COUNTRY_FONT : CITY_FONT).replace("{size}", label.size);
  pen.font = font;
  const lines = label.country ? inTwo(label.name) : [label.name];
  const width = Math.max(...lines.map((line) => pen.measureText(line).width));
  const height = lines.length * label.size * 1.15;
  for (const [dx, dy] of positions(label, width, height)) {
    const box = [x + dx - width / 2 - 2, y + dy - height / 2 - 1, x + dx + width / 2 + 2, y + dy + height / 2 + 1];
    const whole = label.country ? box : [Math.min(box[0], x - 4), Math.min(box[1], y - 4),
      Math.max(box[2], x + 4), Math.max(box[3], y + 4)];
    if (isFree(whole, taken)) {
      each(whole, TILE, (key) => put(taken, key, whole));
      return { ...label, x, y, textX: x + dx, textY: y + dy, lines, font, box: whole };
    }
  }
  return null;
}

function positions(label, width, height) {
  if (label.country) return [[0, 0], [0, -height], [0, height]];
  const [aside, above] = [width / 2 + 6, height / 2 + 5];
  return [[aside, 0], [-aside, 0], [0, -above], [0, above], [aside, -above], [aside, above]];
}

function inTwo(name) {
  const words = name.split(" ");
  if (name.length < 14 || words.length < 2) return [name];
  const first = [];
  while (words.length > 1 && [...first, words[0]].join(" ").length <= name.length / 2 + 2) first.push(words.shift());
  return first.length ? [first.join(" "), words.join(" ")] : [name];
}

function isFree([x0, y0, x1, y1], taken) {
  let free = true;
  each([x0, y0, x1, y1], TILE, (key) => {
    const near = taken.get(key) ?? [];
    free &&= !near.some((box) => x0 < box[2] && x1 > box[0] && y0 < box[3] && y1 > box[1]);
  });
  return free;
}

function each([x0, y0, x1, y1], size, visit) {
  for (let row = Math.floor(y0 / size); row <= Math.floor(y1 / size); row += 1) {
    for (let column = Math.floor(x0 / size); column <= Math.floor(x1 / size); column += 1) visit(`${column},${row}`, column, row);
  }
}

function put(map, key, value) {
  if (!map.has(key)) map.set(key, []);
  map.get(key).push(value);
}
