/** Count of waiting items, on the icon before it. */
export function Badge({ count }: { count: number }) {
  if (count === 0) return null;
  return <span class="badge">{count > 99 ? "99+" : count}</span>;
}
