/** Board: draws a snapshot. The same function for the first paint, every message, and after a lost connection. */

import { openBar } from "./bar.js";
import { cardPadding, drawCard } from "./card.js";
import { openGuess } from "./guess.js";
import { stillness } from "./map.js";
import { openNext } from "./next.js";
import { drawResults } from "./results.js";
import { sized } from "./sizes.js";

const FLIGHT_MS = 1400; // the numbers wait for the map's flight
const TOAST_MS = 6000;
const SETTLED_MS = 150; // a window that is dragged larger is measured once

/** Open the board on the page. `act` holds what it may ask of others: guess(pin), next(), again(), bell(roundId). */
export function openBoard(page, { map, photo, why, panel, more, act }) {
  const part = (id) => document.getElementById(id);
  const [card, results] = ["card", "results"].map(part);
  const bar = openBar(part("bar"), act.bell, say);
  const guess = openGuess(part("guess"), { guess: act.guess, raise: panel.raise });
  const next = openNext(act);
  let [shown, stage] = [null, null];

  function say(sentence) {
    part("announcer").textContent = sentence;
  }

  function draw(snapshot) {
    if (shown && snapshot.version < shown.version) return;
    const [before, stageBefore] = [shown, stage];
    [shown, stage] = [snapshot, `${snapshot.phase} ${snapshot.round?.id}`];
    page.dataset.phase = snapshot.phase;
    page.dataset.seated = snapshot.own.seat !== null;
    page.dataset.plays = snapshot.own.seat !== null && mine(snapshot)?.state !== "waiting";
    bar.draw(snapshot);
    next.draw(snapshot);
    if (snapshot.round) photo[snapshot.round.id === before?.round?.id ? "renew" : "show"](snapshot.round.photos);
    if (stage !== stageBefore) enter[snapshot.phase](snapshot, before === null);
    else change[snapshot.phase]?.(snapshot, before);
    guess.draw(snapshot);
    why.draw(snapshot);
    for (const each of more) each.draw(snapshot);
  }

  const enter = {
    lobby: () => {
      panel.reset();
      say(gettext("The room is open. It starts soon."));
    },
    showing: (snapshot) => {
      const { round, own, game } = snapshot;
      page.classList.remove("shows-photo");
      panel.reset();
      map.startRound(mine(snapshot), guess.start(snapshot), !own.answered && page.dataset.plays === "true");
      say(interpolate(gettext("Round %s of %s. Where was this photograph taken?"), [round.number, game.rounds]));
    },
    reveal: (snapshot, isFirst) => {
      panel.reset();
      part("thumb").src = sized(snapshot.round.photos[snapshot.round.photos.length - 1].url, 640);
      drawReveal(snapshot, isFirst || stillness.matches);
      next.focus();
      say(`${snapshot.own.verdict} ${snapshot.reveal.title}`);
    },
    over: (snapshot) => {
      page.classList.remove("shows-photo");
      drawResults(results, snapshot, map.atlas);
      results.focus({ preventScroll: true });
      say(snapshot.own.verdict || gettext("The game is over."));
    },
  };

  /** What may become another within a phase. */
  const change = {
    showing: ({ own }) => { if (own.answered) map.lock(own.guess); },
    reveal: (snapshot, before) => { if (whose(snapshot) !== whose(before)) drawReveal(snapshot, true); }, // somebody was taken out
    over: (snapshot, before) => { if (told(snapshot) !== told(before)) drawResults(results, snapshot, map.atlas); },
  };

  function drawReveal(snapshot, isStill) {
    drawCard(card, snapshot, isStill ? null : FLIGHT_MS);
    map.reveal(snapshot.reveal, snapshot.players, snapshot.own.seat, cardPadding(card, part("look"), part("map")), !isStill);
  }

  /** A window of another size, or a phone that was turned: what was measured is measured anew. */
  function redraw() {
    if (shown.phase === "reveal") drawReveal(shown, true);
    if (shown.phase === "over") drawResults(results, shown, map.atlas);
    for (const each of [bar, ...more]) each.fit?.();
  }

  let settling = null;
  window.addEventListener("resize", () => {
    clearTimeout(settling);
    settling = setTimeout(redraw, SETTLED_MS);
  });

  const mine = ({ players, own }) => players.find((player) => player.id === own.seat);
  const told = ({ version, results: { rounds } }) => [version, ...rounds.map((each) => each.photo)].join(); // addresses run out
  const whose = ({ reveal }) => reveal.guesses.map((each) => each.player).join();

  return {
    draw,
    pinned: (at) => {
      guess.pinned(at);
      return shown.round.id;
    },
    complain: (sentence) => {
      const toast = part("toast");
      toast.textContent = sentence;
      toast.hidden = false;
      clearTimeout(toast.timer);
      toast.timer = setTimeout(() => { toast.hidden = true; }, TOAST_MS);
    },
    online: (isOnline) => { part("banner").hidden = isOnline; },
  };
}
