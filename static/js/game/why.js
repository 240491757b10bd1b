/** Why: which parts of the photograph spoke for the machine's answer, and which for the true place. */

import { number, percent } from "./words.js";

const FAINT_BELOW = 0.3; // nats: where no piece of the photograph matters more than this, the colours stay faint
const NOTHING_BELOW = 0.03;
const SHARP = 12; // pixels drawn for each place of the grid, so that no squares are seen
const MOST_SEEN = 0.82; // opacity of the strongest

/** Open the panel over the photograph. `ask` is called with the round's id when nobody has asked why yet. */
export function openWhy(page, photo, ask) {
  const part = (id) => document.getElementById(id);
  const [button, panel] = [part("why"), part("why-panel")];
  const show = (name) => panel.querySelector(`[data-shows=${name}]`);
  const choices = [...panel.querySelectorAll("[data-map]")];
  let [shown, choice] = [null, "answer"];
  const why = () => shown?.reveal?.why ?? null;
  const isOpen = () => page.classList.contains("shows-why");

  function render() {
    const [told, state] = [why(), why()?.state];
    const map = state === "made" ? told[choice] : null;
    panel.dataset.state = state;
    for (const each of choices) each.setAttribute("aria-pressed", each.dataset.map === choice);
    const name = shown.players.find((player) => player.id === told.player).name;
    show("words").textContent = state === "failed" ? told.failure : state === "made" ? words(name, map, told.radiusKm)
      : interpolate(gettext("%s looks again and again, each time with one piece of the photograph covered…"), [name]);
    show("progress").value = told.progress ?? 0;
    show("square").hidden = !map || photo.isSquare();
    show("square").textContent = interpolate(gettext("%s sees only the square in the middle."), [name]);
    photo.veil(map ? painted(map) : null);
  }

  function words(name, map, radiusKm) {
    if (!map) return gettext("The photograph as it is.");
    const where = choice === "answer" ? gettext("its answer") : gettext("the true place");
    const belief = interpolate(gettext("%s believed in the region within %s km of %s with %s."),
      [name, number(radiusKm), where, percent(map.p)]);
    const rest = map.strongest < NOTHING_BELOW ? gettext("No single piece of the photograph mattered.")
      : interpolate(gettext("With the most telling piece covered, %s would be left."), [percent(map.p * Math.exp(-map.strongest))]);
    return `${belief} ${rest}`;
  }

  function open() {
    page.classList.add("shows-photo", "shows-why");
    photo.showLast();
    if (["unasked", "failed"].includes(why().state)) ask(shown.round.id);
    render();
    choices.find((each) => each.dataset.map === choice).focus({ preventScroll: true });
  }

  button.addEventListener("click", open);
  show("again").addEventListener("click", () => ask(shown.round.id));
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
        choice = "answer";
        page.classList.remove("shows-why");
        photo.veil(null);
      }
      if (isOpen()) render();
    },
  };
}

/** A map as a picture: one colour for what speaks for the place, another for what speaks against it. */
function painted({ rows, columns, drops, most }) {
  const style = getComputedStyle(document.documentElement);
  const [small, large] = [1, SHARP].map((times) => Object.assign(document.createElement("canvas"),
    { width: columns * times, height: rows * times }));
  const pen = small.getContext("2d");
  const strength = MOST_SEEN * Math.min(1, most / FAINT_BELOW);
  drops.forEach((drop, i) => {
    pen.fillStyle = style.getPropertyValue(drop > 0 ? "--why-for" : "--why-against");
    pen.globalAlpha = strength * Math.abs(drop / 127);
    pen.fillRect(i % columns, Math.floor(i / columns), 1, 1);
  });
  const brush = large.getContext("2d");
  brush.imageSmoothingQuality = "high";
  brush.drawImage(small, 0, 0, large.width, large.height);
  return large.toDataURL();
}
