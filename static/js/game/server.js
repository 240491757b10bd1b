/** Server: commands up by HTTP; what comes down besides their answers is heard by the ear. */

const DRAFT_AFTER_MS = 400;
const ANSWER_MS = 20000; // a request that hangs is lost: it may be sent again

/** Send to one game. `hear` is given snapshots, `look` asks for one, `refused` is given a sentence. */
export function openServer({ root, code }, { hear, look, refused }) {
  const game = `${root}games/${code}/`;
  const keys = new Map();
  let draftTimer = null;

  async function send(path, body, complain = refused) {
    const { ok, news, error } = await post(path, body);
    if (ok) hear(news);
    else {
      complain(error);
      await look(); // which also finds out whether there is a network
    }
    return ok;
  }

  /** Open another game like this one; its address, or null. */
  async function again() {
    const { ok, news, error } = await post(`${game}again/`);
    if (ok) return `${root}games/${news.code}/`;
    refused(error);
    return null;
  }

  return {
    guess: (roundId, { lat, lng }, away) => {
      clearTimeout(draftTimer);
      if (!keys.has(roundId)) keys.set(roundId, randomKey()); // the same key when it is sent again
      return send(`${root}rounds/${roundId}/guess/`, { lat, lng, away, key: keys.get(roundId) });
    },
    draft: (roundId, { lat, lng }) => {
      clearTimeout(draftTimer);
      // A draft that fails is no matter: the next one, or the guess itself, comes after it.
      draftTimer = setTimeout(() => post(`${root}rounds/${roundId}/draft/`, { lat, lng }, { keepalive: true }), DRAFT_AFTER_MS);
    },
    bell: (roundId) => send(`${root}rounds/${roundId}/bell/`, {}, () => {}), // nobody pressed it: nobody hears a complaint
    why: (roundId) => send(`${root}rounds/${roundId}/why/`),
    next: () => send(`${game}next/`),
    verb: (name, body) => send(`${game}${name}/`, body),
    again,
  };
}

/** Send a command: whether it was done, with the news that it brought or a sentence that says why not. */
async function post(path, body = {}, options = {}) {
  try {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": cookie("csrftoken") };
    const signal = AbortSignal.timeout(ANSWER_MS);
    const answer = await fetch(path, { method: "POST", body: JSON.stringify(body), headers, signal, ...options });
    const isJson = answer.headers.get("Content-Type")?.includes("json");
    const news = isJson ? await answer.json() : null;
    if (answer.ok && (isJson || answer.status === 204)) return { ok: true, news };
    return { ok: false, error: news?.error ?? whyNot(answer) };
  } catch { // it or its answer was lost
    return { ok: false, error: gettext("That did not reach the server. Nothing is lost: try again.") };
  }
}

/** What a refusal means that did not come from the game itself, and so brings no sentence. */
function whyNot({ ok, status }) {
  if (status === 403) return gettext("This browser is no longer known here: load the page anew.");
  if (status === 404) return gettext("The server does not know of this any more: load the page anew.");
  if (ok || status >= 500) return gettext("The server cannot answer just now. Nothing is lost: try again in a moment.");
  return interpolate(gettext("The server did not take that (error %s). Load the page anew."), [status]);
}

function cookie(name) {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
