/** An experiment's page: the link that quotes the seal is copied by a button, where there are scripts. */

import { copied } from "../game/copy.js";

const MADE_KNOWN_MS = 2000;
const [link, button] = [document.querySelector("#link"), document.querySelector("[data-does=copy]")];

link.addEventListener("focus", () => link.select());
button.hidden = false;
button.addEventListener("click", async () => {
  if (!await copied(link.value, button)) return link.focus();
  const words = button.textContent;
  button.textContent = button.dataset.done;
  setTimeout(() => { button.textContent = words; }, MADE_KNOWN_MS);
});
