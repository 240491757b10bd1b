/** Count-up: a distance that counts up to its value. */

import { distance } from "./words.js";

const COUNT_MS = 1300;

/** Let an element count up to a distance, after a delay; null for no counting at all. */
export function countUp(element, km, delayMs) {
  element.textContent = distance(km); // hidden at first, so that the card has its final size when the map measures it
  if (delayMs === null || km === null) return;
  const start = performance.now() + delayMs;
  element.style.visibility = "hidden";
  const step = (now) => {
    const t = Math.min(1, (now - start) / COUNT_MS);
    if (t > 0) {
      element.style.visibility = "";
      element.textContent = distance(km * (1 - (1 - t) ** 3));
    }
    if (t < 1 && element.isConnected) requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}
