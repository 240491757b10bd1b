/** Large: the photo that is looked at, what is odd about it in sentences, and its place on a map. */

import { openPinMap } from "./pinmap.js";

/** Open the large view. `decide` is told a verb and its words, about the photo that is shown. */
export function openLarge(root, mayChange, decide, onClose) {
  const part = (name) => root.querySelector(`[data-shows=${name}]`);
  let [shown, map] = [null, null];
  root.querySelector("[data-does=close]").addEventListener("click", close);

  const form = root.querySelector(".large-place");
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const field = form.elements.place;
    decide("place", { text: field.value }); // degrees and minutes too are read where tables are
  });
  root.querySelector("[data-does=take-offer]")?.addEventListener("click", () => decide("place", shown.offered));

  function show(record, isAsked) {
    const isSame = shown?.pk === record.pk;
    shown = record;
    root.hidden = false;
    if (isAsked) root.classList.add("is-open"); // on a phone it covers the grid only where somebody asked for it
    part("title").textContent = record.title || record.name;
    const image = root.querySelector(".large-photo img");
    image.parentElement.href = record.large;
    if (!isSame) Object.assign(image, { src: record.large, width: record.width, height: record.height, alt: record.title || record.name });
    image.style.background = record.colour;
    part("state").textContent = record.state;
    part("doubts").replaceChildren(...record.doubts.map((each) => doubtLine(each, record)));
    part("where").textContent = where(record, mayChange);
    part("facts").replaceChildren(...facts(record));
    if (form) form.elements.place.value = record.place ? `${record.place.lat}, ${record.place.lng}` : "";
    const offer = root.querySelector(".large-offer");
    if (offer) offer.hidden = !record.offered;
    if (offer) offer.querySelector("button").textContent = record.offerSays;
    map ??= openPinMap(root.querySelector(".map"), mayChange ? (place) => decide("place", place) : null);
    map.show(record.place, record.place ? null : record.offered, isSame && record.place);
  }

  function doubtLine(doubt, record) {
    const line = element("li", `doubt doubt-${doubt.severity}`);
    const words = element("p", "");
    words.append(element("b", "", doubt.title), ` ${doubt.says}`);
    line.append(words);
    if (doubt.other) line.append(sideBySide(doubt, record));
    if (mayChange && (record.place || !doubt.ofPlace)) line.append(verdicts(doubt, record));
    return line;
  }

  function sideBySide(doubt, record) {
    const pair = element("div", "twins");
    for (const [who, words] of [[record, gettext("this one")], [doubt.other, doubt.other.isHere ? doubt.other.name : doubt.other.set]]) {
      const figure = element("figure", "");
      const image = Object.assign(element("img", ""), { src: who.large, alt: "", loading: "lazy" });
      figure.append(image, element("figcaption", "", words));
      pair.append(figure);
    }
    return pair;
  }

  function verdicts(doubt) {
    const row = element("p", "doubt-verbs");
    const add = (words, act) => {
      const button = Object.assign(element("button", "", words), { type: "button" });
      button.addEventListener("click", act);
      row.append(button);
    };
    const settle = (verdict) => () => decide("settle", { doubt: doubt.pk, verdict });
    if (!doubt.other) add(gettext("All is well"), settle("fine"));
    else {
      add(gettext("Keep both"), settle("fine"));
      if (doubt.other.isHere) add(gettext("Keep this one"), () => decide("reject", { photos: [doubt.other.pk], also: [shown.pk] }));
      add(doubt.other.isHere ? gettext("Keep the other") : gettext("Reject this one"), settle("rejected"));
    }
    return row;
  }

  function close() {
    root.classList.remove("is-open");
    onClose();
  }

  return {
    show, close, toMap: () => map?.focus(),
    covers: () => root.classList.contains("is-open") && getComputedStyle(root).position === "fixed", // the grid, on a phone
    shown: () => shown,
  };
}

function where(record, mayChange) {
  if (!record.place) return mayChange ? gettext("Nobody knows. Click on the map where it was taken.") : gettext("Nobody knows.");
  const { lat, lng } = record.place;
  const told = [`${lat.toFixed(5)}, ${lng.toFixed(5)}`];
  if (record.near) told.push(interpolate(gettext("near %s"), [record.near]));
  if (record.placeFrom) told.push(interpolate(gettext("known from: %s"), [record.placeFrom]));
  return told.join(" · ");
}

function facts(record) {
  const told = [
    [gettext("File"), record.name], [gettext("Taken"), record.takenAt], [gettext("Credit"), record.credit || "–"],
    [gettext("Licence"), record.licence || "–"], [gettext("Source"), record.sourceUrl],
    [gettext("Shows"), record.scene], [gettext("How hard"), record.difficulty ? `${record.difficulty} / 5` : ""],
    [gettext("Tags"), record.tags.join(", ")], [gettext("Album"), record.albums.join(", ")],
    [gettext("Pixels"), `${record.width} × ${record.height}`],
  ];
  return told.filter(([, value]) => value).flatMap(([name, value]) => [element("dt", "", name), element("dd", "", value)]);
}

function element(kind, className, words = "") {
  const made = document.createElement(kind);
  made.className = className;
  made.textContent = words;
  return made;
}
