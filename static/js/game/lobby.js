/** Lobby: who has come, and how others may. The list of people serves the room's menu as well. */

import { mark } from "./marks.js";
import { number } from "./words.js";

/** Open the lobby; `act` has start(). */
export function openLobby(lobby, act) {
  const show = (name) => lobby.querySelector(`[data-shows=${name}]`);
  const [start, isScreen] = [show("start"), lobby.closest("[data-role=screen]") !== null];
  start.addEventListener("click", async () => {
    start.disabled = true;
    await act.next();
    start.disabled = false;
  });
  return {
    draw: (snapshot) => {
      if (snapshot.phase !== "lobby") return;
      const { players, own, game } = snapshot;
      const people = players.filter((player) => player.kind === "human" && !player.gone);
      const list = show("people");
      show("count").textContent = people.length
        ? interpolate(ngettext("%s is here", "%s are here", people.length), [number(people.length)])
        : gettext("Nobody is here yet");
      list.replaceChildren(...players.filter((player) => !player.gone)
        .map((player) => person(player, own.seat, game.hostSeat)));
      if (isScreen) list.scrollTop = list.scrollHeight; // nobody scrolls there, and whoever came last wants to be seen
      start.hidden = !own.leads;
      show("waiting").hidden = own.leads;
      show("waiting").textContent = interpolate(gettext("%s starts the game."), [game.host || gettext("The host")]);
      show("locked").hidden = !game.locked;
    },
  };
}

/** One player as a list item. */
export function person(player, seat, hostSeat) {
  const item = document.createElement("li");
  item.className = "person";
  const name = document.createElement("span");
  name.className = "person-name";
  name.textContent = player.name;
  item.append(mark(player), name);
  const told = [player.id === seat && gettext("you"), player.id === hostSeat && gettext("host"),
    player.kind === "machine" && gettext("machine"), player.voided && gettext("does not count")].filter(Boolean);
  if (told.length) {
    const words = document.createElement("span");
    words.className = "soft";
    words.textContent = told.join(", ");
    item.append(words);
  }
  return item;
}
