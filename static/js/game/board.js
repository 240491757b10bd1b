/** Board: draws a snapshot. The same function for the first paint, every message, and after a lost connection. */

import { openAway } from "./away.js";
import { openBar } from "./bar.js";
import { cardPadding, drawCard } from "./card.js";
import { drawResults } from "./results.js";
import { stillness } from "./map.js";

const FLIGHT_MS = 1400; // the numbers wait for the map's flight
const TOAST_MS = 6000;

/** Open the board on the page. `act` holds what it may ask of others: guess(pin), next(), bell(roundId). */
export function openBoard(page, { map, photo, why, panel, more, act }) {
  const part = (id) => document.getElementById(id);
  const [guessButton, nextButton, card, results] = ["guess", "next", "card", "results"].map(part);
  const bar = openBar(part("bar"), act.bell, say);
  const away = openAway();
  let [shown, stage, pin, isSending] = [null, null, null, false];

  function say(sentence) {
    part("announcer").textContent = sentence;
  }

  function draw(snapshot) {
    if (shown && snapshot.version < shown.version) return;
    const isFirst = shown === null;
    const stageNow = `${snapshot.phase} ${snapshot.round?.id}`;
    const isNew = stageNow !== stage;
    const isOtherRound = snapshot.round?.id !== shown?.round?.id;
    [shown, stage] = [snapshot, stageNow];
    page.dataset.phase = snapshot.phase;
    page.dataset.seated = snapshot.own.seat !== null;
    page.dataset.plays = mine(snapshot)?.state !== "waiting" && snapshot.own.seat !== null;
    bar.draw(snapshot);
    if (snapshot.round && (isFirst || isOtherRound)) photo.show(snapshot.round.photos);
    if (isNew) enter[snapshot.phase](snapshot, isFirst);
    else if (snapshot.phase === "showing" && snapshot.own.guess) map.lock(snapshot.own.guess);
    else if (snapshot.phase === "over") drawResults(results, snapshot, map.atlas); // where the room goes on has come
    why.draw(snapshot);
    for (const each of more) each.draw(snapshot);
    drawGuess();
  }

  const enter = {
    lobby: () => {
      panel.reset();
      say(gettext("The room is open. It starts soon."));
    },
    showing: ({ round, players, own: { seat, guess, draft }, game }) => {
      pin = guess ?? draft ?? null;
      isSending = false;
      away.restart();
      page.classList.remove("shows-photo");
      panel.reset();
      map.startRound(players.find((player) => player.id === seat), pin, !guess && page.dataset.plays === "true");
      say(interpolate(gettext("Round %s of %s. Where was this photograph taken?"), [round.number, game.rounds]));
    },
    reveal: (snapshot, isFirst) => {
      panel.reset();
      const isStill = isFirst || stillness.matches;
      part("thumb").src = snapshot.round.photos[snapshot.round.photos.length - 1].url;
      drawCard(card, snapshot, isStill ? null : FLIGHT_MS);
      map.reveal(snapshot.reveal, snapshot.players, snapshot.own.seat, cardPadding(card, part("look")), !isStill);
      nextButton.hidden = !snapshot.own.leads;
      part("next-waits").hidden = snapshot.own.leads;
      part("next-waits").textContent = snapshot.game.isRoom
        ? interpolate(gettext("%s goes on."), [snapshot.game.host || gettext("The host")]) : "";
      nextButton.disabled = false;
      if (snapshot.own.leads) nextButton.focus({ preventScroll: true });
      say(`${snapshot.own.verdict} ${snapshot.reveal.title}`);
    },
    over: (snapshot) => {
      page.classList.remove("shows-photo");
      drawResults(results, snapshot, map.atlas);
      results.focus({ preventScroll: true });
      say(snapshot.own.verdict || gettext("The game is over."));
    },
  };

  function drawGuess() {
    const { phase, own, players } = shown;
    if (phase !== "showing") return;
    const others = players.filter((player) => player.state === "thinking").map((player) => player.name);
    const waits = interpolate(gettext("Waiting for %s…"), [others.join(", ") || gettext("the reveal")]);
    const state = own.guess ? "waiting" : isSending ? "sending" : pin ? "ready" : "empty";
    const words = { waiting: waits, sending: gettext("Sending…"), ready: gettext("Guess here"), empty: gettext("Drop a pin first") };
    guessButton.dataset.state = state;
    guessButton.textContent = words[state];
    guessButton.disabled = state === "waiting" || state === "sending";
  }

  guessButton.addEventListener("click", async () => {
    panel.raise();
    if (!pin || isSending) return;
    isSending = true;
    drawGuess();
    await act.guess(shown.round.id, pin, away.count());
    isSending = false;
    drawGuess();
  });
  part("again")?.addEventListener("click", async ({ target }) => {
    target.disabled = true;
    const address = await act.again();
    if (address) window.location.assign(address);
    target.disabled = false;
  });
  nextButton.addEventListener("click", async () => {
    nextButton.disabled = true;
    await act.next();
    nextButton.disabled = false;
  });

  const mine = ({ players, own }) => players.find((player) => player.id === own.seat);

  return {
    draw,
    pinned: (at) => {
      pin = at;
      drawGuess();
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
