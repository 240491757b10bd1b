/** Verify: were the place and the machine's answer what had been promised before the photograph was shown? */

import { sha256 } from "../../vendor/js-sha256/sha256.min.mjs"; // crypto.subtle does not exist on plain http

const KEPT = "promises ";
const E7 = 1e7;

/** Open the list under its button. */
export function openVerify(box) {
  const [button, list] = [box.querySelector("button"), box.querySelector("ul")];
  let shown = null;

  function check() {
    const kept = JSON.parse(sessionStorage.getItem(KEPT + shown.round.id) ?? "{}");
    list.replaceChildren(...shown.round.commitments.map((told) => row(told, verdict(told, kept[told.of]))));
    list.scrollIntoView({ block: "nearest" });
  }

  /** What came out: true, false, or null where this browser was not there when it was promised. */
  function verdict(told, promised) {
    if (!promised) return null;
    return promised === sha256(canonical(shown.round.id, told)) && isShown(told, shown);
  }

  button.addEventListener("click", check);
  return {
    draw: (snapshot) => {
      const isOther = snapshot.round?.id !== shown?.round?.id;
      shown = snapshot;
      if (snapshot.phase === "showing") keep(snapshot.round);
      box.hidden = snapshot.phase !== "reveal";
      if (isOther || box.hidden) list.replaceChildren();
    },
  };
}

/** Keep the promises that have come so far: the first of each counts. */
function keep({ id, commitments }) {
  const known = JSON.parse(sessionStorage.getItem(KEPT + id) ?? "{}");
  const told = Object.fromEntries(commitments.map(({ of, digest }) => [of, digest]));
  sessionStorage.setItem(KEPT + id, JSON.stringify({ ...told, ...known }));
}

/** The bytes that were promised; the server's rules/commitments.py describes them. */
export function canonical(roundId, { of, lat, lng, salt }) {
  const lines = ["beat-planet commitment 1", `round: ${roundId}`, `of: ${of}`, `lat: ${lat}`, `lng: ${lng}`, `salt: ${salt}`];
  return lines.map((line) => `${line}\n`).join("");
}

/** Whether what was promised is also what the page shows. */
function isShown({ of, name, lat, lng }, { reveal, players }) {
  const machine = players.find((player) => player.kind === "machine" && player.name === name);
  const place = of === "place" ? reveal.place : reveal.guesses.find((guess) => guess.player === machine?.id);
  if (lat === "none") return place?.lat === null || place === undefined;
  return Boolean(place) && Math.round(place.lat * E7) === Number(lat) && Math.round(place.lng * E7) === Number(lng);
}

function row({ of, name, late, digest }, isTrue) {
  const item = document.createElement("li");
  item.dataset.verdict = isTrue;
  const what = of === "place" ? gettext("The place") : interpolate(gettext("The answer of %s"), [name]);
  const words = { true: gettext("true: it is what was promised"), false: gettext("false: it is not what was promised"),
    null: gettext("this browser was not there when it was promised") };
  const after = late ? gettext(" (promised after the photograph was shown: the answer came later)") : "";
  const [text, code] = [document.createElement("span"), document.createElement("code")];
  text.textContent = `${isTrue ? "✓" : isTrue === false ? "✗" : "–"} ${what}: ${words[isTrue]}${isTrue === null ? "" : after}`;
  code.textContent = digest;
  item.append(text, code);
  return item;
}
