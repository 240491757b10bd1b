/** Forms: words that are written beside many photos at once, and the album that they are put into. */

/** Let buttons open their dialogs. `count` tells how many photos are meant; `send` is told a verb and its words. */
export function openForms(root, { count, all, send }) {
  for (const opener of root.querySelectorAll("[data-opens]")) {
    const dialog = document.getElementById(opener.dataset.opens);
    opener.addEventListener("click", open);
    function open() {
      const many = count();
      dialog.querySelector("[data-shows=for]").textContent = interpolate(ngettext("For %s photo.", "For %s photos.", many), [many]);
      dialog.returnValue = "";
      dialog.showModal();
    }
    if (location.hash === `#${dialog.id}`) { // led here to write down what all of them lack
      history.replaceState(null, "", location.pathname + location.search);
      all();
      open();
    }
    dialog.addEventListener("close", async () => {
      if (dialog.returnValue === "do" && await send(dialog.id.replace("-form", ""), words(dialog))) dialog.querySelector("form").reset();
    });
  }
}

function words(dialog) {
  const told = Object.fromEntries([...new FormData(dialog.querySelector("form"))].filter(([, value]) => value.trim()));
  const list = (text = "") => text.split(",").map((each) => each.trim()).filter(Boolean);
  if (dialog.id === "tag-form") {
    Object.assign(told, { add: list(told.add), drop: list(told.drop) });
    if ("difficulty" in told) told.difficulty = Number(told.difficulty);
  }
  return told;
}
