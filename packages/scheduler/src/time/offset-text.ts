/** `+08:00`, or `+0800` without a separator; an offset with seconds (before about 1930) shows them. */
export function offsetText(offsetMs: number, separator: string): string {
  const seconds = Math.round(Math.abs(offsetMs) / 1_000);
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  if (seconds % 60 !== 0) parts.push(seconds % 60);
  return (offsetMs < 0 ? "-" : "+") + parts.map((part) => String(part).padStart(2, "0")).join(separator);
}
