/** Main: only wires. What each part does stands in its own file. */

import { openBoard } from "./board.js";
import { listenToKeys } from "./keys.js";
import { openLobby } from "./lobby.js";
import { openMap } from "./map.js";
import { openPanel } from "./panel.js";
import { openPhoto } from "./photo.js";
import { openRoom } from "./room.js";
import { openServer } from "./server.js";
import { openVerify } from "./verify.js";
import { openWhy } from "./why.js";

const page = document.getElementById("game");
const wires = {};
const map = openMap(document.getElementById("map"), (pin) => wires.server.draft(wires.board.pinned(pin), pin));
const photo = openPhoto(document.getElementById("photo"), page.dataset.zoom === "true");
const say = (sentence) => wires.board.complain(sentence);
wires.board = openBoard(page, {
  map,
  photo,
  why: openWhy(page, photo, (roundId) => wires.server.why(roundId)),
  panel: openPanel(document.getElementById("panel")),
  more: [
    openLobby(document.getElementById("lobby"), { next: () => wires.server.next() }),
    openRoom(page, { verb: (name, body) => wires.server.verb(name, body) }, say),
    openVerify(document.getElementById("verify")),
  ],
  act: {
    guess: (roundId, pin, away) => wires.server.guess(roundId, pin, away),
    next: () => wires.server.next(),
    again: () => wires.server.again(),
    bell: (roundId) => wires.server.bell(roundId),
  },
});
wires.board.draw(JSON.parse(document.getElementById("snapshot").textContent));
wires.server = openServer(page.dataset, {
  hear: wires.board.draw, online: wires.board.online, refused: wires.board.complain,
});
listenToKeys(page, map);
document.getElementById("panel").inert = false; // until here no button had its work
