/** Sending: files go up one by one, three at a time, in parts. What has arrived stays; what a broken line lost is sent again. */

import { heard, post, token } from "./server.js";

const AT_ONCE = 3;
const PART = 8 * 1024 * 1024; // bytes of one request
const ANNOUNCED = 500; // files of one announcement
const LONGEST_WAIT_MS = 30000;

/** Send to an import. `changed` hears {sent, all (bytes), files, left}, `stuck` a sentence, or "" when it goes on. */
export function openSending(address, { changed, stuck, done }) {
  const queue = [];
  let [atWork, announcing, sent, all, files, finished, failures, timer, isHeld] = [0, 0, 0, 0, 0, 0, 0, null, false];

  /** Announce files, and queue what of them is not there yet. False where that did not work. */
  async function add(some) {
    announcing += 1;
    const isDone = await announce(some);
    announcing -= 1;
    tell();
    go();
    return isDone;
  }

  async function announce(some) {
    for (let from = 0; from < some.length; from += ANNOUNCED) {
      const block = some.slice(from, from + ANNOUNCED);
      const rows = block.map(({ name, file }) => [name.slice(-300), file.size, file.lastModified]);
      const answer = await post(`${address}files/`, { files: rows });
      if (!answer?.ok) {
        stuck(answer?.news.error ?? gettext("The line is broken. Drop the same files again when it is back: nothing is lost."));
        return false;
      }
      answer.news.files.forEach(([pk, received, isWhole], i) => {
        const { file } = block[i];
        [files, all, sent] = [files + 1, all + file.size, sent + (isWhole ? file.size : received)];
        if (!isWhole) queue.push({ pk, file, at: received });
      });
      go();
    }
    return true;
  }

  function go() {
    while (!isHeld && atWork < AT_ONCE && queue.length) {
      atWork += 1;
      send(queue.shift()).finally(() => { atWork -= 1; tell(); go(); });
    }
    if (atWork || announcing || queue.length || files === finished) return;
    finished = files;
    done();
  }

  async function send(item) {
    do {
      const part = item.file.slice(item.at, item.at + PART);
      const answer = await put(`${address}files/${item.pk}/?offset=${item.at}`, part);
      if (answer === null || answer.status >= 500 || answer.status === 429) return waitWith(item);
      if (answer.status === 401 || answer.status === 403) return holdWith(item, answer.news.error);
      if (!answer.ok && answer.news.received === null) { leave(item); return null; } // refused for good: its line says why
      if (!answer.ok && !(answer.news.received > item.at)) return holdWith(item, answer.news.error);
      const now = answer.news.received;
      [failures, sent] = [0, sent + now - item.at];
      item.at = now;
      stuck("");
      tell();
      if (answer.news.whole) return null;
    } while (item.at < item.file.size);
    return null;
  }

  /** The line is broken: try again after a while, and after longer ones. */
  function waitWith(item) {
    queue.unshift(item);
    isHeld = true;
    failures += 1;
    clearTimeout(timer);
    timer = setTimeout(goOn, Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures) * (0.7 + 0.6 * Math.random()));
    stuck(gettext("The line is broken. What has arrived stays; it is tried again by itself."));
  }

  function holdWith(item, words) {
    queue.unshift(item);
    isHeld = true;
    stuck(words);
  }

  function leave(item) {
    sent += item.file.size - item.at;
  }

  function goOn() {
    isHeld = false;
    go();
  }

  function tell() {
    changed({ sent, all, files, left: queue.length + atWork });
  }

  window.addEventListener("online", goOn);
  return { add, goOn };
}

async function put(address, part) {
  try {
    const headers = { "Content-Type": "application/octet-stream", ...token() };
    const answer = await fetch(address, { method: "POST", headers, body: part, redirect: "error" });
    return { ok: answer.ok, status: answer.status, news: await heard(answer) };
  } catch {
    return null;
  }
}
