/** Ear: news down by socket, and a look by HTTP where the socket is gone or silent. */

const POLL_MS = 3000; // without a socket
const SILENCE_MS = 20000; // a socket may be dead and not know it
const WATCH_MS = 5000;
const GRACE_MS = 2000; // a socket that lives has brought by then what a look found
const LONGEST_WAIT_MS = 20000;
const ANSWER_MS = 10000; // where a network is gone without a word, a request would hang for minutes
const NO_SEAT = 4403; // the socket's close code for a browser that may only look

/** Listen to one game. `hear` is given snapshots, `online` true or false. */
export function openEar({ root, code, role }, { hear, online }) {
  const asWhom = role === "screen" ? "?screen=1" : ""; // the big screen sees what a stranger sees, in the host's browser too
  const snapshotUrl = `${root}games/${code}/snapshot/${asWhom}`;
  const socketUrl = `${location.protocol.replace("http", "ws")}//${location.host}${root}ws/games/${code}/${asWhom}`;
  const silenceMs = SILENCE_MS * (1 + Math.random() / 4); // a room that falls silent must not ask all at once
  let [socket, retryTimer, pollTimer, failures, isBarred] = [null, null, null, 0, false];
  let [heardAt, told] = [performance.now(), 0]; // told: the newest version that this socket brought

  async function look() {
    const asked = performance.now();
    let [news, isReached] = [null, false];
    try {
      const answer = await fetch(snapshotUrl, { cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) });
      isReached = answer.status < 500; // a proxy answers for a server that is away
      if (answer.ok) news = await answer.json();
    } catch {
      isReached = false; // the next look, or the socket, will bring it
    }
    if (isReached || heardAt < asked) online(isReached); // else something came while this look hung
    if (news === null) return;
    heardAt = performance.now();
    hear(news);
    setTimeout(() => { if (news.version > told && socket.readyState === WebSocket.OPEN) listen(); }, GRACE_MS);
  }

  function listen() {
    clearTimeout(retryTimer);
    const [old, mine] = [socket, new WebSocket(socketUrl)];
    socket = mine;
    old?.close();
    mine.addEventListener("message", (event) => { if (mine === socket) heard(JSON.parse(event.data)); });
    mine.addEventListener("close", ({ code: why }) => { if (mine === socket) lost(why); });
  }

  function heard(news) {
    failures = 0;
    clearInterval(pollTimer);
    pollTimer = null;
    [told, heardAt] = [news.version, performance.now()];
    online(true);
    hear(news);
  }

  function lost(why) {
    isBarred = why === NO_SEAT;
    if (isBarred) clearInterval(pollTimer);
    if (isBarred) return;
    failures += 1;
    if (failures > 1) look(); // without sockets there may still be a network
    pollTimer ??= setInterval(look, POLL_MS);
    retryTimer = setTimeout(listen, Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures) * (0.7 + 0.6 * Math.random()));
  }

  /** After a sleep or another tab, and at both ends of a tunnel: see what was missed at once, or that nothing comes. */
  function wake() {
    if (document.hidden || isBarred) return;
    look();
    if (socket.readyState > WebSocket.OPEN) listen();
  }

  listen();
  document.addEventListener("visibilitychange", wake);
  for (const name of ["online", "offline"]) window.addEventListener(name, wake);
  window.addEventListener("pageshow", (event) => { if (event.persisted) wake(); });
  setInterval(() => {
    if (!document.hidden && !isBarred && performance.now() - heardAt > silenceMs) look();
  }, WATCH_MS);
  return { look };
}
