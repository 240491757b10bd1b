/** Server: what staff decide goes up by POST; the answer says in a sentence what was done, or why not. */

import { reframe } from "./frame.js";

const said = document.getElementById("said");
const SAID_MS = 6000;
const KEPT = "said"; // what a page says that is loaded anew
let [timer, line, waiting] = [null, Promise.resolve(), 0];

/** Show a sentence for a moment; a complaint stays until the next one. */
export function say(words, isComplaint = false) {
  clearTimeout(timer);
  said.textContent = words;
  said.hidden = !words;
  said.classList.toggle("is-complaint", isComplaint);
  if (!isComplaint) timer = setTimeout(() => { said.hidden = true; }, SAID_MS);
}

/** Load the page anew when all is answered, and say there what is said now. */
export function reload() {
  const words = said.textContent;
  line = line.then(() => {
    sessionStorage.setItem(KEPT, words);
    location.reload();
  });
}

/** Do what asks the server when all before it is answered: nothing overtakes what was meant to come first. */
export function inTurn(work) {
  waiting += 1;
  line = line.then(work, work).finally(() => { waiting -= 1; });
  return line;
}

window.addEventListener("beforeunload", (event) => { if (waiting) event.preventDefault(); }); // what waits would be lost

/** The header by which the server knows that this page is its own. */
export function token() {
  return { "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value };
}

/** Post JSON; the answer's {ok, status, news}, or null where it or the question was lost. */
export async function post(address, body = {}) {
  try {
    const headers = { "Content-Type": "application/json", ...token() };
    const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(body), redirect: "error" });
    return { ok: answer.ok, status: answer.status, news: await heard(answer) };
  } catch {
    return null;
  }
}

/** What an answer tells. One that is no JSON comes from something between here and the game, or from signing out. */
export async function heard(answer) {
  try {
    return await answer.json();
  } catch {
    return { error: answer.status === 403
      ? gettext("You are not signed in any more, or may not do this. Sign in in another tab and try again: nothing is lost.")
      : gettext("The server did not understand that. Try again.") };
  }
}

/** Post, say what came of it, and bring the frame of the page up to date; the news where it was done, else null.
 *  `refused` hears why not, and the news that came with that. */
export async function decide(address, body, refused = () => {}) {
  const answer = await post(address, body);
  if (answer) reframe(answer.news);
  if (answer?.ok) {
    if (answer.news.said) say(answer.news.said);
    return answer.news;
  }
  const why = answer?.news.error ?? gettext("That did not reach the server. Nothing is lost: try again.");
  say(why, true);
  refused(why, answer?.news ?? {});
  return null;
}

if (sessionStorage.getItem(KEPT)) {
  say(sessionStorage.getItem(KEPT));
  sessionStorage.removeItem(KEPT);
}
