/** Podium: the three best people of a room, and everybody's place. */

import { cell } from "./cell.js";
import { fillFromTop } from "./fill.js";
import { mark } from "./marks.js";
import { median, more, number, points } from "./words.js";

/** Fill both; `sums` are the results' players by id, `isShown` false where there is nobody to compare with. */
export function drawPodium(podium, places, players, sums, seat, isShown) {
  podium.hidden = places.parentElement.hidden = !isShown;
  const people = players.filter((player) => player.kind === "human" && !player.voided);
  podium.replaceChildren(...people.slice(0, 3).map((player, i) => step(player, i + 1, sums.get(player.id), seat)));
  const [body, rows] = [places.tBodies[0], players.map((player, i) => standing(player, i + 1, sums.get(player.id), seat))];
  if (!places.closest("[data-role=screen]")) body.replaceChildren(...rows);
  else fillFromTop(body, places.parentElement, rows, (i) => players[i].kind === "machine", others);
}

function others(count) {
  const [line, words] = [document.createElement("tr"), cell("td", more(count))];
  words.colSpan = 5;
  line.append(words);
  return line;
}

/** By points; of equal ones whoever came first. */
export function inOrder(players, sums) {
  return [...players].sort((a, b) => sums.get(b.id).total - sums.get(a.id).total);
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
  if (player.voided) name.append(" ", cell("small", `(${gettext("does not count")})`));
  line.append(cell("td", number(place)), name, cell("td", number(sum.total)), cell("td", median(sum.medianKm)), cell("td", number(sum.won)));
  return line;
}
