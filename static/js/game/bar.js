/** Bar: the strip on top. Which round, how long still, who has locked in. */

import { fill } from "./fill.js";
import { mark } from "./marks.js";
import { clock, number } from "./words.js";

const TICK_MS = 200;
const URGENT_MS = 10000;
const BELLS_MS = 400; // all browsers of a room must not ring in the same instant
const MOST_CHIPS = 12; // of other people, where there is room for them
const WORDS = {
  thinking: () => gettext("thinking…"), locked: () => gettext("locked in"), none: () => gettext("no answer"),
  waiting: () => gettext("waiting"),
};

/** Open the bar. `bell` is called with the round's id when its time runs out here; `say` hears of the last seconds. */
export function openBar(bar, bell, say) {
  const [title, short, ring, players] = ["title", "title-short", "ring", "players"].map((name) => bar.querySelector(`[data-shows=${name}]`));
  const [text, circle] = [ring.querySelector("b"), ring.querySelector(".ring-left")];
  let [roundId, endsAt, bellAt, totalMs, rungAt, hasWarned, fit] = [null, null, null, 0, 0, false, null];

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
    if (bellAt !== null && now >= bellAt && now - rungAt > 1500) {
      rungAt = now;
      bell(roundId);
    }
  }

  setInterval(tick, TICK_MS);
  return {
    draw: ({ game, phase, round, players: list, own: { seat }, clock: { closesInMs: ends, bellInMs } }) => {
      const now = performance.now();
      if (round?.id !== roundId) hasWarned = (ends ?? Infinity) < URGENT_MS;
      roundId = round?.id ?? null;
      if (ends !== null && endsAt === null) totalMs = Math.max(ends, 1);
      endsAt = ends === null ? null : now + ends;
      bellAt = bellInMs === null || seat === null ? null : now + bellInMs + Math.random() * BELLS_MS;
      totalMs = Math.max(totalMs, (game.timeLimitS ?? 0) * 1000);
      title.textContent = { lobby: () => game.set, over: () => gettext("Results") }[phase]?.()
        ?? interpolate(gettext("Round %s of %s"), [round.number, game.rounds]);
      short.textContent = round ? `${round.number}/${game.rounds}` : title.textContent; // for a phone in a room
      const there = list.filter((player) => !player.gone);
      tick(); // before the chips: the ring needs room
      fit = () => drawChips(players, there, phase, seat);
      fit();
    },
    fit: () => fit(),
  };
}

/** The viewer, the machine, and of the others as many as there is room for: in the order of their coming, or of their points. */
function drawChips(list, there, phase, seat) {
  const order = (a, b) => rank(b, seat) - rank(a, seat) || (phase === "showing" ? 0 : b.total - a.total);
  const [ranked, sure] = [[...there].sort(order), there.filter((player) => rank(player, seat)).length];
  const chips = ranked.slice(0, sure + MOST_CHIPS).map((player) => chip(player, phase, player.id === seat));
  const all = count(there, phase);
  fill(list, list, chips.length - sure, (n) => {
    list.classList.toggle("is-crowd", sure + n < ranked.length);
    return [...chips.slice(0, sure + n), all];
  });
}

/** The viewer first, then the machine, then the others. */
function rank(player, seat) {
  return player.id === seat ? 2 : player.kind === "machine" ? 1 : 0;
}

/** How many people there are, and how many of those who play this round have locked in; in short for a phone. */
function count(there, phase) {
  const people = there.filter((player) => player.kind === "human");
  const playing = people.filter((player) => player.state !== "waiting");
  const [locked, all] = [number(playing.filter((player) => player.state === "locked").length), number(playing.length)];
  const [item, long, short] = ["li", "span", "span"].map((tag) => document.createElement(tag));
  item.className = "chip chip-count";
  [long.className, short.className] = ["count-long", "count-short"];
  const isShowing = phase === "showing";
  long.textContent = isShowing ? interpolate(gettext("%s of %s locked in"), [locked, all])
    : interpolate(ngettext("%s player", "%s players", people.length), [number(people.length)]);
  short.textContent = isShowing ? `${locked}/${all}` : number(people.length);
  short.setAttribute("aria-hidden", "true");
  item.append(long, short);
  return item;
}

function chip(player, phase, isMine) {
  const item = document.createElement("li");
  const whose = isMine ? "is-mine" : player.kind === "machine" ? "is-machine" : "is-other";
  item.className = `chip is-${phase === "over" ? "done" : player.state} ${whose}`;
  const name = document.createElement("span");
  name.className = "chip-name";
  name.textContent = isMine ? gettext("You") : player.name;
  const state = document.createElement("span");
  state.className = "chip-state";
  state.textContent = phase === "lobby" ? "" : phase === "showing" ? WORDS[player.state]() : number(player.total);
  item.append(mark(player), name, state);
  item.title = `${player.name}: ${state.textContent}`;
  return item;
}
