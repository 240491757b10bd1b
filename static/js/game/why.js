/** Why: which parts of the photograph spoke for the machine's answer, and which for the true place. */

import { painted, strongest } from "./heat.js";
import { number, percent } from "./words.js";

const NOTHING_BELOW = 0.03; // nats: three hundredths of the belief

/** Open the panel over the photograph. `ask` takes the round's id when nobody has asked why yet, and tells whether it was heard. */
export function openWhy(page, photo, ask) {
  const part = (id) => document.getElementById(id);
  const [button, panel] = [part("why"), part("why-panel")];
  const show = (name) => panel.querySelector(`[data-shows=${name}]`);
  const choices = [...panel.querySelectorAll("[data-map]")];
  let [shown, choice, isRefused] = [null, "answer", false];
  const why = () => shown?.reveal?.why ?? null;
  const isOpen = () => page.classList.contains("shows-why");

  function render() {
    const told = why();
    const state = isRefused && told.state === "unasked" ? "refused" : told.state;
    const map = state === "made" ? told[choice] : null;
    panel.dataset.state = state;
    for (const each of choices) each.setAttribute("aria-pressed", each.dataset.map === choice);
    const name = shown.players.find((player) => player.id === told.player).name;
    show("words").textContent = state === "failed" ? told.failure : state === "made" ? words(name, map, told.radiusKm)
      : state === "refused" ? gettext("Nobody could be asked why. Try again, or go on.")
      : state === "unasked" ? gettext("Asking…")
      : interpolate(gettext("%s looks again and again, each time with one piece of the photograph covered…"), [name]);
    show("progress").value = told.progress ?? 0;
    show("square").hidden = !map || photo.isSquare();
    show("square").textContent = interpolate(gettext("%s sees only the square in the middle."), [name]);
    photo.veil(map ? painted(map) : null);
  }

  function words(name, map, radiusKm) {
    if (!map) return gettext("The photograph as it is.");
    const where = choice === "answer" ? gettext("its answer") : gettext("the true place");
    const belief = interpolate(gettext("%s put %s of its belief within %s km of %s."),
      [name, percent(map.p), number(radiusKm), where]);
    const rest = map.strongest < NOTHING_BELOW ? gettext("No single piece of the photograph mattered for that.")
      : interpolate(gettext("With the most telling piece covered (%s), %s would be left."),
        [strongest(map), percent(map.p * Math.exp(-map.strongest))]);
    return `${belief} ${rest}`;
  }

  async function askNow() {
    isRefused = false;
    const heard = await ask(shown.round.id);
    isRefused = !heard;
    if (isOpen() && why()) render();
  }

  function open() {
    page.classList.add("shows-photo", "shows-why");
    photo.showLast();
    if (["unasked", "failed"].includes(why().state)) askNow();
    render();
    part("look-back").focus({ preventScroll: true });
  }

  button.addEventListener("click", open);
  show("again").addEventListener("click", askNow);
  for (const each of choices) {
    each.addEventListener("click", () => {
      choice = each.dataset.map;
      photo.showLast();
      render();
    });
  }
  part("look-back").addEventListener("click", () => photo.veil(null));

  return {
    draw: (snapshot) => {
      const isOther = snapshot.round?.id !== shown?.round?.id;
      shown = snapshot;
      button.hidden = why() === null;
      if (isOther || !why()) {
        [choice, isRefused] = ["answer", false];
        page.classList.remove("shows-why");
        photo.veil(null);
      }
      if (isOpen()) render();
    },
  };
}
