/** Runs `work` for each item, at most `atATime` of them together. Rejects with the first failure; what has begun goes on. */
export async function severalAtATime<T>(
  atATime: number,
  items: Iterable<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const remaining = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = remaining.next(); !next.done; next = remaining.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: atATime }, worker));
}
