/** Names of other libraries for options of this one. */
const INSTEAD: Readonly<Record<string, string>> = {
  replaceexisting: 'onConflict: "replace"',
  misfiregrace: "misfireGraceTime",
  gracetime: "misfireGraceTime",
  jobstore: "store",
  rundate: "runAt",
  timeout: "timeoutMs",
  timelimit: "timeoutMs",
  softtimelimit: "timeoutMs",
  delay: "countdown",
  concurrencylimit: "maxInstances",
  function: "func",
  fn: "func",
  task: "func",
  params: "args",
  cron: "trigger: crontab(…)",
  schedule: "trigger",
  attempts: "retries: { max }",
  maxretries: "retries: { max }",
  since: "from",
  status: "states",
  timezone: "timezone of the trigger",
  tz: "timezone",
};

/** Returns the known name that is meant: the same without case and underscores, another library's word, or a misspelling. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const plain = plainName(name);
  const same = known.find((candidate) => plainName(candidate) === plain);
  if (same !== undefined) return same;
  const instead = Object.hasOwn(INSTEAD, plain) ? INSTEAD[plain]! : undefined;
  if (
    instead !== undefined &&
    known.some((candidate) => instead.startsWith(candidate) || instead.endsWith("trigger"))
  ) {
    return instead;
  }
  const [nearest] = known
    .map((candidate) => ({ candidate, distance: distanceOf(plain, plainName(candidate)) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 4)))
    .sort((a, b) => a.distance - b.distance);
  return nearest?.candidate;
}

function plainName(name: string): string {
  return name.replace(/[_-]/g, "").toLowerCase();
}

/** Returns the Levenshtein distance. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
