/** Decisions: they go up one after the other, each about the photos it was meant for. The page knows those it has made. */

import { decide, inTurn } from "./server.js";

const MAKES = { accept: "accepted", reject: "rejected", reopen: "" };

/** Open the line. `reviewOf` tells how a photo is shown; `underWay` hears which go up, `done` and `failed` what came of them. */
export function openDecisions(verbs, { reviewOf, underWay, done, failed }) {
  const made = []; // lists of the photos of a decision that can be taken back, the last one last

  /** Send a decision; the promise tells whether it was done. */
  function send(verb, body) {
    const photos = body.photos ?? [];
    const makes = verb === "settle" ? body.verdict : MAKES[verb];
    const isOne = makes === "accepted" || makes === "rejected"; // to be taken back, too
    const mine = [...photos];
    if (isOne) made.push(mine);
    underWay(photos);
    return inTurn(async () => {
      // As they are shown now, when what was decided before this is drawn.
      const seen = verb in MAKES ? Object.fromEntries(photos.map((pk) => [pk, reviewOf(pk)])) : undefined;
      const address = verbs.replace(/verb\/$/, `${verb}/`);
      const news = await decide(address, { ...body, seen }, (why, heard) => { keepOnly([]); failed(photos, why, heard); });
      if (!news) return false;
      done(body, news);
      if (!isOne) return true;
      const isMade = (pk) => news.photos.some((each) => each.pk === pk && each.review === makes);
      const left = photos.filter((pk) => !isMade(pk)); // what has no place, or is gone
      keepOnly(photos.filter(isMade));
      if (left.length) failed(left, news.said, news);
      return true;
    });

    function keepOnly(some) {
      mine.splice(0, mine.length, ...some);
      if (!some.length && made.includes(mine)) made.splice(made.indexOf(mine), 1);
    }
  }

  return { send, last: () => made.pop(), keep: (photos) => made.push(photos) };
}
