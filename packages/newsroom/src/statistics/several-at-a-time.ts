/** Few enough to leave connections to the others when the job shares their pool. */
const AT_A_TIME = 4;

/** Runs `work` for each item, a few of them together. */
export async function severalAtATime<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const remaining = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = remaining.next(); !next.done; next = remaining.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
}
