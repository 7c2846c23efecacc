export interface BucketSize {
  readonly perSecond: number;
  readonly burst: number;
}

/** Whether one more may pass now; so many at once, and so many a second after that. */
export function tokenBucket({ perSecond, burst }: BucketSize, nowMs = () => performance.now()): () => boolean {
  let left = burst;
  let atMs = nowMs();
  return () => {
    const now = nowMs();
    left = Math.min(burst, left + ((now - atMs) * perSecond) / 1_000);
    atMs = now;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}
