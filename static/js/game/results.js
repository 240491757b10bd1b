/** Results: the whole game on one page, worth a screenshot. */

import { cell } from "./cell.js";
import { mark } from "./marks.js";
import { drawPodium, inOrder } from "./podium.js";
import { drawRounds } from "./rounds.js";
import { median, number } from "./words.js";

const MOST_SIDES = 4;

/** Fill the results' page. `atlas` is a promise of the coarse world, for the small maps. */
export function drawResults(page, { results, players, own, game }, atlas) {
  const { seat } = own;
  const show = (name) => page.querySelector(`[data-shows=${name}]`);
  const sums = new Map(results.players.map((sum) => [sum.player, sum]));
  const ranked = inOrder(players, sums);
  const people = ranked.filter((player) => player.kind === "human");
  const sides = chosen(players, people, seat);
  show("verdict").textContent = own.verdict || gettext("The game is over.");
  show("set").textContent = game.set;
  show("sides").replaceChildren(...sides.map((player) => side(player, sums.get(player.id), seat)));
  show("ties").textContent = results.ties
    ? interpolate(ngettext("%s round without a winner.", "%s rounds without a winner.", results.ties), [results.ties]) : "";
  show("notice").hidden = !game.notice;
  show("notice").textContent = game.notice ?? "";
  drawPodium(show("podium"), show("places"), ranked, sums, seat, game.isRoom && people.length > 1);
  drawRounds(show("head"), show("rounds"), { results, players, sides, own, hasMedian: game.isRoom && people.length > 1 }, atlas);
  show("people-median").textContent = game.isRoom
    ? interpolate(gettext("All people's guesses together: median error %s."), [median(results.peopleMedianKm)]) : "";
  show("follow").hidden = !own.next || own.leads || seat === null;
  if (own.next) show("follow").querySelector("a").href = `../${own.next}/`;
}

/** Who gets a column: the viewer, the machines, and of the others as many as there is room for. */
function chosen(players, people, seat) {
  const own = players.filter((player) => player.id === seat);
  const machines = players.filter((player) => player.kind === "machine");
  const others = people.filter((player) => player.id !== seat).slice(0, MOST_SIDES - own.length - machines.length);
  return [...own, ...others, ...machines];
}

function side(player, sum, seat) {
  const item = document.createElement("li");
  item.className = `side side-${player.kind}`;
  const name = document.createElement("h2");
  name.append(mark(player), cell("span", player.id === seat ? gettext("You") : player.name));
  const won = document.createElement("p");
  won.className = "side-won";
  won.append(cell("strong", number(sum.won)), " ", ngettext("round won", "rounds won", sum.won));
  item.append(name, won, fact(gettext("Median error"), median(sum.medianKm)), fact(gettext("Points"), number(sum.total)));
  return item;
}

function fact(name, value) {
  const line = document.createElement("p");
  line.className = "side-fact";
  line.append(`${name} `, cell("strong", value));
  return line;
}
