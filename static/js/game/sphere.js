/** Sphere: what the browser must know of a round Earth to draw lines on a flat map. Degrees in, degrees out. */

const RADIANS = Math.PI / 180;

/** A longitude brought into [-180, 180). */
export function wrapLng(lng) {
  const turned = (((lng + 180) % 360) + 360) % 360;
  return turned - 180;
}

/** The copy of a longitude that lies nearest to another one, so that lines take the short way round. */
export function nearLng(lng, reference) {
  return lng + 360 * Math.round((reference - lng) / 360);
}

function vector({ lat, lng }) {
  const [phi, lambda] = [lat * RADIANS, lng * RADIANS];
  return [Math.cos(phi) * Math.cos(lambda), Math.cos(phi) * Math.sin(lambda), Math.sin(phi)];
}

/** Points of the great circle from a to b as [lat, lng]; longitudes run on from a's across the date line. */
export function arc(a, b, pieces = 48) {
  const [u, v] = [vector(a), vector(b)];
  const dot = u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
  const angle = Math.acos(Math.max(-1, Math.min(1, dot)));
  if (angle < 1e-6 || Math.PI - angle < 1e-6) return [[a.lat, a.lng], [b.lat, nearLng(b.lng, a.lng)]];
  const points = [];
  let lngBefore = a.lng;
  for (let i = 0; i <= pieces; i += 1) {
    const [s, t] = [Math.sin((1 - i / pieces) * angle), Math.sin((i / pieces) * angle)];
    const [x, y, z] = [0, 1, 2].map((k) => s * u[k] + t * v[k]);
    lngBefore = nearLng(Math.atan2(y, x) / RADIANS, lngBefore);
    points.push([Math.atan2(z, Math.hypot(x, y)) / RADIANS, lngBefore]);
  }
  return points;
}

/** A place as fractions of Web Mercator's square: x from 180° W, y from 85° N, both 0 to 1. */
export function mercator(lat, lng) {
  const sine = Math.sin(Math.max(-85.0511, Math.min(85.0511, lat)) * RADIANS);
  return { x: (lng + 180) / 360, y: (1 - Math.atanh(sine) / Math.PI) / 2 };
}

/** Read "12.5, -3" or "12.5 -3" as a place; null if it is none. */
export function readPlace(text) {
  const parts = text.trim().split(/[\s,;]+/);
  const [lat, lng] = parts.map(Number);
  if (parts.length !== 2 || !parts.every((each) => /^[-+]?\d+(\.\d+)?$/.test(each)) || !(Math.abs(lat) <= 90) || !(Math.abs(lng) <= 180)) return null;
  return { lat, lng: wrapLng(lng) };
}
