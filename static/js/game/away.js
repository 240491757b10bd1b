/** Away: how often the page was hidden during a round. It is told with the guess, as data: nobody is punished for it. */

/** Begin to count. */
export function openAway() {
  let times = 0;
  document.addEventListener("visibilitychange", () => { times += document.hidden ? 1 : 0; });
  return { restart: () => { times = 0; }, count: () => times };
}
