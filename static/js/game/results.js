/** Results: the whole game on one page, worth a screenshot. */

import { drawInset } from "./inset.js";
import { mark } from "./marks.js";
import { distance, median, number } from "./words.js";

/** Fill the results' page. `atlas` is a promise of the coarse world, for the small maps. */
export function drawResults(page, { results, players, own, game }, atlas) {
  const { seat } = own;
  const show = (name) => page.querySelector(`[data-shows=${name}]`);
  const sides = [...players].sort((a, b) => (b.id === seat) - (a.id === seat));
  const sums = new Map(results.players.map((sum) => [sum.player, sum]));
  show("verdict").textContent = own.verdict || gettext("The game is over.");
  show("set").textContent = game.set;
  show("sides").replaceChildren(...sides.map((player) => side(player, sums.get(player.id), seat)));
  show("ties").textContent = results.ties
    ? interpolate(ngettext("%s round without a winner.", "%s rounds without a winner.", results.ties), [results.ties]) : "";
  show("notice").hidden = !game.notice;
  show("notice").textContent = game.notice ?? "";
  show("head").replaceChildren(cell("th", gettext("Round")), cell("th", gettext("Map")),
    ...sides.map((player) => cell("th", player.id === seat ? gettext("You") : player.name)), cell("th", gettext("Won by")));
  show("rounds").replaceChildren(...results.rounds.map((round) => row(round, sides, seat, atlas)));
}

function side(player, sum, seat) {
  const item = document.createElement("li");
  item.className = `side side-${player.kind}`;
  const name = document.createElement("h2");
  name.append(mark(player), player.id === seat ? gettext("You") : player.name);
  const won = document.createElement("p");
  won.className = "side-won";
  const count = document.createElement("strong");
  count.textContent = number(sum.won);
  won.append(count, " ", ngettext("round won", "rounds won", sum.won));
  item.append(name, won, fact(gettext("Median error"), median(sum.medianKm)), fact(gettext("Points"), number(sum.total)));
  return item;
}

function fact(name, value) {
  const line = document.createElement("p");
  line.className = "side-fact";
  const strong = document.createElement("strong");
  strong.textContent = value;
  line.append(`${name} `, strong);
  return line;
}

function row(round, sides, seat, atlas) {
  const line = document.createElement("tr");
  const winner = sides.find((player) => player.id === round.winner);
  const guesses = sides.map((player) => round.guesses.find((guess) => guess.player === player.id));
  const wins = cell("td", "");
  wins.className = "round-winner";
  wins.dataset.of = gettext("Won by");
  if (winner) wins.append(mark(winner), winner.id === seat ? gettext("You") : winner.name);
  else wins.textContent = gettext("nobody");
  const errors = guesses.map((guess, i) => {
    const td = cell("td", distance(guess?.errorKm ?? null));
    td.dataset.of = sides[i].id === seat ? gettext("You") : sides[i].name;
    td.classList.toggle("is-best", Boolean(winner) && sides[i].id === winner.id);
    return td;
  });
  line.append(place(round), inset(round, sides, atlas), ...errors, wins);
  return line;
}

function place({ number: n, title, photo }) {
  const head = cell("th", "");
  head.scope = "row";
  const [box, link, image, name] = ["div", "a", "img", "span"].map((tag) => document.createElement(tag));
  link.href = image.src = photo;
  link.target = "_blank";
  link.className = "thumb";
  image.alt = interpolate(gettext("The photograph of round %s"), [n]);
  image.loading = "lazy";
  link.append(image);
  name.textContent = `${n}. ${title || gettext("A place without a name")}`;
  box.className = "round-place";
  box.append(link, name);
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

function cell(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}
