/** Runs `run` for one id after the other until the signal aborts; returns the number of runs. */
export async function runEach(
  ids: readonly bigint[],
  run: (id: bigint) => Promise<unknown>,
  signal: AbortSignal,
): Promise<number> {
  for (const id of ids) {
    signal.throwIfAborted();
    await run(id);
  }
  return ids.length;
}
