/** Marks: people are a round pin with initials, the machine a hexagon, the truth a flag. Everywhere the same. */

const SVG = "http://www.w3.org/2000/svg";

/** A mark as an element, for lists, tables and the map alike. `who` is a player, or null for the truth. */
export function mark(who) {
  const kind = who === null ? "truth" : who.kind === "machine" ? "machine" : "person";
  const figure = document.createElement("span");
  figure.className = `mark mark-${kind}`;
  figure.setAttribute("aria-hidden", "true");
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#mark-${kind}`);
  svg.append(use);
  figure.append(svg);
  if (kind === "person") {
    figure.style.setProperty("--hue", who.hue);
    const initials = document.createElement("b");
    initials.textContent = who.initials;
    figure.append(initials);
  }
  return figure;
}

/** A mark as a Leaflet icon; its size and foot are the style sheet's business. */
export function icon(who, isNew) {
  return L.divIcon({ className: `pin ${isNew ? "pin-new" : ""}`, html: mark(who), iconSize: [0, 0] });
}
