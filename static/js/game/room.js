/** Room: the menu of a room. How others come in, who is there, and what the host may do. */

import { person } from "./lobby.js";

const HOST_SILENT_MS = 60000; // after so long without news somebody else may lead; the server decides

/** Open the menu; `act` has verb(name, body) and again(). */
export function openRoom(page, act, say) {
  const part = (id) => document.getElementById(id);
  const [dialog, button, over] = [part("room"), part("room-open"), part("take-over")];
  const does = (name) => dialog.querySelector(`[data-does=${name}]`);
  let [shown, silentSince] = [null, performance.now()];

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
    link.value = own.hostKey ? `${location.origin}${page.dataset.root}games/${page.dataset.code}/lead/${own.hostKey}/` : "";
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
  over.addEventListener("click", () => act.verb("take-over"));
  for (const copy of document.querySelectorAll("[data-copies]")) {
    copy.addEventListener("click", async () => {
      const field = part(copy.dataset.copies);
      say(await copied(field) ? gettext("Copied.") : gettext("Press Ctrl+C to copy."));
      copy.textContent = gettext("Copied");
    });
  }
  setInterval(() => {
    const isStuck = shown && ["lobby", "reveal"].includes(shown.phase) && !shown.own.leads && shown.own.seat !== null;
    over.hidden = !(isStuck && shown.game.isRoom && performance.now() - silentSince > HOST_SILENT_MS);
  }, 1000);

  return {
    draw: (snapshot) => {
      if (!shown || snapshot.phase !== shown.phase || snapshot.round?.id !== shown.round?.id) silentSince = performance.now();
      if (shown && shown.own.seat !== null && snapshot.own.seat === null) say(gettext("You are no longer in this room."));
      shown = snapshot;
      if (dialog.open) render();
    },
  };
}

/** Copy a field's text; on plain http browsers give scripts no clipboard, but they still copy what is selected. */
async function copied(field) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(field.value);
    return true;
  }
  field.focus();
  field.select();
  return document.execCommand("copy");
}
