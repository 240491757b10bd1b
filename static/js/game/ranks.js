/** Ranks: everybody's distance in a round, nearest first; of many people the first ones, and the others behind a fold. */

import { cell } from "./cell.js";
import { countUp } from "./countup.js";
import { fillFromTop } from "./fill.js";
import { mark } from "./marks.js";
import { more, points } from "./words.js";

const MOST_LISTED = 12;

/** Fill the list of a reveal's guesses, on the big screen as far as the card has room; `delayMs` as for `countUp`. */
export function drawRanks(list, card, { reveal, players, own: { seat } }, delayMs) {
  const byId = new Map(players.map((player) => [player.id, player]));
  const ranked = inOrder(reveal.guesses).map((guess, i) => ({ guess, player: byId.get(guess.player), place: i + 1 }))
    .filter(({ player }) => player);
  const isListed = ({ player, place }) => place <= MOST_LISTED || player.id === seat || player.kind === "machine";
  const rest = ranked.filter((each) => !isListed(each));
  list.classList.toggle("is-ranked", ranked.length > 2);
  const rows = (some) => some.map((each) => row(each, seat, delayMs));
  const isMachine = (i) => ranked[i].player.kind === "machine";
  if (list.closest("[data-role=screen]")) fillFromTop(list, card, rows(ranked), isMachine, (count) => cell("li", more(count)));
  else list.replaceChildren(...rows(ranked.filter(isListed)), ...(rest.length ? [fold(rest, seat)] : []));
}

function inOrder(guesses) {
  return [...guesses].sort((a, b) => (a.errorKm ?? Infinity) - (b.errorKm ?? Infinity));
}

function fold(rest, seat) {
  const [item, details, summary, list] = ["li", "details", "summary", "ol"].map((tag) => document.createElement(tag));
  item.className = "card-rest";
  summary.textContent = more(rest.length);
  list.append(...rest.map((each) => row(each, seat, null)));
  details.append(summary, list);
  item.append(details);
  return item;
}

function row({ guess, player, place }, seat, delayMs) {
  const item = document.createElement("li");
  item.className = "card-guess";
  item.dataset.place = place;
  const [name, error, score] = ["span", "strong", "span"].map((tag) => document.createElement(tag));
  name.className = "card-name";
  name.textContent = player.id === seat ? gettext("You") : player.name;
  if (guess.auto && guess.lat !== null) name.textContent += ` (${gettext("pin at the bell")})`;
  countUp(error, guess.errorKm, delayMs);
  score.textContent = points(guess.points);
  score.className = "soft";
  item.append(mark(player), name, error, score);
  return item;
}
