/** Verify: were the place and the machine's answer what had been promised before the photograph was shown? */

import { cell } from "./cell.js";
import { sha256 } from "../../vendor/js-sha256/sha256.min.mjs"; // crypto.subtle does not exist on plain http

const KEPT = "promises ";
const E7 = 1e7;

/** Open the list under its button. */
export function openVerify(box) {
  const [button, list] = [box.querySelector("button"), box.querySelector("ul")];
  let shown = null;

  function check() {
    const kept = JSON.parse(sessionStorage.getItem(KEPT + shown.round.id) ?? "{}");
    const told = new Set(shown.round.commitments.map(({ of }) => of));
    const gone = Object.keys(kept).filter((of) => !told.has(of));
    list.replaceChildren(...shown.round.commitments.map((each) => row(each, verdict(each, kept[each.of]))),
      ...gone.map((of) => withdrawn(of, kept[of])),
      ...shown.promised.map(ahead));
    list.scrollIntoView({ block: "nearest" });
  }

  /** What came out: true, false, or null where it fits, but this browser was not there when it was promised. */
  function verdict(told, promised) {
    const isTrue = (promised ?? told.digest) === sha256(canonical(shown.round.id, told)) && isShown(told, shown);
    return isTrue && !promised ? null : isTrue;
  }

  button.addEventListener("click", check);
  return {
    draw: (snapshot) => {
      const isOther = snapshot.round?.id !== shown?.round?.id;
      shown = snapshot;
      if (snapshot.phase === "showing") keep(snapshot.round.id, snapshot.round.commitments);
      for (const each of snapshot.promised) keep(each.round, [each]); // of the round to come
      box.hidden = snapshot.phase !== "reveal";
      if (isOther || box.hidden) list.replaceChildren();
    },
  };
}

/** Keep the promises that have come so far: the first of each counts. */
function keep(roundId, commitments) {
  const known = JSON.parse(sessionStorage.getItem(KEPT + roundId) ?? "{}");
  const told = Object.fromEntries(commitments.map(({ of, digest }) => [of, digest]));
  sessionStorage.setItem(KEPT + roundId, JSON.stringify({ ...told, ...known }));
}

/** The bytes that were promised; the server's rules/commitments.py describes them. */
export function canonical(roundId, { of, lat, lng, salt }) {
  const lines = ["beat-planet commitment 1", `round: ${roundId}`, `of: ${of}`, `lat: ${lat}`, `lng: ${lng}`, `salt: ${salt}`];
  return lines.map((line) => `${line}\n`).join("");
}

/** Whether what was promised is also what the page shows. */
export function isShown({ of, name, lat, lng }, { reveal, players }) {
  const machine = players.find((player) => player.kind === "machine" && player.name === name);
  const place = of === "place" ? reveal.place : reveal.guesses.find((guess) => guess.player === machine?.id);
  if (lat === "none") return place?.lat === null || place === undefined;
  // Within one unit, a centimetre: which way a half is rounded is not the same in every language.
  const fits = (degrees, e7) => degrees !== null && Math.abs(degrees * E7 - Number(e7)) <= 1;
  return Boolean(place) && fits(place.lat, lat) && fits(place.lng, lng);
}

/** What was promised here and is not among what is told now. */
function withdrawn(of, digest) {
  const item = document.createElement("li");
  item.dataset.verdict = false;
  const what = of === "place" ? gettext("The place") : gettext("The machine's answer");
  item.append(cell("span", `✗ ${what}: ${gettext("false: it was promised, and the promise has been withdrawn")}`), cell("code", digest));
  return item;
}

/** A promise of the next round, for whoever wants to note it elsewhere. */
function ahead({ number, of, name, digest }) {
  const item = document.createElement("li");
  const words = of === "place" ? interpolate(gettext("The place of round %s is promised already:"), [number])
    : interpolate(gettext("The answer of %s in round %s is promised already:"), [name, number]);
  item.append(cell("span", words), cell("code", digest));
  return item;
}

function row({ of, name, late, digest }, isTrue) {
  const item = document.createElement("li");
  item.dataset.verdict = isTrue;
  const what = of === "place" ? gettext("The place") : interpolate(gettext("The answer of %s"), [name]);
  const words = { true: gettext("true: it is what was promised"), false: gettext("false: it is not what was promised"),
    null: late ? gettext("promised only when the answer came, after the photograph was shown, and not seen here before the reveal")
      : gettext("this browser was not there when it was promised") };
  const after = late && isTrue !== null ? gettext(" (promised after the photograph was shown: the answer came later)") : "";
  const sign = isTrue ? "✓" : isTrue === false ? "✗" : "–";
  item.append(cell("span", `${sign} ${what}: ${words[isTrue]}${after}`), cell("code", digest));
  return item;
}
