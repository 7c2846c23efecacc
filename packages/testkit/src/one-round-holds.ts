/**
 * Runs `round` until one holds, three times at most: for promises of so many milliseconds, which a machine that was busy
 * elsewhere breaks as well. A product that breaks them does so every time. Not for what may never happen, even once.
 */
export async function oneRoundHolds(round: () => Promise<void>): Promise<void> {
  for (let left = 2; ; left -= 1) {
    try {
      return await round();
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}
