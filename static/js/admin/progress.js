/** Progress: how far an import has come, heard by socket; where there is none it is asked for now and then. */

const ASK_EVERY_MS = 5000;
const LONGEST_WAIT_MS = 30000;

/** Follow an import. `hear` is given {counts, done, total, closed, finished}, as often as that changes. */
export function follow({ root, address, key }, hear) {
  const url = `${location.protocol.replace("http", "ws")}//${location.host}${root}ws/imports/${key}/`;
  let [failures, isOver, isHeard, last, isAsking] = [0, false, false, "", false];

  async function ask() {
    if (isAsking || isOver) return;
    isAsking = true;
    try {
      const answer = await fetch(address, { cache: "no-store" });
      if (answer.ok) told(await answer.json());
    } catch {
      // the next time brings it
    }
    isAsking = false;
  }

  function told(news) {
    const text = JSON.stringify(news);
    if (text === last) return;
    last = text;
    isOver = news.finished;
    hear(news);
  }

  function listen() {
    if (isOver) return;
    const socket = new WebSocket(url);
    socket.addEventListener("open", () => { isHeard = true; });
    socket.addEventListener("message", (event) => { failures = 0; told(JSON.parse(event.data)); });
    socket.addEventListener("close", () => {
      [failures, isHeard] = [failures + 1, false];
      setTimeout(listen, Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures));
    });
  }

  const timer = setInterval(() => { if (isOver) clearInterval(timer); else if (!isHeard) ask(); }, ASK_EVERY_MS);
  listen();
  ask();
}
