/** Away: how often the page was hidden during a round. It is told with the guess, as data: nobody is punished for it. */

/** Begin to count; what was counted in a round outlasts a reload of the page. */
export function openAway() {
  let [key, isLeaving] = [null, false];
  const count = () => Number(sessionStorage.getItem(key) ?? 0);
  // A page that is reloaded is hidden too, after it has been told to go: that is no look elsewhere.
  window.addEventListener("pagehide", () => { isLeaving = true; });
  window.addEventListener("pageshow", () => { isLeaving = false; });
  document.addEventListener("visibilitychange", () => {
    if (key !== null && document.hidden && !isLeaving) sessionStorage.setItem(key, count() + 1);
  });
  return { watch: (roundId) => { key = `away ${roundId}`; }, count };
}
