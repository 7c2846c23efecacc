/** A clock that is wrong by less than this is good enough for the feed. */
const SKEW_MS = 60_000;

let offsetMs = 0;

/** The server's time, in case this device's clock is wrong: an old timestamp would ask for old pages. */
export function serverNow(): number {
  return Date.now() + offsetMs;
}

/** The `Date` of an answer; its seconds are precise enough. */
export function noteServerDate(date: string | null): void {
  if (date === null) return;
  const foundMs = Date.parse(date) - Date.now();
  offsetMs = Math.abs(foundMs) < SKEW_MS ? 0 : foundMs;
}
