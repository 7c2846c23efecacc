import type { Session, Sessions } from "./session.js";

const POLL_MS = 200;

/**
 * Reads the count of wake-ups a few times a second, some microseconds each: files have no notifications that work
 * everywhere. Returns the function that ends it.
 */
export function watchWakes(sessions: Sessions, onWake: () => void): () => void {
  let known: number | undefined;
  let isReading = false;
  let isStopped = false;
  const look = async () => {
    if (isReading) return;
    isReading = true;
    try {
      const count = await sessions.read(wakeCount);
      const isNew = known !== undefined && count !== known;
      known = count;
      if (isNew && !isStopped) onWake();
    } catch {
      // The scheduler's own calls fail as well, and log it.
    } finally {
      isReading = false;
    }
  };
  void look();
  const timer = setInterval(() => void look(), POLL_MS);
  timer.unref();
  return () => {
    isStopped = true;
    clearInterval(timer);
  };
}

function wakeCount(session: Session): number {
  const [row] = session.rows("SELECT count FROM scheduler_wakes WHERE ns = ?", session.ns);
  return Number(row?.["count"] ?? 0);
}
