/** Next: who takes the game on, and the buttons of whoever does: after a round, and to another game at the end. */

/** Open the buttons; `act` has next() and again(), which gives the other game's address or null. */
export function openNext(act) {
  const [next, waits, again] = ["next", "next-waits", "again"].map((id) => document.getElementById(id));
  const isScreen = next.closest("[data-role=screen]") !== null;
  let [leads, isBusy] = [false, false];

  function render() {
    next.hidden = !leads;
    next.disabled = !leads || isBusy; // a key presses it too
    waits.hidden = leads;
    if (again) again.hidden = !leads;
  }

  next.addEventListener("click", async () => {
    isBusy = true;
    render();
    await act.next();
    isBusy = false;
    render();
  });
  again?.addEventListener("click", async () => {
    again.disabled = true;
    const address = await act.again();
    if (address) window.location.assign(address);
    again.disabled = false;
  });

  return {
    draw: ({ own, game }) => {
      leads = own.leads;
      waits.textContent = game.isRoom ? interpolate(gettext("%s goes on."), [game.host || gettext("The host")]) : "";
      render();
      if (isScreen && own.next) window.location.replace(`../../${own.next}/screen/`); // nobody is there to press a button
    },
    focus: () => { if (leads) next.focus({ preventScroll: true }); },
  };
}
