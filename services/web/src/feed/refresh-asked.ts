/** The button in the header refreshes whichever feed is shown. */
const listeners = new Set<() => void>();

export function askRefresh(): void {
  for (const refresh of listeners) refresh();
}

/** Returns how to stop. */
export function onRefreshAsked(refresh: () => void): () => void {
  listeners.add(refresh);
  return () => listeners.delete(refresh);
}
