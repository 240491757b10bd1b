/** Panel: how large the map lies over the photograph. A corner that grows, pinned open, the whole window; on a phone a
 * sheet drawn up from below. */

const KEPT = "map-pinned";
const SMALLEST = 260; // CSS pixels

/** Give the panel's buttons their work; returns how others may open and close it. */
export function openPanel(panel) {
  const [pinButton, fullButton, tab] = ["pin-open", "full", "tab"].map((name) => panel.querySelector(`[data-does=${name}]`));

  function set(name, on, button) {
    panel.classList.toggle(name, on);
    button?.setAttribute(button === tab ? "aria-expanded" : "aria-pressed", on);
  }

  function toggle(name, button) {
    set(name, !panel.classList.contains(name), button);
  }

  pinButton.addEventListener("click", () => {
    toggle("is-pinned", pinButton);
    localStorage.setItem(KEPT, panel.classList.contains("is-pinned"));
  });
  fullButton.addEventListener("click", () => toggle("is-full", fullButton));
  tab.addEventListener("click", () => toggle("is-up", tab));
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") set("is-full", false, fullButton);
  });
  const numbers = panel.querySelector(".by-numbers");
  set("is-pinned", localStorage.getItem(KEPT) === "true", pinButton);
  makeResizable(panel, panel.querySelector("[data-does=resize]"));

  return {
    raise: () => set("is-up", true, tab),
    reset: () => {
      set("is-up", false, tab);
      set("is-full", false, fullButton);
      numbers.open = false;
      numbers.querySelector("form").reset();
    },
  };
}

/** Let the upper left corner be dragged. The size holds for the page, not for ever. */
function makeResizable(panel, handle) {
  handle.addEventListener("pointerdown", (down) => {
    const box = panel.getBoundingClientRect();
    handle.setPointerCapture(down.pointerId);
    panel.classList.add("is-sized");
    handle.onpointermove = (move) => {
      panel.style.setProperty("--panel-width", `${Math.max(SMALLEST, box.width + down.clientX - move.clientX)}px`);
      panel.style.setProperty("--panel-height", `${Math.max(SMALLEST, box.height + down.clientY - move.clientY)}px`);
    };
    handle.onlostpointercapture = () => { handle.onpointermove = null; };
    down.preventDefault();
  });
}
