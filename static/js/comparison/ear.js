/** Ear: figures down by socket; where it is lost it is opened again, and the first message brings what was missed. */

const LONGEST_WAIT_MS = 30000;
const UNKNOWN = 4404; // the socket's close code for a comparison that nobody has asked for

/** Listen to one comparison. `hear` is given figures. */
export function openEar({ root, key }, hear) {
  const url = `${location.protocol.replace("http", "ws")}//${location.host}${root}ws/comparison/${key}/`;
  let [socket, failures, timer] = [null, 0, null];

  function listen() {
    clearTimeout(timer);
    socket = new WebSocket(url);
    socket.addEventListener("message", (event) => { failures = 0; hear(JSON.parse(event.data)); });
    socket.addEventListener("close", ({ code }) => { if (code !== UNKNOWN) again(); });
  }

  function again() {
    failures += 1;
    timer = setTimeout(listen, Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures) * (0.7 + 0.6 * Math.random()));
  }

  listen();
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && socket.readyState > WebSocket.OPEN) listen();
  });
}
