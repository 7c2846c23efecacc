/** Python's text of a timedelta: `0:00:03`, `1 day, 2:00:00`, `0:00:00.500000`. */
export function durationText(ms: number): string {
  const whole = Math.floor(ms / 1_000);
  const days = Math.floor(whole / 86_400);
  const hours = Math.floor((whole % 86_400) / 3_600);
  const minutes = Math.floor((whole % 3_600) / 60);
  const rest = Math.round(ms - whole * 1_000);
  const daysText = days === 0 ? "" : `${days} ${Math.abs(days) === 1 ? "day" : "days"}, `;
  const fraction = rest === 0 ? "" : `.${String(rest).padStart(3, "0")}000`;
  return `${daysText}${hours}:${two(minutes)}:${two(whole % 60)}${fraction}`;
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}
