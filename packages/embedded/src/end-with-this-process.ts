const ends = new Set<() => void>();

/** Calls `end` when this process exits; the returned function forgets it again. */
export function endWithThisProcess(end: () => void): () => void {
  if (ends.size === 0) process.on("exit", endAll);
  ends.add(end);
  return () => {
    ends.delete(end);
    if (ends.size === 0) process.off("exit", endAll);
  };
}

function endAll(): void {
  for (const end of ends) end();
}
