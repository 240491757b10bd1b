/** Guess: the button that sends the pin, and what it says before and after. */

import { openAway } from "./away.js";
import { number } from "./words.js";

const FEW = 2; // names that the button has room for

/** Open the button; `act` has guess(roundId, pin, away) and raise(), which brings the map. */
export function openGuess(button, act) {
  const away = openAway();
  const words = document.createElement("span");
  button.replaceChildren(words);
  let [shown, pin, isSending] = [null, null, false];

  function render() {
    if (shown?.phase !== "showing") return;
    const state = shown.own.answered ? "waiting" : isSending ? "sending" : pin ? "ready" : "empty";
    const says = { waiting: () => waitsFor(shown.players), sending: () => gettext("Sending…"),
      ready: () => gettext("Guess here"), empty: () => gettext("Drop a pin first") };
    button.dataset.state = state;
    words.textContent = says[state]();
    button.disabled = state === "waiting" || state === "sending";
  }

  button.addEventListener("click", async () => {
    act.raise();
    if (!pin || isSending) return;
    isSending = true;
    render();
    await act.guess(shown.round.id, pin, away.count());
    isSending = false;
    render();
  });

  return {
    /** Begin a round, with the pin that was dropped before a reload. */
    start: ({ round, own: { guess, draft } }) => {
      [pin, isSending] = [guess ?? draft ?? null, false];
      away.watch(round.id);
      return pin;
    },
    pinned: (at) => {
      pin = at;
      render();
    },
    draw: (snapshot) => {
      shown = snapshot;
      render();
    },
  };
}

function waitsFor(players) {
  const others = players.filter((player) => player.state === "thinking" && !player.gone);
  if (others.length > FEW) return interpolate(gettext("Waiting for %s players…"), [number(others.length)]);
  return interpolate(gettext("Waiting for %s…"), [others.map((player) => player.name).join(", ") || gettext("the reveal")]);
}
