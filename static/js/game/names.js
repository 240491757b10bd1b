/** Names: what pins wear beside them, right or left of the mark, as far as no name covers another or a mark. */

import { cell } from "./cell.js";

/** Hang names on pins that are on the map, and return what arranges them anew. `pins` are {marker, name}, the most important
 * first; the first `sure` of them mind no mark but the flag. */
export function hangNames(map, pins, sure) {
  const tags = pins.map(({ marker, name }) => {
    const tag = cell("span", name);
    marker.getElement().append(tag);
    return tag;
  });
  return () => arrange(map.getContainer(), tags, sure);
}

function arrange(box, tags, sure) {
  for (const tag of tags) tag.className = "pin-name";
  const around = (each) => each.getBoundingClientRect();
  const [edge, places] = [around(box), tags.map(sides)];
  const [marks, flags] = [".pin .mark", ".pin .mark-truth"].map((which) => [...box.querySelectorAll(which)].map(around));
  const taken = [];
  places.forEach((both, i) => {
    const isFree = (side) => side.left >= edge.left && side.right <= edge.right
      && ![...taken, ...(i < sure ? flags : marks)].some((other) => meet(side, other));
    const free = both.find(isFree);
    if (free) taken.push(free);
    tags[i].classList.toggle("is-left", free === both[1]);
    tags[i].classList.toggle("is-hidden", !free); // a tap on the pin tells it
  });
}

/** Where a name is, right of its pin, and where it would be on the left. */
function sides(tag) {
  const [right, x] = [tag.getBoundingClientRect(), tag.parentElement.getBoundingClientRect().left];
  return [right, { left: 2 * x - right.right, right: 2 * x - right.left, top: right.top, bottom: right.bottom }];
}

function meet(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
