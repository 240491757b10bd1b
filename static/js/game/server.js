/** Server: commands up by HTTP, news down by socket. The only file that knows the network. */

const DRAFT_AFTER_MS = 400;
const POLL_MS = 3000;
const LONGEST_WAIT_MS = 20000;
const NO_SEAT = 4403; // the socket's close code for a browser that may only look

/** Connect to one game. `hear` is given snapshots, `online` true or false, `refused` a sentence. */
export function openServer({ root, code }, { hear, online, refused }) {
  const game = `${root}games/${code}/`;
  const keys = new Map();
  let [draftTimer, pollTimer, failures] = [null, null, 0];

  async function send(path, body) {
    try {
      const answer = await fetch(path, {
        method: "POST", body: JSON.stringify(body ?? {}),
        headers: { "Content-Type": "application/json", "X-CSRFToken": cookie("csrftoken") },
      });
      if (answer.status === 204) return true;
      const news = await answer.json();
      if (answer.ok) hear(news);
      else {
        refused(news.error);
        if (news.snapshot) hear(news.snapshot);
        else await look();
      }
      return answer.ok;
    } catch {
      refused(gettext("That did not reach the server. Nothing is lost: try again."));
      return false;
    }
  }

  /** Open another game like this one; its address, or null. */
  async function post(path) {
    try {
      const answer = await fetch(path, { method: "POST", headers: { "X-CSRFToken": cookie("csrftoken") } });
      const told = await answer.json();
      if (answer.ok) return `${root}games/${told.code}/`;
      refused(told.error);
    } catch {
      refused(gettext("That did not reach the server. Nothing is lost: try again."));
    }
    return null;
  }

  async function look() {
    try {
      const answer = await fetch(`${game}snapshot/`, { cache: "no-store" });
      if (answer.ok) hear(await answer.json());
    } catch { /* the next look, or the socket, will bring it */ }
  }

  function listen() {
    const socket = new WebSocket(`${location.protocol.replace("http", "ws")}//${location.host}${root}ws/games/${code}/`);
    socket.addEventListener("message", (event) => {
      failures = 0;
      clearInterval(pollTimer);
      pollTimer = null;
      online(true);
      hear(JSON.parse(event.data));
    });
    socket.addEventListener("close", (event) => {
      if (event.code === NO_SEAT) return;
      failures += 1;
      if (failures > 1) online(false);
      pollTimer ??= setInterval(look, POLL_MS);
      setTimeout(listen, Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures) * (0.7 + 0.6 * Math.random()));
    });
  }

  listen();
  return {
    guess: (roundId, { lat, lng }, away) => {
      clearTimeout(draftTimer);
      if (!keys.has(roundId)) keys.set(roundId, randomKey()); // the same key when it is sent again
      return send(`${root}rounds/${roundId}/guess/`, { lat, lng, away, key: keys.get(roundId) });
    },
    draft: (roundId, { lat, lng }) => {
      clearTimeout(draftTimer);
      draftTimer = setTimeout(() => {
        const body = JSON.stringify({ lat, lng });
        const headers = { "Content-Type": "application/json", "X-CSRFToken": cookie("csrftoken") };
        // A draft that fails is no matter: the next one, or the guess itself, comes after it.
        fetch(`${root}rounds/${roundId}/draft/`, { method: "POST", body, headers, keepalive: true }).catch(() => {});
      }, DRAFT_AFTER_MS);
    },
    bell: (roundId) => send(`${root}rounds/${roundId}/bell/`),
    why: (roundId) => send(`${root}rounds/${roundId}/why/`),
    next: () => send(`${game}next/`),
    verb: (name, body) => send(`${game}${name}/`, body),
    again: () => post(`${game}again/`),
  };
}

function cookie(name) {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
