/** Bar: the strip on top. Which round, how long still, who has locked in. */

import { mark } from "./marks.js";
import { clock, number } from "./words.js";

const TICK_MS = 200;
const URGENT_MS = 10000;
const WORDS = {
  thinking: () => gettext("thinking…"), locked: () => gettext("locked in"), none: () => gettext("no answer"),
};

/** Open the bar. `bell` is called with the round's id when its time runs out here; `say` hears of the last seconds. */
export function openBar(bar, bell, say) {
  const [title, ring, players] = ["title", "ring", "players"].map((name) => bar.querySelector(`[data-shows=${name}]`));
  const [text, circle] = [ring.querySelector("b"), ring.querySelector(".ring-left")];
  let [roundId, endsAt, waitsUntil, totalMs, rungAt, hasWarned] = [null, null, null, 0, 0, false];

  function tick() {
    const now = performance.now();
    const left = endsAt === null ? null : Math.max(0, endsAt - now);
    ring.hidden = left === null;
    if (left !== null) {
      text.textContent = clock(left);
      circle.style.strokeDashoffset = 1 - Math.min(1, left / totalMs);
      ring.classList.toggle("is-urgent", left < URGENT_MS);
      if (left < URGENT_MS && !hasWarned) {
        hasWarned = true;
        say(gettext("Ten seconds left."));
      }
    }
    const due = [endsAt, waitsUntil].some((end) => end !== null && now >= end);
    if (due && now - rungAt > 1500) {
      rungAt = now;
      bell(roundId);
    }
  }

  setInterval(tick, TICK_MS);
  return {
    draw: ({ game, phase, round, players: list, seat, results }) => {
      const [now, isOpen] = [performance.now(), phase === "showing"];
      const ends = isOpen ? round.closesInMs : null;
      const waits = isOpen ? round.waitsInMs : null;
      if (round?.id !== roundId) hasWarned = (ends ?? Infinity) < URGENT_MS;
      roundId = round?.id ?? null;
      endsAt = ends === null ? null : now + ends;
      waitsUntil = waits === null ? null : now + waits;
      totalMs = (game.timeLimitS ?? 1) * 1000;
      title.textContent = results ? gettext("Results")
        : interpolate(gettext("Round %s of %s"), [round.number, game.rounds]);
      const mineFirst = [...list].sort((a, b) => (b.id === seat) - (a.id === seat));
      players.replaceChildren(...mineFirst.map((player) => chip(player, phase, player.id === seat)));
      tick();
    },
  };
}

function chip(player, phase, isMine) {
  const item = document.createElement("li");
  item.className = `chip is-${phase === "over" ? "done" : player.state}`;
  const name = document.createElement("span");
  name.className = "chip-name";
  name.textContent = isMine ? gettext("You") : player.name;
  const state = document.createElement("span");
  state.className = "chip-state";
  state.textContent = phase === "showing" ? WORDS[player.state]() : number(player.total);
  item.append(mark(player), name, state);
  item.title = `${player.name}: ${state.textContent}`;
  return item;
}
