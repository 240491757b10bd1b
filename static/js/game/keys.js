/** Keys and small controls: the crosshair, places typed as numbers, the photo's thumbnail, sharing. */

import { copied } from "./copy.js";
import { readPlace } from "./sphere.js";

/** Listen to the page's keys and to the controls that belong to no phase. */
export function listenToKeys(page, map) {
  const part = (id) => document.getElementById(id);

  // The crosshair belongs to the keys: it goes as soon as a finger or mouse takes over.
  part("map").addEventListener("keyup", () => part("map").classList.add("by-keys"));
  part("map").addEventListener("pointerdown", () => part("map").classList.remove("by-keys"), { capture: true });

  part("map").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target !== part("map")) return;
    event.preventDefault();
    if (map.placeAtCentre()) part("guess").focus(); // the pin is there already: go on to the button
  });

  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest("input, textarea, select");
    const isPressing = event.target.closest("button, a, summary"); // Enter has its work there
    const isElsewhere = isTyping || document.querySelector("dialog[open]");
    if (page.dataset.phase !== "reveal" || isElsewhere || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && page.classList.contains("shows-photo")) part("look-back").click();
    if (event.key.toLowerCase() === "n" || (event.key === "Enter" && !isPressing)) part("next").click();
  });

  part("place-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const [field, place] = [part("place-text"), readPlace(part("place-text").value)];
    field.setCustomValidity(place ? "" : gettext("Latitude and longitude in degrees, like 48.86, 2.35"));
    field.reportValidity();
    if (!place) return;
    map.place(place);
    event.target.closest("details").open = false; // it lies over the pin, on a small screen
    part("guess").focus();
  });
  part("place-text").addEventListener("input", (event) => event.target.setCustomValidity(""));

  for (const id of ["look", "look-back"]) {
    part(id).addEventListener("click", () => {
      const from = page.classList.contains("shows-why") ? "why" : "look";
      page.classList.toggle("shows-photo", id === "look");
      page.classList.remove("shows-why");
      part(id === "look" ? "look-back" : from).focus();
    });
  }

  const share = part("share");
  share.addEventListener("click", async () => {
    const { address, code } = page.dataset;
    const isDone = await copied(`${address}games/${code}/`, share);
    share.textContent = isDone ? gettext("Link copied") : gettext("Copy the address above");
  });
}
