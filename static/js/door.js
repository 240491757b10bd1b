/** Door: a button that is pressed twice takes one seat. */

const button = document.querySelector(".door form [type=submit]"); // none for whom the host has taken out

button?.form.addEventListener("submit", () => { button.disabled = true; });
window.addEventListener("pageshow", () => { if (button) button.disabled = false; }); // whoever goes back may come in anew
