/** Words: numbers as people read them. */

/** 850 m, 12.4 km, 1,131 km; a missing answer says so, and is never 0. */
export function distance(km) {
  if (km === null || km === undefined) return gettext("no answer");
  const [value, unit, digits] = km < 1 ? [km * 1000, "meter", 0] : [km, "kilometer", km < 100 ? 1 : 0];
  return new Intl.NumberFormat(document.documentElement.lang, {
    style: "unit", unit, minimumFractionDigits: digits, maximumFractionDigits: digits,
  }).format(value);
}

/** A median: it says "none" where it falls on a missing answer. */
export function median(km) {
  return km === null || km === undefined ? gettext("none") : distance(km);
}

export function number(value) {
  return new Intl.NumberFormat(document.documentElement.lang).format(value);
}

/** 17 %, 3.1 %, 0.08 %; what is smaller is only said to be. */
export function percent(share) {
  const shown = (value, digits) => new Intl.NumberFormat(document.documentElement.lang,
    { style: "percent", maximumSignificantDigits: digits }).format(value);
  return share < 0.0001 ? interpolate(gettext("less than %s"), [shown(0.0001, 1)]) : shown(share, share < 0.995 ? 2 : 3);
}

export function points(value) {
  if (value === null || value === undefined) return gettext("no points");
  return interpolate(ngettext("%s point", "%s points", value), [number(value)]);
}

/** Those that a list has no room for. */
export function more(count) {
  return interpolate(ngettext("and %s more", "and %s more", count), [number(count)]);
}

/** 1:05 */
export function clock(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
