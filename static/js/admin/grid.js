/** Grid: the photos of a page as thumbnails. One has the focus, any number are chosen; records are drawn, not kept here. */

const SEVERE = { 1: "hint", 2: "doubt", 3: "grave" };

/** Open the grid in an element. `onLook` hears which photo has the focus, `onChoice` which are chosen. */
export function openGrid(element, records, { onLook, onChoice }) {
  const order = records.map((each) => each.pk);
  const [known, cells, chosen, posts] = [new Map(records.map((each) => [each.pk, each])), new Map(), new Set(), new Map()];
  let looked = null;
  for (const each of records) {
    const cell = document.createElement("div");
    cell.className = "thumb";
    cell.id = `photo-${each.pk}`;
    cell.tabIndex = -1;
    cell.setAttribute("role", "option");
    cells.set(each.pk, cell);
    draw(each);
    cell.addEventListener("click", (event) => {
      if (event.target.closest(".thumb-choose") || event.ctrlKey || event.metaKey) toggle(each.pk);
      else look(each.pk, true);
    });
    element.append(cell);
  }
  if (order.length) cells.get(order[0]).tabIndex = 0;

  function draw(record) {
    known.set(record.pk, record);
    const cell = cells.get(record.pk);
    if (!cell) return;
    cell.dataset.review = record.review;
    cell.dataset.post = posts.get(record.pk) ?? "";
    const gravest = Math.max(0, ...record.doubts.map((each) => each.severity));
    const image = cell.querySelector("img") ?? document.createElement("img");
    if (image.getAttribute("src") !== record.small) {
      Object.assign(image, { src: record.small, alt: "", loading: "lazy", decoding: "async" });
      image.style.background = record.colour;
    }
    const marks = [
      record.review === "accepted" && ["accepted", "✓", gettext("accepted")],
      record.review === "rejected" && ["rejected", "✕", gettext("rejected")],
      !record.place && ["lost", "?", gettext("no place")],
      record.place && !record.inGames && record.review !== "rejected" && gravest < 3 && ["out", "–", record.state],
      gravest && [SEVERE[gravest], record.doubts.length > 1 ? `! ${record.doubts.length}` : "!", record.doubts.map((each) => each.title).join(", ")],
      posts.get(record.pk) === "failed" && ["failed", "↻", gettext("the last decision was not done")],
    ].filter(Boolean).map(([kind, sign, says]) => badge(kind, sign, says));
    cell.replaceChildren(image, choose(), ...(marks.length ? [row(marks)] : []));
    cell.setAttribute("aria-label", [record.title || record.name, ...marks.map((each) => each.title)].join(", "));
    mark(record.pk);
  }

  function mark(pk) {
    cells.get(pk).setAttribute("aria-selected", chosen.has(pk));
    cells.get(pk).classList.toggle("is-looked-at", pk === looked);
  }

  function look(pk, isAsked) {
    const before = looked;
    looked = pk;
    for (const each of [before, pk]) if (each !== null) mark(each);
    for (const [key, cell] of cells) cell.tabIndex = key === pk ? 0 : -1;
    cells.get(pk).focus({ preventScroll: isAsked });
    onLook(known.get(pk), isAsked);
  }

  function toggle(pk, is = !chosen.has(pk)) {
    if (is) chosen.add(pk); else chosen.delete(pk);
    mark(pk);
    onChoice([...chosen]);
  }

  /** Mark photos as those of a decision that is "waiting" or has "failed"; of others "". */
  function markPost(pks, state) {
    for (const pk of pks.filter((each) => cells.has(each))) {
      posts.set(pk, state);
      draw(known.get(pk));
    }
  }

  /** Move the focus by so many photos; stays within the page. */
  function step(by) {
    const at = looked === null ? -Math.sign(by) || 0 : order.indexOf(looked);
    const to = Math.max(0, Math.min(order.length - 1, at + by));
    if (order[to] !== looked) look(order[to], false);
  }

  function columns() {
    return getComputedStyle(element).gridTemplateColumns.split(" ").length;
  }

  const steps = { ArrowLeft: () => -1, ArrowRight: () => 1, ArrowUp: () => -columns(), ArrowDown: () => columns() };
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in steps) step(steps[event.key]());
    else if (event.key === " " && event.target.matches(".thumb")) { look(idOf(event.target), false); toggle(looked); }
    else if (event.key === "Enter" && event.target.matches(".thumb")) look(idOf(event.target), true);
    else return;
    event.preventDefault();
  });

  return {
    draw, look, step, toggle, markPost,
    record: (pk) => known.get(pk),
    has: (pk) => cells.has(pk),
    looked: () => (looked === null ? null : known.get(looked)),
    chosen: () => [...chosen],
    all: () => order.forEach((pk) => toggle(pk, true)),
    none: () => [...chosen].forEach((pk) => toggle(pk, false)),
    focus: () => cells.get(looked ?? order[0])?.focus(),
  };
}

function idOf(cell) {
  return Number(cell.id.slice("photo-".length));
}

function badge(kind, sign, says) {
  const made = document.createElement("span");
  made.className = `badge badge-${kind}`;
  made.textContent = sign;
  made.title = says;
  return made;
}

function row(marks) {
  const made = document.createElement("span");
  made.className = "badges";
  made.setAttribute("aria-hidden", "true");
  made.append(...marks);
  return made;
}

function choose() {
  const made = document.createElement("span");
  made.className = "thumb-choose";
  made.title = gettext("Choose");
  made.setAttribute("aria-hidden", "true");
  return made;
}
