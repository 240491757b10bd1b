/** Sizes: a photograph is fetched as large as it is seen. */

const WIDTHS = [640, 1280]; // pixels across: photographs lie ready in these, and as large as they are

/** The least width that has a pixel for each of the screen's, of so many CSS pixels; null for all there are. */
export function leastWidth(across) {
  return WIDTHS.find((each) => Math.floor(across * window.devicePixelRatio) <= each) ?? null;
}

/** The address of a photograph in a size; `again` counts tries, so that no failure is remembered. */
export function sized(url, width, again = 0) {
  const query = new URLSearchParams({ ...(width && { width }), ...(again && { again }) }).toString();
  return query ? `${url}?${query}` : url;
}
