/** Inset: a small still map of one round, for the table of results. */

import { inks, paintShapes } from "./paint.js";
import { arc, mercator } from "./sphere.js";

const SIZE = { width: 168, height: 96 }; // CSS pixels
const MARGIN = 20;
const CLOSEST = 8 * 256; // world's width in pixels: zoom 3, as far as the coarse shapes are good

/** Paint the world around a round, and its marks. */
export function drawInset(canvas, atlas, { place, guesses }, players) {
  const pen = sharpPen(canvas);
  const byId = new Map(players.map((player) => [player.id, player])); // of a large room the table shows a few
  const trails = guesses.filter((guess) => guess.lat !== null && byId.has(guess.player)).map((guess) => ({
    player: byId.get(guess.player),
    line: arc(place, guess, 32).map(([lat, lng]) => mercator(lat, lng)),
  }));
  const truth = mercator(place.lat, place.lng);
  const view = frame([truth, ...trails.flatMap((trail) => trail.line)]);
  const spot = ({ x, y }) => [x * view.world - view.left, y * view.world - view.top];
  const style = getComputedStyle(canvas);
  for (const turn of [-1, 0, 1]) { // a line may run over the edge of the map onto its next copy
    pen.save();
    pen.beginPath();
    pen.rect(Math.max(0, turn * view.world - view.left), 0, view.world, SIZE.height);
    pen.clip();
    paintShapes(pen, atlas, inks(canvas), { ...view, left: view.left - turn * view.world });
    pen.restore();
  }
  for (const { player, line } of trails) {
    const colour = player.kind === "machine" ? style.getPropertyValue("--machine-ink") : `hsl(${player.hue} 90% 45%)`;
    trail(pen, line.map(spot), colour);
    (player.kind === "machine" ? hexagon : disc)(pen, spot(line[line.length - 1]), colour);
  }
  flag(pen, spot(truth), style.getPropertyValue("--truth-ink"));
}

function sharpPen(canvas) {
  const sharp = Math.min(2, window.devicePixelRatio || 1);
  canvas.width = SIZE.width * sharp;
  canvas.height = SIZE.height * sharp;
  const pen = canvas.getContext("2d");
  pen.scale(sharp, sharp);
  return pen;
}

function frame(spots) {
  const [xs, ys] = [spots.map((spot) => spot.x), spots.map((spot) => spot.y)];
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const world = Math.min(CLOSEST, (SIZE.width - 2 * MARGIN) / Math.max(x1 - x0, 1e-6),
    (SIZE.height - 2 * MARGIN) / Math.max(y1 - y0, 1e-6));
  const wide = Math.max(world, SIZE.height); // never a world smaller than the picture is high
  return { world: wide, left: ((x0 + x1) / 2) * wide - SIZE.width / 2, top: ((y0 + y1) / 2) * wide - SIZE.height / 2, ...SIZE };
}

function trail(pen, spots, colour) {
  for (const [width, ink] of [[4, "rgb(255 255 255 / 0.85)"], [2, colour]]) {
    pen.beginPath();
    spots.forEach(([x, y]) => pen.lineTo(x, y));
    pen.lineWidth = width;
    pen.strokeStyle = ink;
    pen.stroke();
  }
}

function outlined(pen, colour) {
  pen.fillStyle = colour;
  pen.strokeStyle = "white";
  pen.lineWidth = 1.5;
  pen.fill();
  pen.stroke();
}

function disc(pen, [x, y], colour) {
  pen.beginPath();
  pen.arc(x, y, 5.5, 0, 2 * Math.PI);
  outlined(pen, colour);
}

function hexagon(pen, [x, y], colour) {
  pen.beginPath();
  for (let i = 0; i < 6; i += 1) pen.lineTo(x + 6.5 * Math.sin((i * Math.PI) / 3), y - 6.5 * Math.cos((i * Math.PI) / 3));
  pen.closePath();
  outlined(pen, colour);
}

function flag(pen, [x, y], colour) {
  pen.beginPath();
  [[0, 0], [0, -17], [12, -13], [2, -8], [2, 0]].forEach(([dx, dy]) => pen.lineTo(x + dx - 1, y + dy));
  pen.closePath();
  outlined(pen, colour);
}
