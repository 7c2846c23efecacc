/** Formats a moment as Celery reads it: its parser takes the digits of a fraction for microseconds. */
export function toIsoTime(ms: number): string {
  return new Date(ms).toISOString().replace(/(\.\d{3})Z$/, "$1000+00:00");
}

const WITHOUT_ZONE = /T\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/;

/** Parses a moment of Celery, epoch ms; without a zone it is UTC. Undefined when it cannot be read. */
export function fromIsoTime(text: string): number | undefined {
  const ms = Date.parse(WITHOUT_ZONE.test(text) ? `${text}Z` : text);
  return Number.isFinite(ms) ? ms : undefined;
}
