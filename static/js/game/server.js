/** Server: commands up by HTTP; what comes down besides their answers is heard by the ear. */

const DRAFT_AFTER_MS = 400;

/** Send to one game. `hear` is given snapshots, `look` asks for one, `refused` is given a sentence. */
export function openServer({ root, code }, { hear, look, refused }) {
  const game = `${root}games/${code}/`;
  const keys = new Map();
  let draftTimer = null;

  async function send(path, body, complain = refused) {
    const answer = await post(path, body);
    if (answer === null) complain(gettext("That did not reach the server. Nothing is lost: try again."));
    else if (answer.ok && answer.news) hear(answer.news);
    else if (!answer.ok) {
      complain(answer.news.error);
      if (answer.news.snapshot) hear(answer.news.snapshot);
      else await look();
    }
    return answer?.ok ?? false;
  }

  /** Open another game like this one; its address, or null. */
  async function again() {
    const answer = await post(`${game}again/`);
    if (answer?.ok) return `${root}games/${answer.news.code}/`;
    refused(answer?.news.error ?? gettext("That did not reach the server. Nothing is lost: try again."));
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

/** Send a command; null where it or its answer was lost. */
async function post(path, body = {}, options = {}) {
  try {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": cookie("csrftoken") };
    const answer = await fetch(path, { method: "POST", body: JSON.stringify(body), headers, ...options });
    return { ok: answer.ok, news: answer.status === 204 ? null : await answer.json() };
  } catch {
    return null;
  }
}

function cookie(name) {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
