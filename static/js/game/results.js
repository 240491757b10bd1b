/** Results: the whole game on one page, worth a screenshot. */

import { drawInset } from "./inset.js";
import { mark } from "./marks.js";
import { distance, median, number, points } from "./words.js";

const MOST_SIDES = 4;

/** Fill the results' page. `atlas` is a promise of the coarse world, for the small maps. */
export function drawResults(page, { results, players, own, game }, atlas) {
  const { seat } = own;
  const show = (name) => page.querySelector(`[data-shows=${name}]`);
  const sums = new Map(results.players.map((sum) => [sum.player, sum]));
  const people = inOrder(players.filter((player) => player.kind === "human"), sums);
  const sides = chosen(players, people, seat);
  const rounds = results.rounds.map((round) => withOwn(round, own.guesses, seat));
  show("verdict").textContent = own.verdict || gettext("The game is over.");
  show("set").textContent = game.set;
  show("sides").replaceChildren(...sides.map((player) => side(player, sums.get(player.id), seat)));
  show("ties").textContent = results.ties
    ? interpolate(ngettext("%s round without a winner.", "%s rounds without a winner.", results.ties), [results.ties]) : "";
  show("notice").hidden = !game.notice;
  show("notice").textContent = game.notice ?? "";
  show("head").replaceChildren(cell("th", gettext("Round")), cell("th", gettext("Map")),
    ...sides.map((player) => cell("th", player.id === seat ? gettext("You") : player.name)), cell("th", gettext("Won by")));
  show("rounds").replaceChildren(...rounds.map((round) => row(round, sides, seat, atlas)));
  show("podium").hidden = show("places").hidden = !game.isRoom || people.length < 2;
  show("podium").replaceChildren(...people.slice(0, 3).map((player, i) => step(player, i + 1, sums.get(player.id), seat)));
  show("everybody").replaceChildren(...inOrder(players, sums).map((player, i) => standing(player, i + 1, sums.get(player.id), seat)));
  show("people-median").textContent = game.isRoom
    ? interpolate(gettext("All people's guesses together: median error %s."), [median(results.peopleMedianKm)]) : "";
  show("follow").hidden = !game.next || own.leads;
  if (game.next) show("follow").querySelector("a").href = `../${game.next}/`;
}

/** By points; of equal ones whoever came first. */
function inOrder(players, sums) {
  return [...players].sort((a, b) => sums.get(b.id).total - sums.get(a.id).total);
}

/** Who gets a column: the viewer, the machines, and of the others as many as there is room for. */
function chosen(players, people, seat) {
  const own = players.filter((player) => player.id === seat);
  const machines = players.filter((player) => player.kind === "machine");
  const others = people.filter((player) => player.id !== seat).slice(0, MOST_SIDES - own.length - machines.length);
  return [...own, ...others, ...machines];
}

/** In a large room the table has only machines' guesses; the viewer's own come beside it. */
function withOwn(round, ownGuesses, seat) {
  const guess = (ownGuesses ?? []).find((each) => each.number === round.number);
  if (!guess || round.guesses.some((each) => each.player === seat)) return round;
  return { ...round, guesses: [...round.guesses, guess] };
}

function step(player, place, sum, seat) {
  const item = document.createElement("li");
  item.className = "podium-step";
  item.dataset.place = place;
  const [rank, name, score] = ["strong", "span", "span"].map((tag) => document.createElement(tag));
  rank.textContent = place;
  name.textContent = player.id === seat ? gettext("You") : player.name;
  score.textContent = points(sum.total);
  score.className = "soft";
  item.append(mark(player), name, score, rank);
  return item;
}

function standing(player, place, sum, seat) {
  const line = document.createElement("tr");
  line.classList.toggle("is-me", player.id === seat);
  const name = cell("th", "");
  name.scope = "row";
  name.append(mark(player), ` ${player.id === seat ? gettext("You") : player.name}`);
  line.append(cell("td", number(place)), name, cell("td", number(sum.total)), cell("td", median(sum.medianKm)), cell("td", number(sum.won)));
  return line;
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
