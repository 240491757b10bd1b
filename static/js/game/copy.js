/** Copy: a text to the clipboard. On plain http browsers give scripts none, but they still copy what is selected. */

/** Copy a text; `beside` is an element in reach of the keyboard, since an open dialog shuts off all that is behind it. */
export async function copied(text, beside) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { // no clipboard here, or none for us
    return selectedAndCopied(text, beside);
  }
}

function selectedAndCopied(text, beside) {
  const field = document.createElement("textarea");
  field.className = "hidden-words";
  field.readOnly = true;
  field.value = text;
  beside.after(field);
  field.select();
  const isDone = document.execCommand("copy");
  field.remove();
  beside.focus({ preventScroll: true });
  return isDone;
}
