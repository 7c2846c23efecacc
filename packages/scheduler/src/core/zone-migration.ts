import { withZones, type Zone, zone } from "../time/zone.js";
import { zonesUnder } from "../time/zone-rules.js";
import { delayed } from "../triggers/bounds.js";
import type { Instant, Trigger, TriggerState } from "../triggers/trigger.js";
import { triggerFromJSON } from "../triggers/trigger-from-json.js";
import { isLocal, zonesOf } from "../triggers/zones-of.js";

const EARLIEST = -8.64e15;
/** Run times searched for the one behind a jittered moment. */
const STEPS_MAX = 10_000;

/** Part of a trigger, under the rules that computed the stored moment and under those of this process. */
interface Part {
  readonly state: TriggerState;
  readonly before: Trigger;
  readonly after: Trigger;
}

/**
 * Moves a pending run, computed under `rules`, to the same local time under the rules of this process: no run before it is
 * repeated and none behind it is lost. A moment that is no run time of the trigger was set by hand and stays.
 */
export function migratePendingRun(state: TriggerState, rules: string, pending: Instant): Instant {
  const old = zonesUnder(rules);
  const part = (of: TriggerState): Part => ({
    state: of,
    before: withZones(old, () => triggerFromJSON(of)),
    after: triggerFromJSON(of),
  });
  const moveLocal = (at: Instant, name: string) => sameSlot(old.get(name) ?? zone(name), zone(name), at);
  const whole = part(state);
  if (kindsIn(state).includes("every")) return moveLocal(pending, zonesOf(state)[0] ?? "UTC");
  const base = baseOf(whole.before, pending, jitterMsOf(state));
  if (base === undefined) return pending;
  const moved = moveRun(whole, base, { part, moveLocal });
  // Without a run under the new rules, the last run stays where it was planned.
  if (moved === null) return pending;
  return pending === base ? moved : delayed(moved, pending - base, whole.after.next(moved, moved));
}

interface Moving {
  readonly part: (of: TriggerState) => Part;
  readonly moveLocal: (at: Instant, zoneName: string) => Instant;
}

/** Returns the part's first run time at or after `base`, moved; null when it has none. */
function moveRun({ state, before, after }: Part, base: Instant, moving: Moving): Instant | null {
  if (state.kind === "anyOf") {
    const runs = (state["triggers"] as TriggerState[]).map((child) => moveRun(moving.part(child), base, moving));
    return runs.reduce((first, run) => (first === null || (run !== null && run < first) ? run : first));
  }
  const at = before.next(base - 1, base - 1);
  const [name] = zonesOf(state);
  if (at === null || name === undefined) return at;
  if (!isLocal(state)) {
    return state["triggers"] === undefined ? at + firstOf(after) - firstOf(before) : after.next(at - 1, at - 1);
  }
  const moved = moving.moveLocal(at, name);
  return after.next(moved - 1, moved - 1);
}

/** Returns the moment at which this process's rules show the local time that the zone showed under `rules`. */
export function sameLocalTime(rules: string, name: string, at: Instant): Instant {
  const old = zonesUnder(rules).get(name);
  return old === undefined ? at : zone(name).toInstant(at + old.offsetAt(at));
}

/** Returns the first run time, from which elapsed time is counted. */
function firstOf(trigger: Trigger): Instant {
  return trigger.next(null, EARLIEST) ?? 0;
}

/** Returns the run time that a moment is, or that it follows by its jitter. */
function baseOf(trigger: Trigger, at: Instant, jitterMs: number): Instant | undefined {
  let base: Instant | undefined;
  let next = trigger.next(at - jitterMs - 1, at - jitterMs - 1);
  for (let steps = 0; next !== null && next <= at; steps++) {
    if (steps === STEPS_MAX) return undefined;
    base = next;
    next = trigger.next(next, next);
  }
  return base;
}

function jitterMsOf({ jitter = 0, triggers = [] }: TriggerState): number {
  const inside = (triggers as TriggerState[]).map(jitterMsOf);
  return Math.ceil((jitter as number) * 1_000) + Math.max(0, ...inside);
}

function kindsIn({ kind, triggers = [] }: TriggerState): string[] {
  return [kind, ...(triggers as TriggerState[]).flatMap(kindsIn)];
}

/**
 * Returns the first moment at which the new zone shows the local time that the old zone showed at `at`; the end of the gap
 * when it never does. Of a time that both show twice, it is the same one of the two.
 */
function sameSlot(old: Zone, now: Zone, at: Instant): Instant {
  // A time that a gap swallowed happens at the end of the gap: its local time is where the gap begins.
  const local = at + Math.min(old.offsetAt(at - 1), old.offsetAt(at));
  const first = firstShowing(now, local);
  const isRepeated = old.toInstant(local) < at;
  if (!isRepeated) return first;
  const { endMs } = now.spanAt(first);
  const second = local - now.offsetAt(endMs);
  return second > first && second + now.offsetAt(second) === local ? second : first + 1;
}

function firstShowing(now: Zone, local: number): Instant {
  const at = now.toInstant(local);
  const span = now.spanAt(at);
  return at + span.offsetMs === local ? at : span.startMs;
}
