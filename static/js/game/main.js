/** Main: only wires. What each part does stands in its own file. */

import { openBoard } from "./board.js";
import { openEar } from "./ear.js";
import { listenToKeys } from "./keys.js";
import { openLobby } from "./lobby.js";
import { openMap } from "./map.js";
import { openPanel } from "./panel.js";
import { openPhoto } from "./photo.js";
import { openRoom } from "./room.js";
import { openServer } from "./server.js";
import { openTakeOver } from "./takeover.js";
import { openVerify } from "./verify.js";
import { openWhy } from "./why.js";

const page = document.getElementById("game");
const wires = {};
const map = openMap(document.getElementById("map"), (pin) => wires.server.draft(wires.board.pinned(pin), pin));
const photo = openPhoto(document.getElementById("photo"), page.dataset.zoom === "true");
const say = (sentence) => wires.board.complain(sentence);
const verb = (name, body) => wires.server.verb(name, body);
const next = () => wires.server.next();
wires.board = openBoard(page, {
  map,
  photo,
  why: openWhy(page, photo, (roundId) => wires.server.why(roundId)),
  panel: openPanel(document.getElementById("panel")),
  more: [
    openLobby(document.getElementById("lobby"), { next }),
    openRoom(page, { verb }, say),
    openTakeOver(document.getElementById("take-over"), { takeOver: () => verb("take-over"), look: () => wires.ear.look() }),
    openVerify(document.getElementById("verify")),
  ],
  act: {
    guess: (roundId, pin, away) => wires.server.guess(roundId, pin, away),
    next,
    again: () => wires.server.again(),
    bell: (roundId) => wires.server.bell(roundId),
  },
});
const { draw: hear, online, complain: refused } = wires.board;
hear(JSON.parse(document.getElementById("snapshot").textContent));
wires.ear = openEar(page.dataset, { hear, online });
const answered = (news) => { online(true); hear(news); };
wires.server = openServer(page.dataset, { hear: answered, look: wires.ear.look, refused });
listenToKeys(page, map);
document.getElementById("panel").inert = false; // until here no button had its work
