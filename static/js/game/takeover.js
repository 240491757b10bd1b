/** Take-over: the offer to lead a room whose host has gone. Whose turn it is, and when, the server says. */

const AFTERWARDS_MS = 300;

/** Open the offer; `act` has takeOver() and look(). */
export function openTakeOver(button, act) {
  let timer = null;
  button.addEventListener("click", () => act.takeOver());
  return {
    draw: ({ own: { takeOverInMs } }) => {
      clearTimeout(timer);
      button.hidden = takeOverInMs !== 0;
      // The host may have given a sign of life meanwhile, which nobody is told of: ask before offering.
      if (takeOverInMs > 0) timer = setTimeout(act.look, takeOverInMs + AFTERWARDS_MS);
    },
  };
}
