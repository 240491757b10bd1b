/** Card: the verdict of a round, in a sentence and a number, with everybody's distance beneath. */

import { countUp } from "./countup.js";
import { drawRanks } from "./ranks.js";
import { number, percent, points } from "./words.js";

const PIN = 44; // CSS pixels: a pin stands that high above its place

/** Fill the card; `delayMs` before the numbers start to count, null for no counting at all. */
export function drawCard(card, snapshot, delayMs) {
  const { reveal, players, own, game } = snapshot;
  const { seat } = own;
  const show = (name) => card.querySelector(`[data-shows=${name}]`);
  const byId = new Map(players.map((player) => [player.id, player]));
  const mine = reveal.guesses.find((guess) => guess.player === seat);
  const best = mine ?? reveal.guesses.find((guess) => guess.player === reveal.winner);
  card.scrollTop = 0; // a small screen may have been scrolled in the last round
  card.dataset.won = reveal.winner === null ? "nobody" : reveal.winner === seat ? "me" : byId.get(reveal.winner)?.kind;
  show("verdict").textContent = own.verdict || revealed(mine ? null : byId.get(best?.player));
  show("error").hidden = !best;
  countUp(show("error"), best?.errorKm ?? null, delayMs);
  show("error-of").textContent = !best || best.errorKm === null ? "" : gettext("from the place");
  show("room").hidden = !game.isRoom;
  show("room").textContent = game.isRoom ? inTheRoom(players, seat) : "";
  show("standing").hidden = !own.standing;
  show("standing").textContent = own.standing ? standing(own.standing, byId.get(reveal.cellsPlayer)) : "";
  show("title").textContent = reveal.title || gettext("A place without a name");
  show("credit").replaceChildren(...credit(reveal));
  const percent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" }).format(reveal.cellsCover);
  show("legend").hidden = !reveal.cells.length;
  show("legend-words").textContent = reveal.cells.length
    ? interpolate(gettext("Where %s would have looked: the shaded cells hold %s of its belief."),
      [byId.get(reveal.cellsPlayer)?.name, percent]) : "";
  show("notice").hidden = !game.notice;
  show("notice").textContent = game.notice ?? "";
  show("next").textContent = reveal.last ? gettext("See the results") : gettext("Next round");
  drawRanks(show("guesses"), card, snapshot, delayMs); // last: of the rest it is seen how much room they leave
}

/** What is said to somebody who did not play the round: whose distance it is that they see. */
function revealed(nearest) {
  return nearest ? interpolate(gettext("The place is revealed. %s was nearest."), [nearest.name])
    : gettext("The place is revealed.");
}

/** Where the viewer stands among all, by points; without a seat, who leads. */
function inTheRoom(players, seat) {
  const order = [...players].sort((a, b) => b.total - a.total);
  const place = order.findIndex((player) => player.id === seat) + 1;
  if (place) return interpolate(gettext("In the room: place %s of %s."), [number(place), number(order.length)]);
  return interpolate(gettext("In the lead: %s with %s."), [order[0].name, points(order[0].total)]);
}

/** What the machine thought of the viewer's own pin, and of the true place. */
function standing({ cells, own, truth, sameCell }, machine) {
  const told = (whose, { p, rank }) => (rank === null
    ? interpolate(gettext("%s knows no area that holds %s."), [machine.name, whose])
    : interpolate(gettext("%s gave the area of %s %s of its belief: rank %s of %s."),
      [machine.name, whose, percent(p), number(rank), number(cells)]));
  if (!own) return told(gettext("the true place"), truth);
  if (sameCell) return told(gettext("your pin, and of the true place,"), own);
  const rest = truth.rank === null ? told(gettext("the true place"), truth)
    : interpolate(gettext("That of the true place got %s: rank %s."), [percent(truth.p), number(truth.rank)]);
  return `${told(gettext("your pin"), own)} ${rest}`;
}

/** Photo credit: by whom, under which licence, where from. */
export function credit({ credit: by, licence, sourceUrl }) {
  const text = [by && interpolate(gettext("Photograph: %s"), [by]), licence].filter(Boolean).join(" · ");
  if (!/^https?:/.test(sourceUrl ?? "")) return [text];
  const link = document.createElement("a");
  link.href = sourceUrl;
  link.rel = "noopener noreferrer";
  link.target = "_blank";
  link.textContent = gettext("source");
  return text ? [text, " · ", link] : [link];
}

/** How much of the map card and thumbnail cover, so that it can keep pins out from under them. */
export function cardPadding(card, thumb, map) {
  const [box, above, { top }] = [card, thumb, map].map((each) => each.getBoundingClientRect());
  const isBelow = box.width > window.innerWidth * 0.7;
  return isBelow
    ? { topLeft: [30, Math.max(0, above.bottom - top) + PIN], bottomRight: [30, window.innerHeight - box.top + 16] }
    : { topLeft: [box.right + 40, Math.min(100, window.innerHeight / 6)], bottomRight: [60, Math.min(60, window.innerHeight / 12)] };
}
