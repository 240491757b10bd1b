/** Lobby: who has come, and how others may. The list of people serves the room's menu as well. */

import { cell } from "./cell.js";
import { fill } from "./fill.js";
import { mark } from "./marks.js";
import { more, number } from "./words.js";

/** Open the lobby; `act` has start(). */
export function openLobby(lobby, act) {
  const show = (name) => lobby.querySelector(`[data-shows=${name}]`);
  const [start, isScreen] = [show("start"), lobby.closest("[data-role=screen]") !== null];
  start.addEventListener("click", async () => {
    start.disabled = true;
    await act.next();
    start.disabled = false;
  });

  let fit = null;
  return {
    draw: (snapshot) => {
      fit = null;
      if (snapshot.phase !== "lobby") return;
      const { players, own, game } = snapshot;
      const here = players.filter((player) => !player.gone);
      const people = here.filter((player) => player.kind === "human");
      show("count").textContent = people.length
        ? interpolate(ngettext("%s is here", "%s are here", people.length), [number(people.length)])
        : gettext("Nobody is here yet");
      const item = (player) => person(player, own.seat, game.hostSeat);
      start.hidden = !own.leads;
      show("waiting").hidden = own.leads;
      show("waiting").textContent = interpolate(gettext("%s starts the game."), [game.host || gettext("The host")]);
      show("locked").hidden = !game.locked;
      if (!isScreen) return show("people").replaceChildren(...here.map(item));
      fit = () => drawLatest(show("people"), here.filter((player) => player.kind === "machine").map(item), people.map(item));
      fit();
    },
    fit: () => fit?.(),
  };
}

/** On the big screen whoever came last wants to be seen. */
function drawLatest(list, machines, people) {
  fill(list, list, people.length, (n) => {
    const left = people.length - n;
    const rest = left ? [Object.assign(cell("li", more(left)), { className: "person" })] : [];
    return [...machines, ...rest, ...people.slice(left)];
  });
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
