/** Trails: what a reveal draws on the map. Lines from each pin to the truth, and the cells the machine thought of. */

import { cell } from "./cell.js";
import { icon } from "./marks.js";
import { hangNames } from "./names.js";
import { arc, nearLng } from "./sphere.js";
import { distance } from "./words.js";

const COPIES = [-360, 0, 360]; // of the world, in degrees
const MANY = 30; // trails: of so many, one copy is enough for the browser to draw
const ON_TOP = { truth: 3000, own: 2000, machine: 1000, human: 0 }; // pins further south lie on top by up to a window's height
const MOST_NAMED = 12; // pins that wear their names, where there is room
const DEEPEST = 9; // zoom; a hit must not end in an empty plain
const FLIGHT_S = 1.4;

/** Draw the reveal and move the map to hold truth and pins; returns what was drawn, so that it can be removed. */
export function drawReveal(map, reveal, players, seat, padding, isMoving) {
  const [drawn, svg] = [L.layerGroup(), L.svg({ padding: 0.5 })];
  const byId = new Map(players.map((player) => [player.id, player]));
  const trails = reveal.guesses.filter((guess) => guess.lat !== null && byId.has(guess.player)).map((guess) => ({
    guess, player: byId.get(guess.player), line: arc(reveal.place, guess).reverse(),
  }));
  const every = [[reveal.place.lat, reveal.place.lng], ...trails.flatMap((trail) => trail.line)];
  const sight = { paddingTopLeft: padding.topLeft, paddingBottomRight: padding.bottomRight, maxZoom: DEEPEST };
  const draw = () => {
    const pins = new Map(); // of the world in the middle, by player
    moveIntoSight(map, every, padding);
    for (const turn of trails.length > MANY ? [0] : COPIES) {
      drawCells(drawn, reveal, turn, svg);
      for (const trail of trails) {
        const pin = drawTrail(drawn, trail, turn, svg, trail.player.id === seat);
        if (turn === 0) pins.set(trail.player.id, pin);
      }
      const flag = L.marker([reveal.place.lat, reveal.place.lng + turn], { icon: icon(null, true), zIndexOffset: ON_TOP.truth });
      drawn.addLayer(flag.bindTooltip(said(reveal.title || gettext("The place of the photograph"))));
    }
    drawn.addTo(map);
    if (trails.length > 2) nameThem(map, drawn, trails, pins, seat);
    map.getContainer().classList.toggle("is-moving", isMoving);
  };
  drawn.on("remove", () => svg.remove());
  if (isMoving) {
    map.once("moveend", draw);
    map.flyToBounds(every, { ...sight, duration: FLIGHT_S });
    return { remove: () => { map.off("moveend", draw); map.stop(); drawn.remove(); } };
  }
  map.fitBounds(every, { ...sight, animate: false });
  draw();
  return drawn;
}

/** Move the map up where the fit could not: its middle does not go beyond the pole, which a small world must on a phone. */
function moveIntoSight(map, every, { topLeft, bottomRight }) {
  const points = every.map((each) => map.latLngToContainerPoint(each));
  const box = L.bounds(points);
  const middle = (topLeft[1] + map.getSize().y - bottomRight[1]) / 2;
  const tooLow = Math.round(box.getCenter().y - middle);
  if (box.max.y > map.getSize().y - bottomRight[1] && tooLow > 0) map.panBy([0, tooLow], { animate: false });
}

/** Name the pins: the viewer's own, the machine's, then the nearest. */
function nameThem(map, drawn, trails, pins, seat) {
  const weight = ({ guess, player }) => (player.id === seat ? -2 : player.kind === "machine" ? -1 : guess.errorKm);
  const first = [...trails].sort((a, b) => weight(a) - weight(b)).slice(0, MOST_NAMED);
  const named = first.map(({ player: { id, name } }) => ({ marker: pins.get(id), name: id === seat ? gettext("You") : name }));
  const arrange = hangNames(map, named, first.filter((each) => weight(each) < 0).length);
  map.on("moveend", arrange);
  drawn.on("remove", () => map.off("moveend", arrange));
  arrange();
}

function drawTrail(drawn, { guess, player, line }, turn, svg, isMine) {
  const moved = line.map(([lat, lng]) => [lat, lng + turn]);
  for (const layer of ["under", "over"]) {
    const trail = L.polyline(moved, { renderer: svg, className: `trail trail-${layer} trail-${player.kind}`,
      interactive: false, smoothFactor: 1 });
    trail.on("add", () => {
      trail.getElement().setAttribute("pathLength", 1); // so that the style sheet can draw it from 0 to 1
      trail.getElement().style.setProperty("--hue", player.hue);
    });
    drawn.addLayer(trail);
  }
  const pin = L.marker(moved[0], { icon: icon(player, false), zIndexOffset: ON_TOP[isMine ? "own" : player.kind] });
  const words = `${player.name}: ${distance(guess.errorKm)}`;
  drawn.addLayer(pin.bindTooltip(said(words), { direction: "right", offset: [10, -16] }));
  return pin;
}

function drawCells(drawn, reveal, turn, svg) {
  const most = Math.max(...reveal.cells.map((cell) => cell.p), 1e-9);
  for (const cell of [...reveal.cells].reverse()) {
    const start = nearLng(cell.polygon[0][1], reveal.place.lng) - cell.polygon[0][1] + turn;
    const shape = L.polygon(cell.polygon.map(([lat, lng]) => [lat, lng + start]), { renderer: svg, className: "cell",
      stroke: true, fillOpacity: 0.06 + 0.5 * Math.sqrt(cell.p / most) });
    const percent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent", maximumFractionDigits: 1 });
    drawn.addLayer(shape.bindTooltip(said(percent.format(cell.p)), { sticky: true }));
  }
}

/** Words for a tooltip, as an element: of a text Leaflet would make HTML, and people type names. */
function said(words) {
  return cell("span", words);
}
