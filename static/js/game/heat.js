/** Heat: a map of what spoke for a place and what against it, as a picture and in words. */

const FAINT_BELOW = 0.3; // nats: where no piece of the photograph matters more than this, the colours stay faint
const SHARP = 12; // pixels drawn for each place of the grid, so that no squares are seen
const MOST_SEEN = 0.82; // opacity of the strongest

/** The address of a picture of a map: one colour for what speaks for the place, another for what speaks against it. */
export function painted({ rows, columns, drops, most }) {
  const style = getComputedStyle(document.documentElement);
  const [small, large] = [1, SHARP].map((times) => Object.assign(document.createElement("canvas"),
    { width: columns * times, height: rows * times }));
  const pen = small.getContext("2d");
  const strength = MOST_SEEN * Math.min(1, most / FAINT_BELOW);
  drops.forEach((drop, i) => {
    pen.fillStyle = style.getPropertyValue(drop > 0 ? "--why-for" : "--why-against");
    pen.globalAlpha = strength * Math.abs(drop / 127);
    pen.fillRect(i % columns, Math.floor(i / columns), 1, 1);
  });
  const brush = large.getContext("2d");
  brush.imageSmoothingQuality = "high";
  brush.drawImage(small, 0, 0, large.width, large.height);
  return large.toDataURL();
}

/** Where in the picture the piece lies that speaks most for the place. */
export function strongest({ rows, columns, drops }) {
  const at = drops.indexOf(Math.max(...drops));
  const third = (i, n) => Math.min(2, Math.floor((3 * (i + 0.5)) / n));
  return [
    [gettext("upper left"), gettext("at the top"), gettext("upper right")],
    [gettext("at the left"), gettext("in the middle"), gettext("at the right")],
    [gettext("lower left"), gettext("at the bottom"), gettext("lower right")],
  ][third(Math.floor(at / columns), rows)][third(at % columns, columns)];
}
