/** Page: puts new figures where the old ones stand; drawings and tables follow where somebody can see them. */

const REDRAW_MS = 15000; // between two drawings of a chart: the server draws each

/** Keep a page up to date. `hear` is given {asOf, reckonedAt, figures, intervals, labels, findings, drawn, bar}; of
 * a few people, whom not everybody may see, {reckonedAt} alone. */
export function openPage(root) {
  const stale = new Set(); // charts whose drawing is older than their words
  let [asOf, reckonedAt, hasOldTables, timer] = ["", root.querySelector("[data-shows=reckoned]")?.dateTime ?? "", false, null];
  const seen = new IntersectionObserver((entries) => { if (entries.some((each) => each.isIntersecting)) redrawSoon(); });
  watchCharts();
  root.addEventListener("toggle", (event) => { if (event.target.open && hasOldTables) loadTables(); }, true);

  function hear(news) {
    if (Date.parse(news.reckonedAt) === Date.parse(reckonedAt)) return;
    [asOf, reckonedAt] = [news.asOf, news.reckonedAt];
    if (root.dataset.state !== "told" || !news.figures) loadReport();
    else showNews(news);
  }

  function showNews({ figures, intervals, labels, findings, drawn, bar }) {
    fill("figure", figures);
    fill("label", labels);
    fill("interval", intervals);
    fill("finding", findings);
    for (const part of root.querySelectorAll("[data-grows]")) part.style.flexGrow = bar[part.dataset.grows];
    const time = root.querySelector("[data-shows=reckoned]");
    time.dateTime = reckonedAt;
    time.textContent = new Date(reckonedAt).toISOString().slice(0, 19).replace("T", " ");
    if (drawn.some((name) => !root.querySelector(`#${name} img`))) { loadReport(); return; } // nothing to draw before
    for (const chart of root.querySelectorAll(".chart:has(img)")) {
      stale.add(chart);
      chart.querySelector("img").alt = findings[chart.id];
    }
    hasOldTables = true;
    if (root.querySelector(".behind[open]")) loadTables();
    redrawSoon();
  }

  /** Write only what is another than before: a screen reader is told of nothing else. */
  function fill(kind, words) {
    for (const place of root.querySelectorAll(`[data-${kind}]`)) {
      const word = words[place.dataset[kind]];
      if (word !== undefined && place.textContent !== word) place.textContent = word;
    }
  }

  function redrawSoon() {
    timer ??= setTimeout(() => { timer = null; redraw(); }, REDRAW_MS * Math.random() * 0.2);
  }

  function redraw() {
    const waiting = [...stale].filter((chart) => isNear(chart) && performance.now() - Number(chart.dataset.drawn ?? -REDRAW_MS) > REDRAW_MS);
    for (const chart of waiting) {
      stale.delete(chart);
      chart.dataset.drawn = performance.now();
      for (const source of chart.querySelectorAll("source")) source.srcset = renewed(source.srcset);
      const image = chart.querySelector("img");
      image.src = renewed(image.getAttribute("src"));
    }
    if ([...stale].some(isNear)) timer ??= setTimeout(() => { timer = null; redraw(); }, REDRAW_MS);
  }

  /** The address of a drawing as of now. */
  function renewed(address) {
    return address.replace(/([?&]as_of=)[^&]*/, `$1${asOf}.${Date.parse(reckonedAt)}`);
  }

  function isNear(chart) {
    const { top, bottom } = chart.getBoundingClientRect();
    return bottom > -200 && top < innerHeight + 200;
  }

  async function loadTables() {
    const fresh = await load();
    if (!fresh) return;
    hasOldTables = false;
    for (const table of fresh.querySelectorAll("[data-table] tbody")) {
      root.querySelector(`[data-table="${table.closest("[data-table]").dataset.table}"] tbody`)?.replaceWith(table);
    }
  }

  /** What was empty or not yet reckoned is there now. */
  async function loadReport() {
    const fresh = await load();
    if (!fresh) return;
    for (const table of root.querySelectorAll(".behind[open]")) { // what somebody reads stays open
      fresh.querySelector(`[data-table="${table.dataset.table}"]`)?.setAttribute("open", "");
    }
    root.querySelector("#report").replaceWith(fresh.querySelector("#report"));
    [root.dataset.state, hasOldTables] = [fresh.dataset.state, false];
    stale.clear();
    watchCharts();
  }

  async function load() {
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("comparison") : null;
    } catch {
      return null; // the next figures bring it
    }
  }

  function watchCharts() {
    for (const chart of root.querySelectorAll(".chart")) seen.observe(chart);
  }

  return { hear };
}
