/** Dropped: the files that somebody drops or chooses, folders and all, each with its path. */

const NO_PHOTOS = /(^|\/)(\.|__MACOSX\/|Thumbs\.db$|desktop\.ini$)/i; // what systems leave lying in folders

/** The files of a drop as [{name, file}]. To be called at once: afterwards a browser tells of them no more. */
export async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((each) => each.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return chosenFiles(transfer.files);
  const found = await Promise.all(entries.map(walk));
  return found.flat().filter(isWanted);
}

/** The files of a file field as [{name, file}]. */
export function chosenFiles(files) {
  return [...files].map((file) => ({ name: file.webkitRelativePath || file.name, file })).filter(isWanted);
}

async function walk(entry) {
  const name = entry.fullPath.replace(/^\//, "");
  if (entry.isFile) {
    try {
      return [{ name, file: await new Promise((got, lost) => { entry.file(got, lost); }) }];
    } catch {
      return []; // it is gone, or may not be read; nobody can send it
    }
  }
  const [reader, found] = [entry.createReader(), []];
  for (;;) { // a browser tells of a hundred at a time
    const some = await new Promise((got) => { reader.readEntries(got, () => got([])); });
    if (!some.length) return (await Promise.all(found.map(walk))).flat();
    found.push(...some);
  }
}

function isWanted({ name }) {
  return !NO_PHOTOS.test(name);
}
