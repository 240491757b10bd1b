/** Room: the menu of a room. How others come in, who is there, and what the host may do. */

import { copied } from "./copy.js";
import { person } from "./lobby.js";

/** Open the menu; `act` has verb(name, body). */
export function openRoom(page, act, say) {
  const part = (id) => document.getElementById(id);
  const [dialog, button] = [part("room"), part("room-open")];
  const seats = page.querySelectorAll(".take-seat"); // what a watcher comes in by
  const does = (name) => dialog.querySelector(`[data-does=${name}]`);
  let shown = null;

  function render() {
    const { players, own, game, phase, round } = shown;
    dialog.classList.toggle("leads", own.leads);
    const list = players.filter((player) => !player.gone).map((player) => {
      const item = person(player, own.seat, game.hostSeat);
      if (own.leads && player.kind === "human" && player.id !== own.seat) {
        item.append(
          action(gettext("Make host"), () => ask(interpolate(gettext("Let %s lead this room?"), [player.name]), "hand-over", player)),
          action(gettext("Remove"), () => ask(interpolate(gettext("Take %s out of this room?"), [player.name]), "remove", player)),
        );
      }
      return item;
    });
    dialog.querySelector("[data-shows=people]").replaceChildren(...list);
    does("lock").textContent = game.locked ? gettext("Let new people in") : gettext("Let nobody new in");
    does("end").hidden = does("skip").hidden = phase !== "showing";
    does("end").dataset.round = does("skip").dataset.round = round?.id ?? "";
    does("leave").hidden = own.seat === null;
    const link = dialog.querySelector("[data-shows=lead]");
    link.closest("p").hidden = !own.hostKey;
    link.value = own.hostKey ? `${page.dataset.address}games/${page.dataset.code}/lead/${own.hostKey}/` : "";
  }

  /** All that the menu shows, but for who is still thinking. */
  function menuOf({ players, own, game, phase, round }) {
    const people = players.map(({ id, name, gone }) => [id, name, gone]);
    return JSON.stringify([people, own.seat, own.leads, own.hostKey, game.hostSeat, game.locked, phase, round?.id]);
  }

  function action(words, then) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "button small-button";
    made.textContent = words;
    made.addEventListener("click", then);
    return made;
  }

  function ask(question, verb, player) {
    if (window.confirm(question)) act.verb(verb, { player: player.id });
  }

  button?.addEventListener("click", () => { render(); dialog.showModal(); });
  does("close").addEventListener("click", () => dialog.close());
  does("lock").addEventListener("click", () => act.verb("lock", { locked: !shown.game.locked }));
  for (const name of ["end", "skip"]) {
    does(name).addEventListener("click", async ({ target }) => {
      dialog.close();
      await act.verb(name, { round: target.dataset.round });
    });
  }
  does("leave").addEventListener("click", async () => {
    if (window.confirm(gettext("Leave this room? What you guessed stays.")) && await act.verb("leave")) {
      window.location.assign(page.dataset.root);
    }
  });
  for (const copy of document.querySelectorAll("[data-copies]")) {
    copy.addEventListener("click", async () => {
      const field = part(copy.dataset.copies);
      const isDone = await copied(field.value, copy);
      copy.textContent = isDone ? gettext("Copied") : gettext("Press Ctrl+C to copy.");
      if (!isDone) field.select();
    });
  }

  return {
    draw: (snapshot) => {
      const before = shown;
      shown = snapshot;
      if (before?.own.seat && snapshot.own.seat === null) say(gettext("You are no longer in this room."));
      for (const way of seats) way.hidden = snapshot.own.seat !== null || snapshot.game.locked || snapshot.phase === "over";
      if (dialog.open && menuOf(snapshot) !== menuOf(before)) render(); // else a button goes from under a finger
    },
  };
}
