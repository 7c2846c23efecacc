/** Requests of the buttons in the bars to refresh the feed that is shown. */
const listeners = new Set<() => void>();

export function requestRefresh(): void {
  for (const refresh of listeners) refresh();
}

/** Subscribes to the requests. Returns an unsubscribe function. */
export function onRefreshRequest(refresh: () => void): () => void {
  listeners.add(refresh);
  return () => listeners.delete(refresh);
}
