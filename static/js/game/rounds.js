/** Rounds: the table of all rounds on the results' page, each with its photograph and a small map. */

import { cell } from "./cell.js";
import { drawInset } from "./inset.js";
import { mark } from "./marks.js";
import { sized } from "./sizes.js";
import { distance, median } from "./words.js";

/** Fill head and body; `sides` are the players who have a column, `hasMedian` tells whether all people's median has one. */
export function drawRounds(head, body, told, atlas) {
  const { results, sides, own, hasMedian } = told;
  head.replaceChildren(cell("th", gettext("Round")), cell("th", gettext("Map")),
    ...sides.map((player) => cell("th", nameOf(player, own.seat))),
    ...(hasMedian ? [cell("th", gettext("All people's median"))] : []), cell("th", gettext("Won by")));
  body.replaceChildren(...results.rounds.map((round) => row(withOwn(round, own), told, atlas)));
}

/** In a large room the table has the machines' and the best people's guesses; the viewer's own come beside them. */
function withOwn(round, { guesses, seat }) {
  const guess = (guesses ?? []).find((each) => each.number === round.number);
  if (!guess || round.guesses.some((each) => each.player === seat)) return round;
  return { ...round, guesses: [...round.guesses, guess] };
}

function row(round, { players, sides, own: { seat }, hasMedian }, atlas) {
  const line = document.createElement("tr");
  const winner = players.find((player) => player.id === round.winner); // who may have no column
  const wins = named(gettext("Won by"), winner ? nameOf(winner, seat) : gettext("nobody"));
  wins.className = "round-winner";
  if (winner) wins.prepend(mark(winner));
  const errors = sides.map((player) => error(player, round, seat));
  const medians = hasMedian ? [named(gettext("All people's median"), median(round.peopleMedianKm))] : [];
  line.append(place(round), inset(round, sides, atlas), ...errors, ...medians, wins);
  return line;
}

/** How far one player was from the place; who had not come yet in that round gets a dash. */
function error(player, round, seat) {
  const guess = round.guesses.find((each) => each.player === player.id);
  const td = named(nameOf(player, seat), guess ? distance(guess.errorKm) : "–");
  td.classList.toggle("is-best", player.id === round.winner);
  return td;
}

/** A cell that can say what it is of, where there is no room for the head. */
function named(of, text) {
  const td = cell("td", text);
  td.dataset.of = of;
  return td;
}

function nameOf(player, seat) {
  return player.id === seat ? gettext("You") : player.name;
}

function place({ number: n, title, photo }) {
  const head = cell("th", "");
  head.scope = "row";
  const [box, link, image] = ["div", "a", "img"].map((tag) => document.createElement(tag));
  [link.href, image.src] = [photo, sized(photo, 320)];
  link.target = "_blank";
  link.className = "thumb";
  image.alt = interpolate(gettext("The photograph of round %s"), [n]);
  image.loading = "lazy";
  link.append(image);
  box.className = "round-place";
  box.append(link, cell("span", `${n}. ${title || gettext("A place without a name")}`));
  head.append(box);
  return head;
}

function inset(round, sides, atlas) {
  const td = cell("td", "");
  td.className = "round-map";
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", gettext("Small map with the place and the guesses"));
  td.append(canvas);
  atlas.then((world) => drawInset(canvas, world, round, sides), () => td.replaceChildren());
  return td;
}
